"""The shape of a VGG network, as plain data: everything needed to check a weight file without loading JAX."""

from __future__ import annotations

from dataclasses import dataclass

# Convolutions in each of the five blocks, each block ending with a 2x2 max pooling.
BLOCKS = {"D": (2, 2, 3, 3, 3), "E": (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)
POOLED = ("conv2_1", "conv3_1", "conv4_1", "conv5_1", "fc6")  # layers that see the pooling of what was before


@dataclass(frozen=True)
class Architecture:
    """The shape of a VGG: all that is needed, with the parameters, to run it.

    configuration: "D" (VGG-16) or "E" (VGG-19). width: multiplies every convolution's channels.
    dense: channels of fc6 and fc7. window: side of the square input that gives a single set of logits, in pixels.
    """

    configuration: str = "D"
    width: float = 1.0
    dense: int = 4096
    classes: int = 1000
    window: int = 224

    def __post_init__(self) -> None:
        if self.configuration not in BLOCKS:
            raise ValueError(f"configuration must be one of {', '.join(BLOCKS)}, not {self.configuration!r}")
        if self.window % 32 or self.window <= 0:
            raise ValueError(f"window must be a positive multiple of 32 pixels, not {self.window}")
        if not 0 < self.width <= 4 or self.dense < 1 or self.classes < 2:
            raise ValueError(f"impossible network: width {self.width}, dense {self.dense}, classes {self.classes}")

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
        side = self.window // 32
        shapes["fc6"] = (side, side, before, self.dense)
        shapes["fc7"] = (1, 1, self.dense, self.dense)
        shapes["fc8"] = (1, 1, self.dense, self.classes)
        return shapes
