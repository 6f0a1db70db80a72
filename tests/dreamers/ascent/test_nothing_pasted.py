"""The canvas is the network's alone: it changes by gradient, camera, prior and ground, and no picture is looked up.

A network whose weights are all nought has no gradient; what it dreams is what is left of a dream without one.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.dreamer import Effort
from dreamstream.core.programme import split
from dreamstream.dreamers.ascent import ground
from dreamstream.dreamers.ascent.dreamer import AscentDreamer
from dreamstream.dreamers.ascent.presets import PRESETS, Preset
from dreamstream.networks.pixels import affine
from dreamstream.networks.vgg.model import Model
from dreamstream.weights.catalog import load_model

pytestmark = pytest.mark.slow

SIZE = (160, 96)
STEPS = Effort(cost={"steps": 4})
GOUACHE = PRESETS["gouache"]


@pytest.fixture(scope="module")
def blind() -> Model:
    """The built-in network's names and shapes, and noughts for all that it has learnt."""
    model = load_model("builtin")
    return replace(model, params=jax.tree.map(np.zeros_like, model.params))


def canvas(dreamer: AscentDreamer) -> NDArray[np.float32]:
    """Before it is rounded to bytes."""
    return np.asarray(dreamer._ascent.picture(dreamer._state), np.float32)


def test_without_a_gradient_there_are_camera_and_ground_alone(blind: Model) -> None:
    """Dream by dream, under a moving camera, for words that come and go."""
    dreamer = AscentDreamer(blind, SIZE, preset="gouache", seed=1)
    dreamer.set("prior", 0)
    own = GOUACHE.ground
    assert own is not None
    tint = jnp.zeros(2)
    for number, word in enumerate(("owl", "owl", "pizza", "bee")):
        before, time = canvas(dreamer), 0.4 * number
        dreamer.dream(split([word]), time, STEPS)
        pose = dreamer.motion.over(0.4 if number else 0.0)
        moved = affine(jnp.asarray(before), jnp.asarray(pose.inverse().matrix(SIZE, SIZE), jnp.float32))
        things = [*dreamer._anchors, *dreamer._leaving]
        elapsed = 0.4 if number else 0.0
        backdrop = ground.plan(things, split([word]), time, SIZE[0] / SIZE[1], own.share, elapsed)
        expected, tint = ground.settled(own, moved, backdrop, None, tint)
        assert np.abs(canvas(dreamer) - np.asarray(expected)).max() < 1e-4


@pytest.mark.parametrize("preset", [replace(GOUACHE, ground=None)], ids=["without a ground"])
def test_without_a_gradient_no_word_is_told_from_another(blind: Model, preset: Preset) -> None:
    """With prior and camera, all words make the same picture, to the last bit; without both, none at all."""
    dreamer = AscentDreamer(blind, SIZE, preset=preset, seed=1)
    start, seen = dreamer.state(), list[NDArray[np.float32]]()
    for word in ("owl", "pizza"):
        dreamer.restore(start)
        dreamer._rng = np.random.default_rng(0)
        for number in range(3):
            dreamer.dream(split([word]), 0.4 * number, STEPS)
        seen.append(canvas(dreamer))
    assert np.array_equal(seen[0], seen[1])
    dreamer.restore(start)
    for name, value in {"prior": 0.0, "zoom": 1.0, "rotation": 0.0}.items():
        dreamer.set(name, value)
    before = canvas(dreamer)
    dreamer.dream(split(["owl"]), 5.0, STEPS)
    assert np.array_equal(canvas(dreamer), before)


def test_no_file_is_read_while_it_dreams() -> None:
    """Once it has begun, a dreamer opens nothing, whatever word it is asked for."""
    dreamer = AscentDreamer("builtin", SIZE, preset="gouache", seed=1)
    dreamer.dream(split(["owl"]), 0.0, STEPS)
    opened, watching = list[Any](), True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open":
            opened.append(arguments[0])

    sys.addaudithook(hear)  # stays as long as the process does
    try:
        for number, word in enumerate(("pizza", "bee", "spider web", "owl")):
            dreamer.dream(split([word]), 0.4 * (number + 1), STEPS)
    finally:
        watching = False
    assert opened == []
