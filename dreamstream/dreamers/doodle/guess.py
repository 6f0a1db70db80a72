"""What a drawing is of, where nobody said: the word as which it looks most like itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# What lies under a picture that is looked at.
GROUND = 128
# How much of each class there is in pictures uint8 [s, s, 3], as log probabilities.
Seen = Callable[[Sequence[NDArray[np.uint8]]], list[dict[str, float]]]


class Painter(Protocol):
    """Fills drawings (see networks/pix2pix)."""

    words: tuple[str, ...]
    side: int

    def paint(self, lines: NDArray[np.uint8], word: str | None = None) -> NDArray[np.uint8]:
        """The picture uint8 [side, side, 4], RGBA, of lines uint8 [side, side], 0 ink and 255 paper."""


@dataclass(frozen=True)
class Filled:
    """A drawing that was filled: its picture uint8 [s, s, 4], and the class to dream of it, "" for none."""

    picture: NDArray[np.uint8]
    word: str


def likest(painter: Painter, lines: NDArray[np.uint8], seen: Seen, barred: Collection[str] = ()) -> Filled:
    """Lines uint8 [side, side] painted as each of the painter's words, the one in which most of its word is seen.

    barred: words that it must not be. Where a network knows none of the others, what it sees most of where the painter
    was told nothing.
    """
    known = seen([np.full((painter.side, painter.side, 3), GROUND, np.uint8)])[0]
    words = [word for word in painter.words if word in known and word not in barred]
    if not words:
        untold = painter.paint(lines)
        plain = seen([_flat(untold)])[0]
        return Filled(untold, max(plain.keys() - barred, key=lambda name: (plain[name], name), default=""))
    told = [painter.paint(lines, word) for word in words]
    sure = [each[word] for word, each in zip(words, seen([_flat(picture) for picture in told]), strict=True)]
    best = int(np.argmax(sure))
    return Filled(told[best], words[best])


def _flat(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture uint8 [s, s, 4] on a plain ground."""
    matte = picture[..., 3:].astype(np.float32) / 255
    return np.round(picture[..., :3] * matte + GROUND * (1 - matte)).astype(np.uint8)
