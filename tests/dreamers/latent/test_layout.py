"""Square pictures on canvases: each fills its region, whole and upright, on a ground of its own colours."""

from __future__ import annotations

import numpy as np
import pytest

from dreamstream.dreamers.latent.layout import arranged, filled


def picture(red: int) -> np.typing.NDArray[np.uint8]:
    """Bright red on the left, blue on the right."""
    made = np.zeros((16, 16, 3), np.uint8)
    made[:, :8, 0], made[:, 8:, 2] = red, 200
    return made


@pytest.mark.parametrize("size", [(64, 36), (36, 64), (48, 48)])
def test_the_whole_picture_is_seen(size: tuple[int, int]) -> None:
    """As large as it fits, in the middle; the ground beside it is darker than the picture."""
    width, height = size
    canvas = filled(picture(200), size)
    assert canvas.shape == (height, width, 3)
    side = min(size)
    left, top = (width - side) // 2, (height - side) // 2
    square = canvas[top : top + side, left : left + side]
    assert square[side // 2, side // 8, 0] > 180
    assert square[side // 2, -side // 8, 2] > 180
    if width != height:
        assert 20 < canvas[0, 0].max() < 110


def test_each_in_its_region() -> None:
    """Top and bottom; what no region covers is black."""
    canvas = arranged([picture(250), picture(120)], ["top", "bottom left"], (64, 64))
    assert canvas[16, 20, 0] > 230
    assert 100 < canvas[48, 6, 0] < 140
    assert canvas[40:, 40:].max() == 0
