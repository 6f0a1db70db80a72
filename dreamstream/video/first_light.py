"""The picture before the first dream: dark drifting light, made from its time alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.video.yuv import Picture, empty, planes

# Rows of the small picture that is computed; everything in it is soft, so that enlarging loses nothing.
ROWS = 72
# RGB of 0 to 255 to limited-range BT.709, with the offsets in the last column.
TO_YUV = np.array(
    [[0.1826, 0.6142, 0.0620, 16.0], [-0.1006, -0.3386, 0.4392, 128.0], [0.4392, -0.3989, -0.0403, 128.0]], np.float32
)


class Waking:
    """Soft coloured light moving over near-black, without an end and never twice the same.

    size: (width, height) of the pictures.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        width, height = size
        columns = max(2, round(ROWS * width / height))
        y, x = np.mgrid[0:ROWS, 0:columns].astype(np.float32) / np.float32(ROWS)
        self._x, self._y = x - columns / ROWS / 2, y - 0.5
        # Dark gradients show bands in 8 bits; a fixed grain of one level hides them.
        grain = np.random.default_rng(7).uniform(-0.5, 0.5, (height, width))
        self._grain: NDArray[np.float32] = grain.astype(np.float32)

    def frame(self, t: float) -> Picture:
        """The picture at show time `t` (seconds), planar YUV."""

        # Whole turns of slow, incommensurable waves: no precision is lost after days.
        def wave(rate: float, phase: float = 0.0) -> float:
            return float((rate * t + phase) % (2 * np.pi))

        x, y = self._x, self._y
        bend_x = x + 0.24 * np.sin(2.9 * y + wave(0.31)) + 0.11 * np.sin(5.3 * y - 3.1 * x + wave(0.47))
        bend_y = y + 0.22 * np.sin(2.3 * x - wave(0.27)) + 0.10 * np.cos(4.7 * x + 2.9 * y - wave(0.41))
        veil = (
            np.sin(3.7 * bend_x + wave(0.23))
            + np.sin(4.3 * bend_y - wave(0.19))
            + np.sin(5.1 * np.hypot(bend_x + 0.3, bend_y - 0.1) - wave(0.53))
        )
        threads = np.exp(-6.0 * np.sin(1.5 * veil + 2.0 * bend_y + wave(0.17)) ** 2)
        cloud = 0.5 + 0.5 * np.sin(1.3 * veil + wave(0.13))
        hue = wave(0.05) + 0.9 * veil
        glow = 0.14 + 0.42 * cloud**2 + 0.75 * threads * (0.25 + 0.75 * cloud)
        edge = np.exp(-0.8 * (x * x * 0.6 + y * y * 1.6))
        tint = np.stack(
            [0.42 + 0.30 * np.sin(hue + 0.4), 0.36 + 0.22 * np.sin(hue + 2.6), 0.66 + 0.26 * np.sin(hue + 4.4)], -1
        )
        breath = 0.9 + 0.1 * np.sin(wave(0.7))
        small = (235 * breath) * (glow * edge)[..., None] * tint
        limited = cv2.transform(small.astype(np.float32), TO_YUV)
        out = empty(self._size)
        luma, *chroma = planes(out)
        large = cv2.resize(limited[..., 0], self._size, interpolation=cv2.INTER_CUBIC)
        cv2.add(large, self._grain, dst=luma, dtype=cv2.CV_8U)
        for plane, channel in zip(chroma, (1, 2), strict=True):
            half = cv2.resize(limited[..., channel], (plane.shape[1], plane.shape[0]), interpolation=cv2.INTER_CUBIC)
            np.rint(half, out=plane, casting="unsafe")
        return out
