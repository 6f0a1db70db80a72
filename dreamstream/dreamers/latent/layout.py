"""Square pictures in a canvas of any shape: each in its region, its sides filled with its own colours, blurred."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import REGIONS
from dreamstream.dreamers.latent.enlarge import enlarged

Picture = NDArray[np.uint8]
# Of the ground beside a picture: how dark, and how blurred as a share of the picture's side.
DIM, BLUR = 0.45, 0.08


def arranged(
    pictures: Sequence[Picture], regions: Sequence[str], size: tuple[int, int], crispness: float = 0.0
) -> Picture:
    """A canvas uint8 [H, W, 3] of square pictures, each in a region of `REGIONS`; what no region covers is black.

    crispness: how much edges are drawn together, 0 to 1 (see enlarge.py).
    """
    width, height = size
    canvas = np.zeros((height, width, 3), np.uint8)
    for picture, region in zip(pictures, regions, strict=True):
        left, top, right, bottom = REGIONS[region]
        x, y, to_x, to_y = (
            round(share * side) for share, side in zip((left, top, right, bottom), size * 2, strict=True)
        )
        canvas[y:to_y, x:to_x] = filled(picture, (to_x - x, to_y - y), crispness)
    return canvas


def filled(picture: Picture, size: tuple[int, int], crispness: float = 0.0) -> Picture:
    """A picture as large as it fits into (width, height), over itself, blurred and dark."""
    width, height = size
    side = min(width, height)
    square = enlarged(picture, side, crispness)
    if width == height:
        return square
    small = picture.shape[0]
    ground = cv2.GaussianBlur(picture, (0, 0), BLUR * small)
    cut = max(1, round(small * side / max(width, height)))
    at = (small - cut) // 2
    part = ground[at : at + cut] if width > height else ground[:, at : at + cut]
    whole = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
    whole = cv2.convertScaleAbs(whole, alpha=DIM)
    left, top = (width - side) // 2, (height - side) // 2
    whole[top : top + side, left : left + side] = square
    return np.asarray(whole, np.uint8)
