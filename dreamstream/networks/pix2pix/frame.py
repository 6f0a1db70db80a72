"""A drawing brought to the size and place that a painter was taught on, and its picture brought back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FILLED = 0.84  # share of the side that a framed drawing takes
LARGEST = 5.0  # how much a small drawing is enlarged
PAPER, MIDDLE = 255, 128


@dataclass(frozen=True)
class Frame:
    """The square that becomes the whole picture: its middle in pixels, and by how much it is enlarged.

    empty: whether there is no ink at all.
    """

    x: float
    y: float
    scale: float
    side: int
    empty: bool = False

    @property
    def matrix(self) -> NDArray[np.float64]:
        """From the drawing to the frame, [2, 3], pixel centres at whole numbers."""
        middle = (self.side - 1) / 2
        scale = self.scale
        return np.array([[scale, 0, middle - scale * self.x], [0, scale, middle - scale * self.y]])

    def into(self, lines: Picture) -> Picture:
        """Lines uint8 [side, side] as a painter takes them."""
        return np.asarray(
            cv2.warpAffine(lines, self.matrix, (self.side, self.side), flags=cv2.INTER_LINEAR, borderValue=PAPER),
            np.uint8,
        )

    def back(self, picture: Picture) -> Picture:
        """A picture uint8 [side, side, 4], straight alpha, as it lies on the drawing."""
        shown = picture.astype(np.float32)
        shown[..., :3] *= shown[..., 3:] / 255
        scale = self.scale
        if scale > 1:  # averaged while it is made smaller, so that nothing is left out
            small = max(1, round(self.side / scale))
            shown = np.asarray(cv2.resize(shown, (small, small), interpolation=cv2.INTER_AREA), np.float32)
            scale = self.side / small
        middle = (len(shown) - 1) / 2
        step = 1 / scale if len(shown) == self.side else 1.0
        matrix = np.array([[step, 0, self.x - step * middle], [0, step, self.y - step * middle]])
        flat = cv2.warpAffine(shown, matrix, (self.side, self.side), flags=cv2.INTER_LINEAR)
        placed = np.asarray(flat, np.float32)
        placed[..., :3] *= 255 / np.maximum(placed[..., 3:], 1)
        return np.asarray(np.clip(placed + 0.5, 0, 255), np.uint8)


def frame_of(lines: Picture) -> Frame:
    """The frame of lines uint8 [side, side], 0 ink and 255 paper: the ink lies in its middle, and fills it.

    Without any ink, the whole.
    """
    side = len(lines)
    rows, columns = (np.flatnonzero((lines < MIDDLE).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Frame((side - 1) / 2, (side - 1) / 2, 1.0, side, empty=True)
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    scale = min(LARGEST, FILLED * side / extent)
    return Frame(float(columns[0] + columns[-1]) / 2, float(rows[0] + rows[-1]) / 2, float(scale), side)
