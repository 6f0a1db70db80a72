"""Regions and soft masks: what they want of a place, and how far a place is from them."""

from __future__ import annotations

import numpy as np
import pytest

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.programme import REGIONS, Programme, Wish
from dreamstream.dreamers.ascent.anchors import AnchorRules, advance, wish_at
from dreamstream.dreamers.ascent.regions import RASTER, Mask, distance, raster_of

ASPECT = 16 / 9


def disc() -> Mask:
    """A soft white disc, a fifth of the height in radius, in the right half of a black picture."""
    y, x = np.mgrid[:180, :320] / 180
    return Mask(np.clip((0.2 - np.hypot(x - 1.3, y - 0.5)) / 0.04 + 0.5, 0, 1).astype(np.float32))


@pytest.mark.parametrize("region", REGIONS)
def test_rasters_of_regions_are_exact(region: str) -> None:
    """The edges of every region lie between two cells."""
    left, top, right, bottom = REGIONS[region]
    raster = raster_of(region)
    assert set(np.unique(raster)) <= {0, 1}
    assert raster.mean() == (right - left) * (bottom - top)
    assert raster[int(top * RASTER), int(left * RASTER)] == 1


def test_a_mask_knows_where_it_is() -> None:
    """Bright inside, half at its edge, black and far outside; distances are in picture heights."""
    mask = disc()
    middle = complex(1.3 - ASPECT / 2, 0)
    assert mask.share(middle, ASPECT) == 1
    assert mask.share(-middle, ASPECT) == 0
    assert mask.distance(middle, ASPECT) == 0
    assert mask.distance(middle - 0.5, ASPECT) == pytest.approx(0.3, abs=2 / RASTER)
    assert distance("left", mask, middle, ASPECT) == pytest.approx(1.3 - ASPECT / 2)
    assert Mask(np.zeros((90, 160), np.float32)).distance(0j, ASPECT) == float("inf")


def test_objects_are_born_in_their_mask_and_stay_in_it() -> None:
    """Whatever the camera does; and a wish without a mask still has the whole picture."""
    masks = {"disc": disc()}
    programme = Programme((Wish("bee", mask="disc"),))
    rng = np.random.default_rng(0)
    living = advance([], Pose(), programme, ASPECT, AnchorRules(count=6), rng, masks=masks)
    for _ in range(8):
        assert len(living) == 6
        assert all(masks["disc"].distance(anchor.centre, ASPECT) < 0.1 for anchor in living)
        living = advance(living, Motion(1.1, 5).over(0.5), programme, ASPECT, AnchorRules(count=6), rng, masks=masks)
    both = Programme((Wish("bee", mask="disc"), Wish("pizza")))
    spread = advance([], Pose(), both, ASPECT, AnchorRules(), rng, masks=masks)
    assert any(anchor.centre.real < 0 for anchor in spread)
    assert all(anchor.wish == 1 for anchor in spread if anchor.centre.real < 0)


def test_objects_are_for_classes_that_are_wanted() -> None:
    """No object is born for a layer or for what is not wanted, unless nothing else is left to look at."""
    rng = np.random.default_rng(0)
    mixed = Programme((Wish("relu4_3", kind="layer"), Wish("dog", weight=-1.0), Wish("cat")))
    assert {wish_at(complex(x, 0), mixed, ASPECT, rng) for x in np.linspace(-0.8, 0.8, 9)} == {2}
    assert advance([], Pose(), Programme((Wish("relu4_3", kind="layer"),)), ASPECT, AnchorRules(), rng) == []
    only = Programme((Wish("relu4_3", kind="layer"), Wish("dog", weight=-1.0)))
    assert {anchor.wish for anchor in advance([], Pose(), only, ASPECT, AnchorRules(), rng)} == {1}
