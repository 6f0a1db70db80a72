"""The dreamer with the built-in network: it dreams what is asked, compiles once, and can be stopped and resumed."""

from __future__ import annotations

import gc
from dataclasses import replace

import jax.extend
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream import AscentDreamer
from dreamstream.core.errors import UserError
from dreamstream.core.programme import MAX_WISHES, Programme, Wish, split
from dreamstream.dreamers.ascent.ascent import MAX_STEPS
from dreamstream.networks import runtime
from dreamstream.networks.vgg.model import Typical
from dreamstream.networks.vgg.preprocessing import TORCHVISION
from dreamstream.weights.catalog import load_model
from tests.doubles import steps

pytestmark = pytest.mark.slow

SIZE = (224, 128)


@pytest.fixture(scope="module")
def dreamer() -> AscentDreamer:
    """One dreamer for all tests of this module, since compiling takes seconds."""
    return AscentDreamer("builtin", SIZE, seed=1)


def test_a_dream_is_a_picture_with_its_pose(dreamer: AscentDreamer) -> None:
    """Size, type, time, motion and number are as promised."""
    first = dreamer.dream(split(["bee"]), 1.0, steps(2))
    second = dreamer.dream(split(["bee"]), 1.5, steps(3))
    assert first.picture.shape == (128, 224, 3)
    assert first.picture.dtype == np.uint8
    assert (second.number, second.cost, second.time) == (first.number + 1, {"steps": 3}, 1.5)
    assert second.motion == dreamer.motion
    assert not np.array_equal(first.picture, second.picture)


def test_new_programmes_steps_and_controls_compile_nothing(dreamer: AscentDreamer) -> None:
    """After the first dream, no request, number of steps or slider makes it compile again."""
    dreamer.dream(split(["bee"]), 2.0, steps(1))
    before = dreamer.compilations
    dreamer.dream(split(["pizza", "volcano"]), 2.2, steps(4))
    dreamer.set("zoom", 1.2)
    dreamer.set("prior", 4.0)
    dreamer.set("step", 2.0)
    dreamer.dream(Programme((Wish("cat", "left", 2.0), Wish("dog", "bottom right", 0.5), Wish("owl"))), 3.0, steps(2))
    dreamer.dream(split(["bee"]), 3.5, steps(MAX_STEPS + 3))
    for control in dreamer.card.controls:
        dreamer.set(control.name, control.default)
    assert dreamer.compilations == before


def test_asking_changes_what_is_seen(dreamer: AscentDreamer) -> None:
    """After 60 steps of volcano the network sees far more volcano than before, and no more of the old class."""
    for index in range(4):
        dream = dreamer.dream(split(["strawberry"]), 10 + 0.2 * index, steps(8))
    before, old = dreamer.score(dream.picture, "volcano"), dreamer.score(dream.picture, "strawberry")
    for index in range(8):
        dream = dreamer.dream(split(["volcano"]), 11 + 0.2 * index, steps(8))
    assert dreamer.score(dream.picture, "volcano") > 5 * before + 0.03
    assert dreamer.score(dream.picture, "strawberry") < old


def test_same_seed_same_dream() -> None:
    """Seed, programme and device decide every byte; another seed gives another dream."""

    def run(seed: int) -> np.ndarray:
        made = AscentDreamer("builtin", (160, 96), seed=seed)
        made.dream(split(["bee"]), 0.0, steps(2))
        return made.dream(split(["bee", "pizza"]), 0.3, steps(2)).picture

    first = run(7)
    assert np.array_equal(first, run(7))
    assert not np.array_equal(first, run(8))


def test_a_dream_begun_before_the_last_is_fetched_is_the_same() -> None:
    """Two in the air at once: the same pictures, numbers and times as one after the other."""

    def made() -> AscentDreamer:
        return AscentDreamer("builtin", SIZE, seed=5)

    times, wishes = (0.0, 0.3, 0.7, 1.0), (split(["bee"]), split(["bee", "pizza"]), split(["cat"]), split(["cat"]))
    one, other = made(), made()
    wanted = [one.dream(programme, time, steps(2)) for programme, time in zip(wishes, times, strict=True)]
    waiting, found = [], []
    for programme, time in zip(wishes, times, strict=True):
        waiting.append(other.begin(programme, time, steps(2)))
        if len(waiting) > 2:
            found.append(waiting.pop(0)())
    found += [dream() for dream in waiting]
    for ahead, plain in zip(found, wanted, strict=True):
        assert np.array_equal(ahead.picture, plain.picture)
        assert replace(ahead, picture=plain.picture, seconds=plain.seconds) == plain


def test_the_mean_colour_does_not_wander_off(dreamer: AscentDreamer) -> None:
    """A canvas far from mid-grey comes back over a few hundred steps, whatever the objective does to it."""
    made = type(dreamer._ascent)(lambda p, canvas, w, g: jnp.sum(canvas) * 0, dreamer._ascent._optimiser)
    state = made.begin(jnp.full((16, 24, 3), jnp.asarray([0.1, 0.5, 0.95])))
    for _ in range(10):
        state, picture = made.dream(jnp.float32(0), state, jnp.eye(2, 3), None, jnp.ones(MAX_STEPS), MAX_STEPS, 1.0)
    found = np.asarray(picture, float).mean(axis=(0, 1)) / 255
    assert found == pytest.approx(0.5 + np.array([-0.4, 0, 0.45]) * 0.996**320, abs=0.01)


def test_camera_moves_the_canvas(dreamer: AscentDreamer) -> None:
    """With steps too small to matter, half a second of camera is a zoom about the middle, not a shift."""
    import cv2

    dreamer.set("step", 0.1)
    first = dreamer.dream(split(["bee"]), 20.0, steps(1)).picture
    second = dreamer.dream(split(["bee"]), 20.5, steps(1))
    matrix = second.motion.over(0.5).matrix(SIZE, SIZE)
    warped = cv2.warpAffine(first, matrix, SIZE, flags=cv2.INTER_LINEAR)
    dreamer.set("step", 1.0)
    inner = (slice(8, -8), slice(8, -8))
    moved = np.abs(second.picture[inner].astype(float) - warped[inner]).mean()
    stayed = np.abs(second.picture[inner].astype(float) - first[inner]).mean()
    assert moved < 0.5 * stayed


def test_state_survives(dreamer: AscentDreamer) -> None:
    """A restored dreamer shows the same canvas, also at another size; broken data changes nothing."""
    picture = dreamer.dream(split(["bee"]), 30.0, steps(2)).picture
    data = dreamer.state()
    assert len(data) < 2_000_000
    other = AscentDreamer("builtin", SIZE, seed=5)
    with pytest.raises(ValueError, match="no dreamer's state"):
        other.restore(data[: len(data) // 2])
    other.restore(data)
    other.set("step", 0.1)
    again = other.dream(split(["bee"]), 0.0, steps(1))
    assert again.number > 0
    assert np.abs(again.picture.astype(int) - picture).mean() < 3
    half = AscentDreamer("builtin", (160, 96), seed=5)
    half.restore(data)
    assert half.dream(split(["bee"]), 0.0, steps(1)).picture.shape == (96, 160, 3)


@pytest.mark.parametrize("preset", ["vivid", "deep"])
def test_a_photograph_is_the_start(preset: str) -> None:
    """The first dream from a photograph still shows it, also where the canvas is a code of less contrast."""
    photo = np.zeros((300, 500, 3), np.uint8)
    photo[:, 250:] = (250, 200, 20)
    made = AscentDreamer("builtin", (160, 96), start=photo, preset=preset)
    seen = made.dream(split(["bee"]), 0.0, steps(1)).picture.astype(int)
    assert seen[:, 100:, 2].mean() < 60
    assert seen[:, :60].mean() < 30
    assert seen[:, 100:, 0].mean() > 220


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (641, 360)}, "641x360"),
        ({"size": (64, 64)}, "96 to 3840"),
        ({"preset": "loud"}, "'loud'"),
        ({"model": "nowhere.safetensors"}, "nowhere.safetensors"),
    ],
)
def test_impossible_dreamers_are_refused(arguments: dict[str, object], message: str) -> None:
    """Before anything is compiled, with the value and what is allowed."""
    with pytest.raises(UserError, match=message):
        AscentDreamer(**{"model": "builtin", "size": SIZE, **arguments})  # type: ignore[arg-type]


def test_impossible_programmes_and_controls_are_refused(dreamer: AscentDreamer) -> None:
    """Unknown words, too many wishes, unknown controls and values out of range are named."""
    with pytest.raises(UserError, match="quasar"):
        dreamer.dream(split(["quasar"]), 40.0)
    with pytest.raises(UserError, match=f"{MAX_WISHES} share"):
        dreamer.dream(Programme((Wish("bee"),) * (MAX_WISHES + 1)), 40.0)
    with pytest.raises(ValueError, match="no control 'speed'"):
        dreamer.set("speed", 1)
    with pytest.raises(ValueError, match=r"0\.9 to 1\.3"):
        dreamer.set("zoom", 5)
    with pytest.raises(ValueError, match="zoom"):
        dreamer.set("zoom", float("nan"))


def test_another_look_goes_on_where_the_first_is(dreamer: AscentDreamer) -> None:
    """A restyled dreamer takes over picture, place and count, and dreams on with its own look's camera."""
    programme = split(["bee"])
    last = dreamer.dream(programme, 30.0, steps(1))
    calm = dreamer.with_preset("calm")
    assert calm.motion.zoom < dreamer.motion.zoom
    runtime.forget_traces()
    held = _equations()
    calm.prepare()
    assert _equations() <= held, "how a look was traced is kept, some 5 MiB of it"
    calm.take_over(dreamer)
    dream = calm.dream(programme, 30.01, steps(1))
    assert dream.number == last.number + 1
    # A hundredth of a second and one step later it is the same picture but for little.
    assert np.abs(dream.picture.astype(int) - last.picture.astype(int)).mean() < 6
    # The first one was not touched by it.
    assert dreamer.dream(programme, 30.5, steps(1)).number == last.number + 1
    with pytest.raises(UserError, match="no preset 'none'"):
        dreamer.with_preset("none")


def _equations() -> int:
    """How many equations of traced programs are held."""
    gc.collect()
    return sum(type(each) is jax.extend.core.JaxprEqn for each in gc.get_objects())


def test_a_look_on_a_code_takes_over_the_picture(dreamer: AscentDreamer) -> None:
    """It goes on from what is seen, keeps it in its state, and dreams; the other look can go on from there."""
    deep = dreamer.with_preset("deep")
    assert not np.array_equal(deep.picture(), dreamer.picture())
    deep.take_over(dreamer)
    # But for what is nearly black or white, which a sigmoid does not reach.
    near = np.abs(deep.picture().astype(int) - np.clip(dreamer.picture(), 5, 250)).max()
    assert near <= 1
    before = deep.picture()
    deep.restore(deep.state())
    assert np.abs(deep.picture().astype(int) - before).max() <= 1
    seen = deep.dream(split(["bee"]), 0.0, steps(2)).picture
    assert np.abs(seen.astype(int) - before).mean() > 1
    dreamer.take_over(deep)
    assert np.array_equal(dreamer.picture(), deep.picture())


def test_the_look_suits_the_network(dreamer: AscentDreamer) -> None:
    """Where none is named, networks trained on photographs get another than one trained on drawings."""
    assert dreamer.card.preset == "gouache"
    model = replace(load_model("builtin"), preprocessing=TORCHVISION)
    assert AscentDreamer(model, SIZE).card.preset == "deep"
    typical = Typical(np.zeros((len(model.classes), 368), np.float32), np.ones(368, np.float32))
    assert AscentDreamer(replace(model, typical=typical), SIZE).card.preset == "likeness"
