"""Octaves of a photograph: their sizes, how steps are shared, and what each begins with."""

from __future__ import annotations

import numpy as np

from dreamstream.render import octaves


def test_sizes_grow_by_1_4_and_none_is_too_small() -> None:
    """The last is the picture's own; sides are even; what cannot be dreamed is left out."""
    assert octaves.sizes((1280, 720), 4) == [(466, 262), (654, 368), (914, 514), (1280, 720)]
    assert octaves.sizes((160, 96), 5) == [(160, 96)]
    assert octaves.sizes((320, 192), 12)[0] == (164, 98)


def test_steps_are_shared() -> None:
    """All of them, nobody left without."""
    assert octaves.shares(60, 5) == [12] * 5
    assert octaves.shares(8, 3) == [3, 3, 2]
    assert octaves.shares(1, 2) == [1, 1]


def test_an_octave_begins_with_the_photograph_and_what_was_added() -> None:
    """Where nothing was added it is the photograph, as fine as it is; what was added is there enlarged."""
    rng = np.random.default_rng(0)
    photo = rng.integers(50, 200, (96, 160, 3)).astype(np.uint8)
    small = octaves.begin(photo, None, (80, 48))
    assert small.shape == (48, 80, 3)
    again = octaves.begin(photo, small, (160, 96)).astype(int)
    assert np.abs(again - photo).max() <= 1
    brighter = small.copy()
    brighter[:, :40] += 30
    seen = octaves.begin(photo, brighter, (160, 96)).astype(int) - photo
    assert abs(seen[:, :70].mean() - 30) < 1
    assert np.abs(seen[:, 90:]).max() <= 1
