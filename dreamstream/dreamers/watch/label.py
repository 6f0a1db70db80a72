"""A few words in the lower right corner of a picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIZE = 0.04  # of the letters, as a share of the picture's height
GROUND = 0.4  # how much is left of what is behind them


def labelled(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """The picture uint8 [H, W, 3] with the text on a dark ground; as it is where there is no text or no room."""
    height, width = picture.shape[:2]
    letters = _letters(text, max(10, round(SIZE * height)))
    high, wide = letters.shape
    if not text or high > height or wide > width:
        return picture
    told = picture.copy()
    corner = told[height - high :, width - wide :]
    corner[:] = np.maximum(corner * GROUND, letters[..., None]).astype(np.uint8)
    return told


@lru_cache(8)
def _letters(text: str, size: int) -> NDArray[np.uint8]:
    """The text in white on black, uint8 [h, w], with a margin."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    margin = size // 2
    image = Image.new("L", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin))
    ImageDraw.Draw(image).text((margin - left, margin - top), text, 255, font)
    return np.asarray(image)
