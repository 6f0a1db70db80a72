"""The shape of a VGG network, as plain data: everything needed to check a weight file without loading JAX."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

# Convolutions in each of the five blocks, each block ending with a 2x2 max pooling.
BLOCKS = {"D": (2, 2, 3, 3, 3), "E": (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)
POOLED = ("conv2_1", "conv3_1", "conv4_1", "conv5_1", "fc6")  # layers that see the pooling of what was before

# What stands on the convolutions: the published dense layers; a small head on the means of all blocks, as
# `dreamstream teach` makes it; or nothing, and then there are no classes.
Head = Literal["dense", "pooled", "none"]
HEADS: tuple[Head, ...] = ("dense", "pooled", "none")


@dataclass(frozen=True)
class Architecture:
    """The shape of a VGG: all that is needed, with the parameters, to run it.

    configuration: "D" (VGG-16) or "E" (VGG-19). width: multiplies every convolution's channels.
    dense: channels of fc6 and fc7; of a pooled head, those of its one hidden layer, and 0 where it is linear.
    window: side of the square input that gives a single set of logits, in pixels. head: see `Head`.
    """

    configuration: str = "D"
    width: float = 1.0
    dense: int = 4096
    classes: int = 1000
    window: int = 224
    head: Head = "dense"

    def __post_init__(self) -> None:
        if self.configuration not in BLOCKS:
            raise ValueError(f"configuration must be one of {', '.join(BLOCKS)}, not {self.configuration!r}")
        if self.window % 32 or self.window <= 0:
            raise ValueError(f"window must be a positive multiple of 32 pixels, not {self.window}")
        if self.head not in HEADS:
            raise ValueError(f"head must be one of {', '.join(HEADS)}, not {self.head!r}")
        least_dense, least_classes = {"dense": (1, 2), "pooled": (0, 2), "none": (0, 0)}[self.head]
        if not 0 < self.width <= 4 or self.dense < least_dense or self.classes < least_classes:
            raise ValueError(f"impossible network: width {self.width}, dense {self.dense}, classes {self.classes}")
        if self.head == "none" and (self.classes or self.dense):
            raise ValueError(f"a network without a head has no {self.classes or self.dense} classes or dense channels")

    def channels(self) -> tuple[int, ...]:
        """Channels of each block's convolutions."""
        return tuple(max(1, round(c * self.width)) for c in CHANNELS)

    def layers(self) -> dict[str, tuple[int, int, int, int]]:
        """Every layer's kernel shape [kh, kw, in, out] by name, in order from the input to the logits."""
        shapes: dict[str, tuple[int, int, int, int]] = {}
        before = 3
        for block, (count, out) in enumerate(zip(BLOCKS[self.configuration], self.channels(), strict=True), 1):
            for index in range(1, count + 1):
                shapes[f"conv{block}_{index}"] = (3, 3, before, out)
                before = out
        if self.head == "none":
            return shapes
        if self.head == "pooled":
            before = sum(self.channels())
            if self.dense:
                shapes["fc7"] = (1, 1, before, self.dense)
            shapes["fc8"] = (1, 1, self.dense or before, self.classes)
            return shapes
        side = self.window // 32
        shapes["fc6"] = (side, side, before, self.dense)
        shapes["fc7"] = (1, 1, self.dense, self.dense)
        shapes["fc8"] = (1, 1, self.dense, self.classes)
        return shapes

    @property
    def first_of_head(self) -> str:
        """The first layer after the convolutions; "" where there is none."""
        return next((name for name in self.layers() if name.startswith("fc")), "")

    @property
    def middle(self) -> int:
        """Where, down and across, a window's own logits lie in the grid of logits that the window gives.

        Dense layers give a grid of one; a pooled head gives a set for each position, of the mean about it.
        """
        return (self.window // 32 - 1) // 2 if self.head == "pooled" else 0

    def without_head(self) -> Architecture:
        """The same convolutions with nothing on them."""
        return replace(self, dense=0, classes=0, window=32, head="none")
