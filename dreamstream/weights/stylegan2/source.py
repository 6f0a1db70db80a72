"""The tensors of somebody's StyleGAN2 by name, each loaded once it has the shape that it should have, and the generator
that they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.weights.readers.mapped import FLOATS, BadFileError, Tensor

Array = NDArray[np.float32]
LARGEST_SIDE = 1024  # of pictures, in pixels: the largest that was published
MOST_CHANNELS, MOST_LAYERS = 1024, 32
MOST_NUMBERS = 80_000_000  # the generator of 1024 pixels has 31 million with its fixed noise


class Source:
    """Gives tensors as float32 arrays; together no more than MOST_NUMBERS."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors, self._given = tensors, 0

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def names(self) -> Iterable[str]:
        """Of all tensors."""
        return self._tensors.keys()

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor. Raises BadFileError where it is missing."""
        if name not in self._tensors:
            raise BadFileError(f"{name} is missing")
        return self._tensors[name].shape

    def array(self, name: str, *wanted: int) -> Array:
        """A tensor of this shape; -1 stands for any length up to MOST_CHANNELS. Raises BadFileError for another one."""
        shape = self.shape(name)
        fits = len(shape) == len(wanted) and all(
            has == asked or (asked == -1 and 0 < has <= MOST_CHANNELS) for has, asked in zip(shape, wanted, strict=True)
        )
        if not fits:
            should = ", ".join("any" if each == -1 else str(each) for each in wanted)
            raise BadFileError(f"{name} is {list(shape)}, but should be [{should}]")
        tensor = self._tensors[name]
        if tensor.dtype.newbyteorder("=") not in FLOATS:
            raise BadFileError(f"{name} is of {tensor.dtype} and not of floats")
        self._given += tensor.size
        if self._given > MOST_NUMBERS:
            raise BadFileError(f"it has more than {MOST_NUMBERS // 1_000_000} million numbers")
        loaded = np.array(tensor.load(), np.float32)
        if not np.isfinite(loaded).all():
            raise BadFileError(f"{name} holds what is no number")
        return loaded

    def numbered(self, before: str, after: str, first: int = 0, step: int = 1) -> int:
        """How many tensors there are of the names before + number + after, from `first` on."""
        count = 0
        while f"{before}{first + step * count}{after}" in self._tensors:
            count += 1
            if count > MOST_LAYERS:
                raise BadFileError(f"it has more than {MOST_LAYERS} layers {before}...{after}")
        return count


@dataclass(frozen=True)
class Styled:
    """A convolution: kernel [O, I, k, k], the style's weight [I, S] and bias [I], and its own bias [O]; as used."""

    kernel: Array
    scale: Array
    scale_bias: Array
    bias: Array

    def params(self) -> dict[str, Any]:
        """As the network names and turns them."""
        scale = {"kernel": self.scale.T, "bias": self.scale_bias}
        return {"kernel": self.kernel.transpose(2, 3, 1, 0), "bias": self.bias, "scale": scale}


@dataclass(frozen=True)
class Published:
    """A generator of others. writer: whose layout it is. free: whether it has the free form and not the paper's.

    mapping: weights [O, I] and biases [O]. constant: [C, 4, 4]. grains: the noise of each convolution [side, side].
    """

    writer: str
    free: bool
    mapping: Sequence[tuple[Array, Array]]
    constant: Array
    convolutions: Sequence[Styled]
    pictures: Sequence[Styled]
    grains: Sequence[Array] = field(default_factory=list)

    def channels(self) -> tuple[int, ...]:
        """Of the pictures at 4x4, 8x8, ... pixels."""
        return tuple(picture.kernel.shape[1] for picture in self.pictures)

    def params(self) -> dict[str, Any]:
        """As the network takes them."""
        found: dict[str, Any] = {"constant": self.constant.transpose(1, 2, 0)}
        found |= {f"mapping_{n}": {"kernel": w.T, "bias": b} for n, (w, b) in enumerate(self.mapping)}
        found |= {f"convolutions_{n}": each.params() for n, each in enumerate(self.convolutions)}
        found |= {f"pictures_{n}": each.params() for n, each in enumerate(self.pictures)}
        return found | {f"grain_{n}": each for n, each in enumerate(self.grains)}


def check_levels(count: int) -> None:
    """Raise BadFileError unless so many sizes, from 4 pixels on, can be made."""
    largest = LARGEST_SIDE.bit_length() - 2
    if not 2 <= count <= largest:
        made = f"pictures of {4 * 2 ** (count - 1)} pixels" if count else "no pictures"
        raise BadFileError(f"it makes {made}, and 8 to {LARGEST_SIDE} are possible")


def check_filter(source: Source, name: str) -> None:
    """Raise BadFileError where a file has another filter than [1, 3, 3, 1]; none is the usual one."""
    if name not in source:
        return
    kept = source.array(name, 4, 4)
    usual = np.outer([1, 3, 3, 1], [1, 3, 3, 1])
    if kept.sum() <= 0 or np.abs(kept / kept.sum() - usual / usual.sum()).max() > 1e-3:
        raise BadFileError(f"its filter {name} is not [1, 3, 3, 1]")
