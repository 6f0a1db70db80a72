"""Flat shapes with crisp edges, and the same as a dream has them: soft, at another size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def crisp_shapes(size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """Discs and squares of plain colours on a plain ground, uint8 [H, W, 3], drawn finely and reduced."""
    width, height = 2 * size[0], 2 * size[1]
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), rng.integers(90, 160, 3), np.uint8)
    for row in range(2):
        for column in range(4):
            colour = [int(c) for c in rng.choice([rng.integers(10, 60), rng.integers(190, 245)], 3)]
            x, y = (2 * column + 1) * width // 8, (2 * row + 1) * height // 4
            reach = int(rng.uniform(0.11, 0.19) * height)
            if (row + column) % 2:
                cv2.circle(picture, (x, y), reach, colour, -1)
            else:
                cv2.rectangle(picture, (x - reach, y - reach), (x + reach, y + reach), colour, -1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def softened(picture: NDArray[np.uint8], size: tuple[int, int], sigma: float = 2.0) -> NDArray[np.uint8]:
    """The picture at a smaller size, under a Gaussian of so many of its pixels."""
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), np.uint8)
