"""Small pictures made large: edges narrower, places and colours as they were."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.dreamers.latent.enlarge import enlarged

Picture = NDArray[np.uint8]


@pytest.fixture
def disc() -> Picture:
    """A soft dark disc of a quarter of the area on a bright ground, uint8 [64, 64, 3]."""
    sharp = np.full((64, 64, 3), 220, np.uint8)
    cv2.circle(sharp, (32, 32), 18, (200, 60, 40), -1)
    return np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2.0), np.uint8)


def width(picture: Picture) -> float:
    """Of the disc's edge in the middle row, in pixels: from 15 to 85 % of its step of green."""
    row = picture[len(picture) // 2, : len(picture) // 2, 1].astype(float)
    return float(((row < 196) & (row > 84)).sum())


def test_edges_are_drawn_together_as_far_as_is_told(disc: Picture) -> None:
    """None leaves plain enlarging, to the last bit; all makes an edge at most a third as wide."""
    plain = cv2.resize(disc, (480, 480), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(enlarged(disc, 480, 0.0), plain)
    widths = [width(enlarged(disc, 480, crispness)) for crispness in (0.0, 0.15, 0.7, 1.0)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 3


@pytest.mark.parametrize("crispness", [0.15, 1.0])
def test_what_is_shown_stays_where_it_is(disc: Picture, crispness: float) -> None:
    """The disc's area and its middle, and no colour that was not there."""
    before, after = (enlarged(disc, 360, each)[..., 1] < 140 for each in (0.0, crispness))
    assert after.sum() == pytest.approx(before.sum(), rel=0.03)
    for one, other in zip(np.nonzero(before), np.nonzero(after), strict=True):
        assert other.mean() == pytest.approx(one.mean(), abs=0.5)
    found = enlarged(disc, 256, crispness)  # not enlarged once more, which may overshoot
    assert found.min() >= disc.min() - 1
    assert found.max() <= disc.max() + 1


def test_what_is_not_enlarged_is_left_alone(disc: Picture) -> None:
    """A tile of the picture's own size, or a smaller one."""
    np.testing.assert_array_equal(enlarged(disc, 64, 1.0), disc)
    assert enlarged(disc, 32, 1.0).shape == (32, 32, 3)
