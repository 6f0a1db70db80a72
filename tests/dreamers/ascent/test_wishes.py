"""What a person can wish for, as the whole dreamer fulfils it: features, masks, what is not wanted, and looks."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream import AscentDreamer
from dreamstream.core.errors import UserError
from dreamstream.core.programme import Programme, Wish, split
from dreamstream.dreamers.ascent.card import controls_of
from dreamstream.dreamers.ascent.presets import PRESETS
from tests.doubles import steps

pytestmark = pytest.mark.slow

SIZE = (160, 96)


def photo(seed: int = 0) -> np.ndarray:
    """A coloured pattern, uint8 [96, 160, 3]."""
    cells = np.random.default_rng(seed).integers(40, 216, (6, 10, 3))
    return np.repeat(np.repeat(cells, 16, axis=0), 16, axis=1).astype(np.uint8)


@pytest.fixture(scope="module")
def dreamer() -> AscentDreamer:
    """One dreamer for all tests that can share it."""
    made = AscentDreamer("builtin", SIZE, seed=1)
    for control in ("zoom", "rotation"):
        made.set(control, 1.0 if control == "zoom" else 0.0)
    made.add_picture("pattern", photo())
    return made


def test_features_are_raised_and_only_new_kinds_compile(dreamer: AscentDreamer) -> None:
    """A layer, a channel and a picture together; other channels, pictures, weights and places need no new program."""

    def programme(channel: int, picture: str, weight: float = 1.0) -> Programme:
        return Programme(
            (
                Wish("relu3_3", kind="layer", weight=weight),
                Wish(f"relu4_2:{channel}", kind="channel", region="left"),
                Wish(picture, kind="picture"),
            )
        )

    wants = dreamer._wants
    first = dreamer.dream(programme(3, "pattern"), 0.0, steps(1))
    before = dreamer.compilations
    last = dreamer.dream(programme(3, "pattern"), 0.0, steps(12))
    dreamer.add_picture("other", np.full((300, 200, 3), 90, np.uint8))
    dreamer.dream(programme(7, "other", -0.5), 0.0, steps(1))
    assert dreamer.compilations == before
    model = dreamer._model

    def level(picture: np.ndarray) -> float:
        found = model.activations(model.params, jnp.asarray(picture[None] / np.float32(255)), "relu3_3")["relu3_3"]
        return float(np.square(found).mean())

    levels = [level(first.picture), level(last.picture)]
    assert levels[1] > 1.2 * levels[0]
    assert wants.masks.keys() >= {"pattern", "other"}


def test_a_masked_picture_changes_only_where_the_mask_is_bright() -> None:
    """Where it is black, every pixel stays as it was; in the middle it becomes something else."""
    y, x = np.mgrid[:96, :160]
    mask = np.repeat(((x > 40) & (x < 120) & (y > 16) & (y < 80))[..., None] * np.uint8(255), 3, axis=2)
    made = AscentDreamer("builtin", SIZE, seed=1, start=photo())
    made.set("zoom", 1.0)
    made.set("rotation", 0.0)
    made.add_picture("mask", mask)
    programme = Programme((Wish("strawberry", mask="mask"),))
    for step in range(3):
        picture = made.dream(programme, float(step), steps(6)).picture
    changed = np.abs(picture.astype(int) - photo()).max(axis=2)
    assert changed[mask[..., 0] == 0].max() == 0
    assert changed[mask[..., 0] == 255].mean() > 10


def test_what_is_not_wanted_goes_away() -> None:
    """From a picture full of dogs, "cat - dog" leaves less dog than "cat" does in the same steps."""
    made = AscentDreamer("builtin", SIZE, seed=3)
    for index in range(6):
        made.dream(split(["dog"]), 0.2 * index, steps(6))
    dogs, left = made.state(), []
    for programme in (split(["cat"]), Programme((Wish("cat"), Wish("dog", weight=-4.0)))):
        made.restore(dogs)
        for index in range(3):
            picture = made.dream(programme, 0.2 * index, steps(6)).picture
        left.append(made.score(picture, "dog"))
    assert left[1] < 0.7 * left[0]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish("relu9_1", kind="layer"), "no layer 'relu9_1'; it has relu1_1"),
        (Wish("relu5_1:500", kind="channel"), "channels 0 to 127, not '500'"),
        (Wish("relu5_1:x", kind="channel"), "not 'x'"),
        (Wish("nowhere", kind="picture"), "no picture called 'nowhere'"),
        (Wish("bee", mask="nowhere"), "no picture called 'nowhere' for a mask"),
        (Wish("bee", mask="black"), "is black where bee is wanted"),
        (Wish("bee", weight=-1.0), "Nothing is wanted"),
    ],
)
def test_impossible_wishes_are_told(dreamer: AscentDreamer, wish: Wish, message: str) -> None:
    """In a sentence with the value and what there is; the dreamer goes on."""
    dreamer.add_picture("black", np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(UserError, match=message):
        dreamer.dream(Programme((wish,)), 50.0)
    with pytest.raises(ValueError, match="uint8"):
        dreamer.add_picture("bad", np.zeros((10, 10)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.promotes) if name == "2015" else name for name in PRESETS]
)
def test_every_look_dreams(name: str) -> None:
    """Each makes a picture that is neither flat nor stuck at black and white; its sliders stand at its own values."""
    made = AscentDreamer("builtin", SIZE, preset=name, seed=2)
    made.dream(split(["bee", "pizza"]), 0.0, steps(3))
    picture = made.dream(split(["bee", "pizza"]), 0.4, steps(3)).picture
    assert picture.std() > 8
    assert np.isin(picture, (0, 255)).mean() < 0.3
    controls = {control.name: control for control in made.card.controls}
    assert all(control.low <= control.default <= control.high for control in controls.values())
    preset = PRESETS[name]
    assert controls["prior"].default == preset.mixture.prior
    assert controls["zoom"].default == preset.motion.zoom == made.motion.zoom
    assert made.card.presets == tuple(PRESETS)
    assert made.card.controls == controls_of(preset)


@pytest.mark.promotes
def test_the_2015_look_forgets_its_moments_when_the_camera_moves() -> None:
    """A camera that stands still keeps them."""
    made = AscentDreamer("builtin", SIZE, preset="2015", seed=2)
    made.dream(split(["bee"]), 0.0, steps(2))

    def age() -> int:
        return int(next(leaf for leaf in made._state.optimiser if hasattr(leaf, "count")).count)

    assert age() == 2
    made.dream(split(["bee"]), 0.0, steps(2))
    assert age() == 4
    made.dream(split(["bee"]), 0.5, steps(3))
    assert age() == 3


def test_a_look_of_ones_own() -> None:
    """A preset can be given instead of a name; wishes that it always adds are for features only."""
    calm = replace(PRESETS["calm"], steps=2)
    assert AscentDreamer("builtin", SIZE, preset=calm).dream(split(["bee"]), 0.0).cost == {"steps": 2}
    with pytest.raises(ValueError, match="layers and channels"):
        replace(calm, always=(Wish("bee"),))
