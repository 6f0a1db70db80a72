"""Training on small scenes: it learns, is reproducible, and goes on from its checkpoint as if never interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageDraw

from dreamstream.core.errors import UserError
from dreamstream.networks import runtime
from dreamstream.train.attack import attack
from dreamstream.train.scenes import Scenes
from dreamstream.train.train import Recipe, train
from dreamstream.weights.formats import read_weights

pytestmark = pytest.mark.slow

NAMES = ["disc", "cross", "bar"]
RECIPE = Recipe(
    steps=6,
    batch=16,
    window=32,
    width=1 / 16,
    dense=16,
    clean=0,
    ramp=2,
    strong_from=1.0,
    judged_steps=1,
    shares={"drawn": 1.0},
    unseen="drawn",
    seed=5,
)


def sprites() -> dict[str, list[np.ndarray]]:
    """Three plain figures."""
    found = {}
    for name in NAMES:
        image = Image.new("RGBA", (160, 160))
        pen = ImageDraw.Draw(image)
        if name == "disc":
            pen.ellipse((10, 10, 150, 150), fill=(255, 40, 40, 255))
        elif name == "cross":
            pen.line((15, 15, 145, 145), fill=(40, 255, 40, 255), width=40)
            pen.line((145, 15, 15, 145), fill=(40, 255, 40, 255), width=40)
        else:
            pen.rectangle((10, 60, 150, 100), fill=(40, 40, 255, 255))
        found[name] = [np.asarray(image)]
    return found


@pytest.fixture(scope="module", autouse=True)
def _kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A training that is begun again is compiled once."""
    runtime.keep(tmp_path_factory.getbasetemp() / "cache" / "jax")


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    """Scenes of the plain figures."""
    return Scenes(NAMES, {"drawn": sprites()}, {"drawn": 1.0}, 32, 5, backgrounds=96)


def test_scenes_are_seeded_and_in_range(scenes: Scenes) -> None:
    """The same key gives the same batch, another key another one; pictures are float32 in [0, 1]."""
    pictures, labels = scenes.batch(24, [0, 3])
    again, _ = scenes.batch(24, [0, 3])
    other, _ = scenes.batch(24, [0, 4])
    assert np.array_equal(pictures, again)
    assert not np.array_equal(pictures, other)
    assert pictures.dtype == np.float32
    assert pictures.shape == (24, 32, 32, 3)
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert set(labels.tolist()) == {0, 1, 2}


def test_the_figure_is_in_the_picture(scenes: Scenes) -> None:
    """Red discs are redder in the middle than green crosses are."""
    pictures, labels = scenes.batch(150, [9])
    red = pictures[:, 12:20, 12:20, 0].mean(axis=(1, 2)) - pictures[:, 12:20, 12:20, 1].mean(axis=(1, 2))
    assert red[labels == 0].mean() > red[labels == 1].mean() + 0.3


def test_a_style_may_leave_classes_out() -> None:
    """A class is drawn by the styles that have it, and by no other."""
    figures = sprites()
    some = {"disc": figures["cross"]}
    mixed = Scenes(NAMES, {"whole": figures, "part": some}, {"whole": 1e-9, "part": 1.0}, 32, 5, backgrounds=8)
    pictures, labels = mixed.batch(60, [0, 0])
    middle = pictures[:, 13:19, 13:19].mean(axis=(1, 2))
    assert (middle[labels == 0, 1] > middle[labels == 0, 0]).mean() > 0.8, "discs are drawn as green crosses"
    assert (middle[labels == 2, 2] > middle[labels == 2, 0]).mean() > 0.8, "bars as themselves"


def test_attack_stays_in_its_ball_and_hurts() -> None:
    """Adversarial pictures lie within the radius and [0, 1], and raise the loss more than noise of that size does."""
    pictures = jax.random.uniform(jax.random.key(0), (6, 8, 8, 3), minval=0.2, maxval=0.8)
    weights = jax.random.normal(jax.random.key(1), (8, 8, 3))

    def loss(x: jax.Array) -> jax.Array:
        return jnp.sum(x * weights)

    found = attack(loss, pictures, jax.random.key(2), jnp.float32(0.5), 3)
    distance = jnp.sqrt(jnp.sum((found - pictures) ** 2, axis=(1, 2, 3)))
    assert float(distance.max()) <= 0.5 + 1e-4
    best = 6 * 0.5 * float(jnp.linalg.norm(weights))
    assert float(loss(found) - loss(pictures)) > 0.9 * best


def test_training_resumes_where_it_was(scenes: Scenes, tmp_path: Path) -> None:
    """InterruptedEarlyError after a checkpoint and started again, it ends with the weights of an uninterrupted run."""

    class InterruptedEarlyError(Exception):
        pass

    def stop_at_4(step: int, figures: dict[str, float]) -> None:
        if step == 4:
            raise InterruptedEarlyError

    seen: list[int] = []
    train(RECIPE, scenes, scenes, tmp_path / "whole", lambda step, figures: seen.append(step), every=3, reported=1)
    assert seen == list(range(1, 7))
    with pytest.raises(InterruptedEarlyError):
        train(RECIPE, scenes, scenes, tmp_path / "parts", stop_at_4, every=3, reported=1)
    again: list[int] = []
    _, figures = train(
        RECIPE, scenes, scenes, tmp_path / "parts", lambda step, _: again.append(step), every=3, reported=1
    )
    assert again == list(range(4, 7))
    assert set(figures) >= {"clean", "unseen", "form", "adversarial", "loss"}
    one, other = (read_weights(tmp_path / name / "weights.safetensors") for name in ("whole", "parts"))
    assert one.classes == tuple(NAMES)
    for layer in one.params:
        assert other.params[layer]["kernel"] == pytest.approx(one.params[layer]["kernel"], abs=1e-5)


def test_another_recipe_does_not_overwrite(scenes: Scenes, tmp_path: Path) -> None:
    """A folder that holds another training is left alone."""
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(UserError, match="another recipe"):
        train(RECIPE, scenes, scenes, tmp_path, lambda step, figures: None)


def test_it_learns(scenes: Scenes, tmp_path: Path) -> None:
    """Sixty clean steps tell three plain figures apart far better than chance."""
    recipe = replace(RECIPE, steps=60, clean=60, judged_steps=0, rate=6e-3, average=0.9)
    _, figures = train(recipe, scenes, scenes, tmp_path, lambda step, figures: None, every=60)
    assert figures["clean"] > 0.7
