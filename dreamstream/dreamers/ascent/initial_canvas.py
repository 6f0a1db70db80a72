"""What a canvas begins with: soft noise, or a photograph made to fit. Arrays in, arrays out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.support.pictures import cropped


def noise(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Soft coloured noise about grey, coarse and fine, [H, W, 3]; size is (width, height)."""
    width, height = size
    total = np.full((height, width, 3), 0.5, np.float32)
    for cells, strength in ((4, 0.06), (10, 0.05), (30, 0.04), (90, 0.02)):
        coarse = rng.normal(0, strength, (cells, max(2, round(cells * width / height)), 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(total, 0, 1), np.float32)


def fitted(photo: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """A picture uint8 [h, w, 3] cropped about its middle to the canvas's shape and resized to (width, height).

    Raises ValueError when it is no such picture.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or not photo.size:
        raise ValueError(f"a picture must be uint8 [h, w, 3], not {photo.dtype} {list(photo.shape)}")
    part = cropped(photo, size)
    method = cv2.INTER_AREA if part.shape[0] > size[1] else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(part, size, interpolation=method), np.float32)
    return resized / np.float32(255)
