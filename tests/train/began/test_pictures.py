"""Drawings on their grounds: always the same for a number, whole, and on white as often as on a colour."""

from __future__ import annotations

import numpy as np

from dreamstream.train.began.measures import ground
from dreamstream.train.began.pictures import Drawings, Frames, Turned


def drawings() -> Drawings:
    """A black and a red disc."""
    y, x = np.mgrid[:40, :40] - 19.5
    disc = np.zeros((2, 40, 40, 4), np.uint8)
    disc[..., 3] = 255 * (x**2 + y**2 < 18**2)
    disc[1, ..., 0] = 230
    return Drawings(list(disc), 32, seed=3)


def test_a_batch_is_always_the_same() -> None:
    """By its number, whatever was asked before; another number is another batch."""
    one, other = drawings(), drawings()
    other.batch(4, 1)
    np.testing.assert_array_equal(one.batch(4, 7), other.batch(4, 7))
    assert not np.array_equal(one.batch(4, 7), one.batch(4, 8))
    assert one.batch(4, 7).shape == (4, 32, 32, 3)


def test_grounds_are_white_or_coloured() -> None:
    """Half of them each; the drawing is whole and in the middle."""
    pictures = drawings().batch(400, 0)
    white = ground(pictures) >= 250
    assert 160 < white.sum() < 240
    assert ground(pictures)[~white].max() < 200
    assert (pictures[:, 16, 16, 1] < 40).all()
    assert drawings().plain().shape == (2, 32, 32, 3)
    assert (ground(drawings().plain()) == 255).all()
    views = drawings().views(5)
    assert (views[0, :, 16, 16, 0] < 40).all()
    assert (views[1, :, 16, 16, 0] > 200).all()


def test_frames_are_as_they_are_and_few_are_turned() -> None:
    """Frames are taken at random; a picture that is turned keeps its colours to the edges."""
    frames = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.full((1, 16, 16, 3), 10, np.uint8)
    found = Frames(frames).batch(50, 0)
    assert {int(each) for each in found[:, 3, 3, 0]} == {0, 10, 20, 30, 40}
    turned = Turned(frames).batch(50, 0)
    assert (turned == turned[:, :1, :1]).all()
    striped = np.tile(np.arange(0, 160, 10, dtype=np.uint8)[:, None, None], (1, 16, 3))[None]
    assert not np.array_equal(Turned(striped).batch(1, 0), striped)
