"""The ground: what is between things becomes quiet; things, births and gates are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.ground import (
    GREY,
    GROWN,
    TURNED,
    YOUNG,
    YOUTH,
    Backdrop,
    pace,
    plan,
    settled,
    srgb,
)
from dreamstream.dreamers.ascent.presets import Ground
from dreamstream.networks.pixels import LUMA

SIZE = (320, 180)
ASPECT = SIZE[0] / SIZE[1]
GROUND = Ground()
NONE = jnp.zeros(2)
settled_once = jax.jit(settled, static_argnums=0)


def settle(canvas: jax.Array, backdrop: Backdrop, ground: Ground = GROUND, gate: jax.Array | None = None) -> jax.Array:
    """The canvas after one dream in which nothing is dreamed, and before which nothing was."""
    once: jax.Array = settled_once(ground, canvas, backdrop, gate, NONE)[0]
    return once


def often(
    canvas: jax.Array, backdrop: Backdrop, ground: Ground = GROUND, times: int = 12, gate: jax.Array | None = None
) -> NDArray[np.float32]:
    """The canvas after so many dreams in which nothing is dreamed."""
    for _ in range(times):
        canvas = settle(canvas, backdrop, ground, gate)
    return np.asarray(canvas, np.float32)


def lab(canvas: Any) -> NDArray[np.float32]:
    """Lab of a canvas [H, W, 3]."""
    return np.asarray(cv2.cvtColor(np.asarray(canvas, np.float32), cv2.COLOR_RGB2LAB), np.float32)


def test_lab_is_that_of_opencv() -> None:
    """Colours within sRGB come back as they were."""
    colours = np.random.default_rng(0).uniform(0.02, 0.98, (40, 50, 3)).astype(np.float32)
    assert np.abs(np.asarray(srgb(jnp.asarray(lab(colours)))) - colours).max() < 4e-3


def test_soft_loud_ground_becomes_quiet_and_lit() -> None:
    """Saturated soft colours go to the look's lightness and chroma."""
    rng = np.random.default_rng(1)
    loud = np.asarray(cv2.resize(rng.uniform(0, 1, (4, 7, 3)).astype(np.float32), SIZE), np.float32)
    found = lab(often(jnp.asarray(loud), plan([], split(["owl"]), 3.0, ASPECT, 0.3, 0.2)))
    low, high = GROUND.light
    assert low - 2 < found[..., 0].min() < found[..., 0].max() < high + 2
    assert np.hypot(found[..., 1], found[..., 2]).max() < GROUND.chroma + 3


def test_where_a_thing_is_born_the_canvas_stays() -> None:
    """At an anchor's middle a dream's ground takes next to nothing, far from it all."""
    canvas = jnp.full((SIZE[1], SIZE[0], 3), 0.9)
    once = np.asarray(settle(canvas, plan([Anchor(0j, 0.5)], split(["owl"]), 0.0, ASPECT, 0.3, 0.2)))
    change = np.abs(once - 0.9).max(axis=-1)
    assert change[SIZE[1] // 2, SIZE[0] // 2] < 0.25 * change[4, 4]
    assert change[4, 4] > 0.1


def test_edges_hold_the_ground_off() -> None:
    """Strong edges at a thing's rim stay about as light and as dark as they are, but take the ground's hue."""
    stripes = np.full((SIZE[1], SIZE[0], 3), 0.5, np.float32)
    stripes[40:140, 100:220] = np.where((np.arange(120) // 6 % 2)[None, :, None], 0.95, 0.05)
    once = np.asarray(
        settle(jnp.asarray(stripes), plan([Anchor(0.7 + 0j, 1.4)], split(["owl"]), 0.0, ASPECT, 0.3, 0.2))
    )
    inside = np.s_[60:120, 155:165]
    assert np.abs((once - stripes) @ LUMA)[inside].max() < 0.08
    assert np.hypot(*np.moveaxis(lab(once)[inside][..., 1:], -1, 0)).mean() > 2


def test_a_fringe_takes_the_grounds_hue_and_the_thing_keeps_its_own() -> None:
    """Saturated stripes beside an anchor lose their colour, the same within it do not."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 0.4, np.float32)
    canvas[:, ::8, 0], canvas[:, 4::8, 2] = 1.0, 1.0
    place = Anchor(0j, 0.6)
    found = often(jnp.asarray(canvas), plan([place], split(["owl"]), 0.0, ASPECT, 0.3, 0.2), times=6)
    now, before = (np.asarray((picture - picture @ LUMA[:, None])[..., 0]) for picture in (found, canvas))
    assert now[85:95, 150:170].std() > 0.7 * before[85:95, 150:170].std()
    assert now[:, :60].std() < 0.3 * before[:, :60].std()


def test_a_gate_keeps_it_out() -> None:
    """Where nothing may change, nothing does."""
    canvas = jnp.full((SIZE[1], SIZE[0], 3), 0.8)
    gate = jnp.zeros(canvas.shape[:2]).at[:, 160:].set(1.0)
    found = often(canvas, plan([], split(["owl"]), 0.0, ASPECT, 0.3, 0.2), gate=gate)
    assert np.abs(found[:, :150] - 0.8).max() < 1e-6
    assert np.abs(found[:, 170:] - 0.8).min() > 0.1


def test_the_hue_lies_across_from_the_things() -> None:
    """Things of one strong colour get a ground that is nearer to its complement than to it."""
    for colour in ((0.9, 0.5, 0.1), (0.1, 0.7, 0.2), (0.2, 0.3, 0.9)):
        canvas = np.full((SIZE[1], SIZE[0], 3), 0.4, np.float32)
        canvas[50:130, 120:200] = colour
        found = lab(often(jnp.asarray(canvas), plan([Anchor(0j, 0.6)], split(["owl"]), 5.0, ASPECT, 0.3, 0.2), times=6))
        thing = lab(np.full((1, 1, 3), colour, np.float32))[0, 0, 1:]
        assert float(found[:20, :40, 1:].mean((0, 1)) @ thing) < 0


def test_a_thing_loses_the_grounds_colour_when_it_is_born() -> None:
    """Half of it with each dream, and no more, for a moment; its light and shade stay, and so does what has lived."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 0.4, np.float32)
    canvas[60:120, 100:220:12] = (0.2, 0.3, 0.9)
    for lived, least, most in ((0.0, 0.4, 0.6), (GREY, 0.7, 0.9), (5 * GREY, 0.9, 1.15)):
        found = settle(jnp.asarray(canvas), plan([Anchor(0j, 0.6, lived=lived)], split(["owl"]), 0.0, ASPECT, 0.3, 0.2))
        now, before = (np.asarray(each)[80:100, 144:176] for each in (found, canvas))
        assert least <= colour(now) / colour(before) <= most, lived
        assert np.abs((now - before) @ LUMA).max() < 0.05
        assert colour(np.asarray(found)[:20, :20]) > 0.02


def colour(picture: NDArray[np.float32]) -> float:
    """How far from grey a picture is."""
    return float(np.abs(picture - (picture @ LUMA)[..., None]).mean())


@pytest.mark.parametrize("thing", [0.15, 0.75])
def test_it_is_darker_than_light_things_and_lighter_than_dark_ones(thing: float) -> None:
    """By as much as the look says."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 0.4, np.float32)
    canvas[50:130, 120:200] = thing
    backdrop = plan([Anchor(0j, 0.6)], split(["owl"]), 0.0, ASPECT, 1.0, 0.2)
    usual, apart = (
        lab(settle(jnp.asarray(canvas), backdrop, replace(GROUND, light=(30.0, 50.0), apart=by)))[:30, :40, 0].mean()
        for by in (0.0, 10.0)
    )
    assert apart - usual == pytest.approx(10 if thing < 0.4 else -10, abs=1.0)


def test_words_and_time_vary_it() -> None:
    """Two words have other hues for the same grey canvas, and a word other ones half a minute later."""
    canvas = jnp.full((SIZE[1], SIZE[0], 3), 0.4)

    def hue(word: str, time: float) -> float:
        found = lab(often(canvas, plan([], split([word]), time, ASPECT, 0.3, 0.2))).mean((0, 1))
        return float(np.arctan2(found[2], found[1]))

    hues = [hue(word, 0.0) for word in ("owl", "bee", "cat", "pizza", "panda", "rocket")]
    assert np.ptp(np.unwrap(np.sort(hues))) > 1
    assert abs(np.angle(np.exp(1j * (hue("owl", 24.0) - hue("owl", 0.0))))) > 0.3


@pytest.mark.parametrize("size", [(96, 96), (202, 358), (640, 360)])
def test_any_canvas(size: tuple[int, int]) -> None:
    """Odd shapes are covered whole, within the range of colours."""
    canvas = jnp.full((size[1], size[0], 3), 1.0)
    found = often(canvas, plan([], split(["bee"]), 1.0, size[0] / size[1], 0.3, 0.2))
    assert found.shape == (size[1], size[0], 3)
    assert found.min() >= 0
    assert found.max() < 0.8


def test_the_hue_never_jumps() -> None:
    """Where things and words ask for opposite hues by turns, the ground hardly moves; of itself it turns slowly."""
    tint, hues = NONE, list[float]()
    backdrop = plan([Anchor(0j, 0.6)], split(["owl"]), 0.0, ASPECT, 0.3, 0.2)
    for number in range(12):
        canvas = np.full((SIZE[1], SIZE[0], 3), 0.4, np.float32)
        canvas[50:130, 120:200] = (0.9, 0.3, 0.1) if number % 2 else (0.1, 0.5, 0.9)
        _, tint = settled_once(GROUND, jnp.asarray(canvas), backdrop, None, tint)
        hues.append(float(np.arctan2(tint[1], tint[0])))
    assert np.ptp(np.unwrap(hues)) < np.pi / 8
    steps = np.abs(np.diff(np.unwrap(hues)))
    assert steps.max() <= TURNED * 0.2 + 1e-5
    for _ in range(100):
        _, tint = settled_once(GROUND, jnp.asarray(canvas), backdrop, None, tint)
    wanted = settled_once(GROUND, jnp.asarray(canvas), backdrop, None, NONE)[1]
    assert float(tint @ wanted) > 0.99


def test_what_is_left_of_things_sinks_into_the_ground() -> None:
    """Strong edges where no thing lives go; the same beside a living one stay as light and as dark."""
    stripes = np.full((SIZE[1], SIZE[0], 3), 0.5, np.float32)
    bars = np.where((np.arange(60) // 6 % 2)[None, :, None], 0.95, 0.05)
    stripes[60:120, 50:110] = stripes[60:120, 210:270] = bars
    found = often(jnp.asarray(stripes), plan([Anchor(-80 / 180 + 0j, 0.5)], split(["owl"]), 0.0, ASPECT, 0.3, 0.2))
    alive, gone = (float((found @ LUMA)[75:105, columns].std()) for columns in (slice(65, 95), slice(225, 255)))
    assert gone < 0.1 * alive
    assert alive > 0.3


def test_young_things_are_climbed_on_most_and_the_ground_not_at_all() -> None:
    """Full steps at birth, fewer when grown, none far from all; everything where there are no things."""
    young, grown = Anchor(-0.5 + 0j, 0.3), Anchor(0.5 + 0j, 0.3, age=10 * YOUTH)
    found = pace([young, grown], ASPECT)
    rows, columns = found.shape
    column = {x: round((x + ASPECT / 2) / ASPECT * columns - 0.5) for x in (-0.5, 0.0, 0.5)}
    assert found[rows // 2, column[-0.5]] == pytest.approx(YOUNG, rel=0.01)
    assert found[rows // 2, column[0.5]] == pytest.approx(GROWN, rel=0.01)
    assert found[rows // 2, column[0.0]] < 1e-3
    assert (pace([], ASPECT) == 1).all()
