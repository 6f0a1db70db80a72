"""The strokes of a drawing over a dream: light chalk with a soft dark edge, to be seen on any picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose
from dreamstream.core.drawing import Drawing
from dreamstream.video.drawn import draw_lines

CHALK = np.array([255, 250, 236], np.float32)
SHADOW = 0.6  # of the darkest edge
SPREAD = 0.012  # of the shadow, in sides of the box


def chalk(drawing: Drawing, side: int, seconds: float | None = None) -> NDArray[np.uint8]:
    """The strokes that were drawn by `seconds` as a picture uint8 [side, side, 4], straight alpha."""
    ink = (255 - draw_lines(drawing, side, seconds).astype(np.float32)) / 255
    shadow = SHADOW * np.minimum(1.8 * cv2.GaussianBlur(ink, (0, 0), max(0.6, SPREAD * side)), 1)
    covered = ink + (1 - ink) * shadow
    colour = CHALK * (ink / np.maximum(covered, 1e-6))[..., None]
    return np.round(np.dstack([colour, covered * 255])).astype(np.uint8)


def over(picture: NDArray[np.uint8], shown: NDArray[np.uint8], centre: complex, side: float) -> NDArray[np.uint8]:
    """A dream uint8 [H, W, 3] with a picture uint8 [s, s, 4], straight alpha, `side` heights large over it.

    centre: in picture heights from the middle. Only the part under it is touched.
    """
    height, width = picture.shape[:2]
    matrix = Pose(complex(side), centre).matrix((len(shown), len(shown)), (width, height))
    reach = side / 2 * height + 1
    middle = complex((width - 1) / 2, (height - 1) / 2) + centre * height
    left, right = (int(np.clip(middle.real + way * reach, 0, width)) for way in (-1, 1))
    top, bottom = (int(np.clip(middle.imag + way * reach, 0, height)) for way in (-1, 1))
    if left >= right or top >= bottom:
        return picture
    matrix[:, 2] -= (left, top)
    premultiplied = shown.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    part = cv2.warpAffine(premultiplied, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    out = picture.copy()
    below = out[top:bottom, left:right]
    out[top:bottom, left:right] = np.round(np.clip(below * (1 - part[..., 3:] / 255) + part[..., :3], 0, 255))
    return out
