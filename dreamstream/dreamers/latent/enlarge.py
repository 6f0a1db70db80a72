"""Small square pictures made large: their edges drawn together by the finish's warp, as far as suits what they show.

A generator's picture has 64 pixels a side and a wall has 1080. Plain enlarging shows that; the warp draws the edges of
a drawing together until it looks as if it had been drawn at that size. What has no edges, such as fur, it would turn
into a mosaic, so that of a photograph's likeness it gets a small share.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.video.finish import LATER, MOST_SCALE, Pass, Way, crisp

# The first pass at most, and what the passes come to as the crispness goes to none: hardly smoothed, hardly moved.
# Lengths are in pixels of the small picture.
FIRST = Pass(strength=14.0, smooth=1.2, spread=1.6, floor=0.008, limit=4.0)
LEAST_FIRST = Pass(strength=0.0, smooth=0.3, spread=0.6, floor=0.02, limit=0.5)
LEAST_LATER = Pass(strength=0.0, smooth=0.3, spread=0.5, floor=0.05, limit=0.3)


def enlarged(picture: NDArray[np.uint8], side: int, crispness: float) -> NDArray[np.uint8]:
    """A picture uint8 [s, s, 3] as uint8 [side, side, 3]. crispness: 0 (none) to 1 (a drawing's)."""
    middle = min(side, round(MOST_SCALE * len(picture)))
    if crispness > 0 and middle > len(picture):
        first, scale = _between(LEAST_FIRST, FIRST, crispness), middle / len(picture)
        later = tuple(_between(LEAST_LATER, each, crispness).at(scale) for each in LATER)
        picture = crisp(picture, (middle, middle), Way(1, first, later))
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def _between(least: Pass, most: Pass, share: float) -> Pass:
    return Pass(*(low + (high - low) * share for low, high in zip(least, most, strict=True)))
