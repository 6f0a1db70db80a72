"""A photograph dreamed at one size after the other, small to large: forms from the small ones, detail from the large.

Each size begins with the photograph itself and what the size before has added to it, enlarged.
Source: Mordvintsev, Olah & Tyka 2015, "Inceptionism", and the program that they published with it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import SMALLEST

SCALE = 1.4  # from one size to the next
MOST = 12  # octaves


def sizes(size: tuple[int, int], octaves: int) -> list[tuple[int, int]]:
    """The (width, height) of each octave, smallest first, even; as many as are no smaller than can be dreamed."""
    found = []
    for octave in range(octaves):
        width, height = (2 * round(side / SCALE**octave / 2) for side in size)
        if octave and min(width, height) < SMALLEST:
            break
        found.append((width, height))
    return found[::-1]


def shares(total: int, octaves: int) -> list[int]:
    """How many of `total` steps each octave gets: as even as can be, the small and quick ones first, at least one."""
    return [max(1, total // octaves + (number < total % octaves)) for number in range(octaves)]


def begin(photo: NDArray[np.uint8], before: NDArray[np.uint8] | None, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What an octave of `size` (width, height) begins with, from the photograph uint8 [h, w, 3] of that shape and the
    picture `before`, of the octave before.
    """
    own = _resized(np.asarray(photo, np.float32), size)
    if before is not None:
        height, width = before.shape[:2]
        added = np.asarray(before, np.float32) - _resized(np.asarray(photo, np.float32), (width, height))
        own = own + _resized(added, size)
    return np.asarray(np.clip(np.round(own), 0, 255), np.uint8)


def _resized(picture: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    smaller = size[1] < picture.shape[0]
    found = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(found, np.float32)
