"""A photograph that is dreamed on keeps its ground, its light and its colours; things grow where they are wanted."""

from __future__ import annotations

import cv2
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.bench.sharpness import ground
from dreamstream.core.dreamer import Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.ascent.photograph import kept, plan

SIZE = (240, 160)
ASPECT = SIZE[0] / SIZE[1]


def photo() -> NDArray[np.uint8]:
    """Dark on the left, light and warm on the right, with fine grain."""
    shade = np.linspace(20, 220, SIZE[0])[None, :, None] * np.array([1.0, 0.8, 0.6])
    grain = np.random.default_rng(0).normal(0, 8, (SIZE[1], SIZE[0], 1))
    return np.asarray(np.clip(shade + grain, 0, 255), np.uint8)


def after(anchors: list[Anchor], dreams: int, gate: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A canvas that has become all mid-grey with stripes, so many dreams later; nothing else is dreamed."""
    picture = jnp.asarray(photo(), jnp.float32) / 255
    stripes = 0.5 + 0.2 * np.sin(np.arange(SIZE[0]) * 2 * np.pi / 3)[None, :, None]
    canvas = jnp.asarray(np.broadcast_to(stripes, (SIZE[1], SIZE[0], 3)), jnp.float32)
    for _ in range(dreams):
        canvas = kept(
            canvas, plan(picture, anchors, ASPECT, 1.0), None if gate is None else jnp.asarray(gate), jnp.zeros(2)
        )[0]
    return np.asarray(canvas)


def test_where_no_thing_is_the_photograph_comes_back() -> None:
    """Grain and all; and a dream that takes no steps leaves everything."""
    assert np.abs(after([], 25) - photo() / 255).max() < 0.02
    assert np.array_equal(after([], 0), after([Anchor(0j, 0.4)], 0))


def test_a_thing_keeps_its_detail_and_takes_the_light() -> None:
    """In the middle of a thing the stripes stay, but are as bright as the photograph is there."""
    place = Anchor(complex(0.4, 0), 0.6)
    found = after([place], 8)
    middle = np.s_[70:90, 174:194]
    light = cv2.GaussianBlur(photo().astype(np.float32) / 255, (0, 0), 8)
    assert np.abs(found[middle].mean((0, 1)) - light[middle].mean((0, 1))).max() < 0.06
    assert np.abs(np.diff(found[middle].mean((0, 2)))).mean() > 0.6 * np.abs(np.diff(after([], 0)[0, :, 0])).mean()


def test_under_a_black_mask_nothing_changes() -> None:
    """Not a bit of it."""
    gate = np.zeros((SIZE[1], SIZE[0]), np.float32)
    gate[:, :100] = 1
    assert np.array_equal(after([], 3, gate)[:, 100:], after([], 0)[:, 100:])


@pytest.mark.slow
def test_a_dreamed_photograph_stays_one() -> None:
    """Between things it is the photograph still, things are there, and the light is what it was; as soon as the camera
    moves, it is a dream like any other.
    """
    dreamer = AscentDreamer("builtin", SIZE, seed=1, start=photo())
    for name, value in {"zoom": 1.0, "rotation": 0.0}.items():
        dreamer.set(name, value)
    for number in range(8):
        picture = dreamer.dream(split(["strawberry"]), 0.3 * number, Effort(cost={"steps": 4})).picture
    change = np.abs(picture.astype(float) - photo()).mean(axis=2)
    free = ground(change.shape, dreamer.things)
    assert change[free].mean() < 0.5 * change[~free].mean()
    assert change[~free].mean() > 8
    light = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), 20) for p in (picture, photo())]
    assert np.abs(light[0] - light[1]).mean() < 12
    dreamer.set("zoom", 1.1)
    for number in range(2):
        dreamer.dream(split(["owl"]), 3.0 + number, Effort(cost={"steps": 2}))
