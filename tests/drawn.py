"""A cat's head drawn by a program, and a painter that needs no training."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.drawing import Drawing, Point, Stroke, from_json


def stroke(*points: tuple[float, float], since: float = 0.0) -> Stroke:
    """A stroke through points (x, y), ten of them a second."""
    return Stroke(tuple(Point(x, y, since + 0.1 * number) for number, (x, y) in enumerate(points)))


def circle(x: float, y: float, radius: float, since: float) -> Stroke:
    """A closed circle."""
    turns = (math.tau * step / 24 for step in range(25))
    return stroke(*((x + radius * math.sin(turn), y - radius * math.cos(turn)) for turn in turns), since=since)


_CAT = Drawing(
    (
        circle(0.5, 0.55, 0.3, 0.0),
        stroke((0.25, 0.4), (0.24, 0.15), (0.4, 0.28), since=3.0),
        stroke((0.6, 0.28), (0.76, 0.15), (0.75, 0.4), since=4.0),
        circle(0.4, 0.5, 0.03, 5.0),
        circle(0.6, 0.5, 0.03, 8.0),
        stroke((0.45, 0.65), (0.5, 0.68), (0.55, 0.65), since=11.0),
    )
)
# With places as fine as they are kept.
CAT = from_json(_CAT.to_json())
DOT = Drawing((stroke((0.5, 0.5)),))


class Filler:
    """Fills what the lines enclose with one colour, and the lines with another."""

    words: tuple[str, ...] = ("cat", "owl")
    side = 128

    def __init__(self) -> None:
        self.painted: list[str | None] = []

    def paint(self, lines: NDArray[np.uint8], word: str | None = None) -> NDArray[np.uint8]:
        """Orange inside brown."""
        self.painted.append(word)
        around = np.zeros((self.side + 2, self.side + 2), np.uint8)
        outside = np.where(lines < 200, 0, 255).astype(np.uint8)
        cv2.floodFill(outside, around, (0, 0), 128)
        inside = outside != 128
        picture = np.zeros((self.side, self.side, 4), np.uint8)
        picture[inside] = (240, 150, 40, 255)
        picture[lines < 128] = (90, 50, 20, 255)
        return picture
