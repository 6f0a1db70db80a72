"""A viewer's own picture laid on the canvas, as a photograph is that a dream begins with. Arrays in, arrays out.

Only what a viewer drew comes in this way: what a network dreams of a class is never laid on anything.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Pose


def laid(canvas: NDArray[np.float32], picture: NDArray[np.uint8], centre: complex, side: float) -> NDArray[np.float32]:
    """A canvas [H, W, 3] with a picture uint8 [s, s, 4], straight alpha, over it, `side` heights large about a point.

    centre: in picture heights from the canvas's middle.
    """
    height, width = canvas.shape[:2]
    shown: NDArray[np.float32] = picture.astype(np.float32) / np.float32(255)
    shown[..., :3] *= shown[..., 3:]
    small = max(1, round(side * height))
    if small < len(shown):  # averaged, so that nothing is left out
        shown = np.asarray(cv2.resize(shown, (small, small), interpolation=cv2.INTER_AREA), np.float32)
    matrix = Pose(complex(side), centre).matrix((len(shown), len(shown)), (width, height))
    over = cv2.warpAffine(shown, matrix, (width, height), flags=cv2.INTER_CUBIC)
    covered = np.clip(over[..., 3:], 0, 1)
    return np.asarray(np.clip(canvas * (1 - covered) + np.clip(over[..., :3], 0, covered), 0, 1), np.float32)


def cut(canvas: NDArray[np.float32], centre: complex, side: float, pixels: int) -> NDArray[np.uint8]:
    """What `laid` would lay to have this part of a canvas again: uint8 [pixels, pixels, 4], fading out at its edge."""
    height, width = canvas.shape[:2]
    matrix = Pose(complex(side), centre).matrix((pixels, pixels), (width, height))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(canvas, matrix, (pixels, pixels), flags=flags, borderMode=cv2.BORDER_REFLECT)
    along = np.clip(np.minimum(np.arange(pixels) + 0.5, pixels - np.arange(pixels) - 0.5) / (0.12 * pixels), 0, 1)
    matte = along[:, None] * along[None]
    return np.round(np.dstack([np.clip(part, 0, 1), matte]) * 255).astype(np.uint8)
