"""Objects ride the camera, live between their smallest and largest size, and take the wish of their place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.programme import Programme, Wish, split
from dreamstream.dreamers.ascent.anchors import Anchor, AnchorRules, advance, leaving, wish_at
from dreamstream.dreamers.ascent.presets import PRESETS

HABITS = AnchorRules()
ASPECT = 16 / 9


def test_anchors_move_with_the_scene() -> None:
    """An anchor that stays is exactly where the camera's pose puts it."""
    rng = np.random.default_rng(0)
    first = advance([], Pose(), split(["bee"]), ASPECT, HABITS, rng)
    pose = Motion(1.05, 2, 0.01, 0).over(0.5)
    second = advance(first, pose, split(["bee"]), ASPECT, HABITS, rng)
    for before, after in zip([a for a in first if a in first][:3], second, strict=False):
        if after.side == pytest.approx(before.side * pose.zoom):
            assert after.centre == pytest.approx(pose.apply(before.centre))
    moved = {round(a.side, 9) for a in second} & {round(a.side * pose.zoom, 9) for a in first}
    assert len(moved) >= HABITS.count // 2


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    zoom=st.floats(0.9, 1.3),
    rotation=st.floats(-20, 20),
    seconds=st.lists(st.floats(0.01, 8), min_size=1, max_size=25),
)
def test_population_is_bounded_and_on_the_canvas(seed: int, zoom: float, rotation: float, seconds: list[float]) -> None:
    """Whatever the camera does, there are always `count` objects, none too large, all with their middle on the
    canvas.
    """
    rng = np.random.default_rng(seed)
    programme = split(["bee", "pizza"])
    living: list[Anchor] = []
    for dt in seconds:
        living = advance(living, Motion(zoom, rotation).over(dt), programme, ASPECT, HABITS, rng)
        assert len(living) == HABITS.count
        for anchor in living:
            assert anchor.side <= HABITS.largest
            assert abs(anchor.centre.real) <= ASPECT / 2
            assert abs(anchor.centre.imag) <= 0.5
            assert anchor.wish in (0, 1)


def test_two_wishes_have_their_halves() -> None:
    """`bee + pizza`: objects whose middle is above are bees, below pizzas."""
    rng = np.random.default_rng(1)
    for anchor in advance([], Pose(), split(["bee", "pizza"]), ASPECT, HABITS, rng):
        assert anchor.wish == (0 if anchor.centre.imag < 0 else 1)


def test_a_new_programme_changes_the_objects_at_once() -> None:
    """When the programme changes, every living object takes the wish of its place."""
    rng = np.random.default_rng(2)
    first = advance([], Pose(), split(["bee"]), ASPECT, HABITS, rng)
    assert {a.wish for a in first} == {0}
    second = advance(first, Pose(), split(["cat", "dog"]), ASPECT, HABITS, rng, changed=True)
    assert [a.centre for a in second] == [a.centre for a in first]
    assert {a.wish for a in second} == {0, 1}


def test_an_uncovered_place_goes_to_the_nearest_region() -> None:
    """A single wish for one corner still gives every object something to be."""
    programme = Programme((Wish("bee", "top left"), Wish("pizza", "right")))
    rng = np.random.default_rng(3)
    assert wish_at(-0.5 - 0.2j, programme, ASPECT, rng) == 0
    assert wish_at(0.5 + 0.2j, programme, ASPECT, rng) == 1
    assert wish_at(-0.5 + 0.2j, programme, ASPECT, rng) == 0


def test_births_keep_apart() -> None:
    """New objects are put where there is room: no two centres of a fresh canvas lie within a quarter of their sides."""
    for seed in range(5):
        living = advance([], Pose(), split(["bee"]), ASPECT, HABITS, np.random.default_rng(seed))
        for i, a in enumerate(living):
            for b in living[:i]:
                assert abs(a.centre - b.centre) > 0.25 * min(a.side, b.side)


def test_what_fits_its_place_lies_on_no_neighbour() -> None:
    """In a minute of the usual camera few things touch a neighbour, and there are as many of them."""

    def covered(rules: AnchorRules) -> float:
        rng, living, found = np.random.default_rng(0), list[Anchor](), list[bool]()
        for _ in range(240):
            living = advance(living, Motion().over(0.25), split(["bee"]), ASPECT, rules, rng)
            assert len(living) == rules.count
            for i, a in enumerate(living):
                others = (*living[:i], *living[i + 1 :])
                found.append(any(abs(a.centre - b.centre) < 0.9 * 0.42 * (a.side + b.side) for b in others))
        return float(np.mean(found))

    rules = PRESETS["gouache"].habits
    assert covered(rules) < 0.4
    assert covered(replace(rules, fitting=False)) > 0.8


def test_things_age_until_something_else_is_wanted() -> None:
    """By what was climbed; those born are young, and so are all when the programme changes, but none is born again."""
    rng, programme = np.random.default_rng(0), split(["bee"])
    living = advance([], Pose(), programme, ASPECT, HABITS, rng)
    assert {each.age for each in living} == {0.0}
    for _ in range(3):
        living = advance(living, Pose(), programme, ASPECT, HABITS, rng, climbed=0.5)
    assert {each.age for each in living} == {1.5}
    living = advance(living, Pose(), programme, ASPECT, HABITS, rng, True, climbed=0.5)
    assert {(each.age, each.lived) for each in living} == {(0.0, 2.0)}


def test_what_leaves_the_picture_is_known_until_it_has_left() -> None:
    """One that is too large inside is not; one at the border rides on, and no part of it is forgotten."""
    pose = Motion(1.05).over(0.4)
    border, large = Anchor(0.84 + 0j, 0.4), Anchor(0j, HABITS.largest)
    living = advance([border, large], pose, split(["bee"]), ASPECT, HABITS, np.random.default_rng(0))
    gone = leaving([border, large], living, [], pose, ASPECT)
    assert [each.centre for each in gone] == [pose.apply(border.centre)]
    lasted = 0
    while gone:
        lasted += 1
        for each in gone:
            assert each.centre.real - each.side / 2 < ASPECT / 2
        gone = leaving([], [], gone, pose, ASPECT)
    assert 5 < lasted < 40
