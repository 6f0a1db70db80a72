"""Where steps look: at living things, by turns, and mirrored as often as a look asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dreamstream.core.programme import LIVING, Programme, Wish, split
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.objective import StepWindows
from dreamstream.dreamers.ascent.presets import PRESETS
from dreamstream.dreamers.ascent.windows import plan

SIZE = (320, 180)
ANCHORS = [Anchor(complex(0.3 * place - 0.6, 0.0), 0.3) for place in range(5)]


def looks(mirrored: float, steps: int = 200, colourless: float = 0.0) -> StepWindows:
    """Looks at ANCHORS, with one seed."""
    mixture = replace(PRESETS["gouache"].mixture, windows=3, mirrored=mirrored, colourless=colourless)
    return plan(ANCHORS, split(["owl"]), {"owl": 4}, SIZE, mixture, steps, np.random.default_rng(0))


def test_all_things_are_seen_equally_often() -> None:
    """None more than once more than another."""
    x = looks(0.0).boxes[..., 0].ravel() / SIZE[1] - (SIZE[0] - 1) / 2 / SIZE[1]
    seen = np.bincount(np.round((x + 0.6) / 0.3).astype(int), minlength=5)
    assert np.ptp(seen) <= 1


def test_the_share_that_is_mirrored() -> None:
    """Half, all or none, and of the same places otherwise."""
    plain, half, every = (looks(share).boxes for share in (0.0, 0.5, 1.0))
    assert (plain[..., 2] > 0).all()
    assert (every[..., 2] < 0).all()
    assert 0.4 < (half[..., 2] < 0).mean() < 0.6
    assert np.array_equal(np.abs(half), np.abs(plain))


def test_the_share_that_sees_no_colour() -> None:
    """Two in five, all or none, of the same windows otherwise; pictures are never looked for without colour."""
    plain, some, every = (looks(0.0, colourless=share) for share in (0.0, 0.4, 1.0))
    assert plain.colourless is None
    assert some.colourless is not None
    assert every.colourless is not None
    assert some.colourless.shape == some.weights.shape
    assert set(np.unique(some.colourless)) == {0.0, 1.0}
    assert 0.3 < some.colourless.mean() < 0.5
    assert (every.colourless == 1).all()
    assert np.array_equal(some.boxes, plain.boxes)
    mixture = replace(PRESETS["gouache"].mixture, windows=3, colourless=1.0)
    anchors = [replace(anchor, wish=place % 2) for place, anchor in enumerate(ANCHORS)]
    programme = Programme((Wish("cat 1", kind=LIVING), Wish("owl")))
    told = plan(anchors, programme, {"owl": 4}, SIZE, mixture, 20, np.random.default_rng(0))
    assert told.colourless is not None
    assert told.likenesses is not None
    assert np.array_equal(told.colourless == 0, told.likenesses > 0)


def test_pictures_are_looked_for_in_their_very_places() -> None:
    """Neither off them nor mirrored, and as no class; classes beside them as ever."""
    anchors = [replace(anchor, wish=place % 2) for place, anchor in enumerate(ANCHORS)]
    programme = Programme((Wish("cat 1", kind=LIVING, weight=0.5), Wish("owl")))
    mixture = replace(PRESETS["gouache"].mixture, windows=3, mirrored=0.5)
    told = plan(anchors, programme, {"owl": 4}, SIZE, mixture, 50, np.random.default_rng(0))
    assert told.likenesses is not None
    assert told.pictures is not None
    pictured = told.likenesses > 0
    assert set(told.likenesses[pictured]) == {0.5}
    assert np.array_equal(told.weights > 0, ~pictured)
    assert np.array_equal(told.pictures == 0, pictured)
    places = {round(0.3 * place - 0.6, 6) for place in (0, 2, 4)}
    seen = (told.boxes[pictured] - [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2, 0]) / SIZE[1]
    assert {round(float(x), 4) for x in seen[:, 0]} == {round(x, 4) for x in places}
    assert np.allclose(seen[:, 1:], [0.0, 0.3])
    assert (told.boxes[~pictured][:, 2] < 0).any()
    assert looks(0.5).likenesses is None
