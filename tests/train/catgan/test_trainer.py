"""A step is the published one, by each recipe, and stays a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.dcgan.networks import STATISTICS, Shape
from dreamstream.train.catgan.recipes import RECIPES
from dreamstream.train.catgan.trainer import CatTrainer, discriminator_loss, generator_loss
from dreamstream.train.learn.plan import Recipe

REAL, MADE = np.array([0.5, -1.0, 2.0]), np.array([0.3, 1.5, -0.2])


@pytest.fixture(autouse=True)
def _compiled_plainly() -> Iterator[None]:
    """A few steps do not earn what compiling well costs."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def test_losses_are_the_papers() -> None:
    """Cross entropy of "real?", squares of the distance to 1 and 0, and means: each in NumPy."""
    one, other = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-MADE))
    real, made = jnp.asarray(REAL), jnp.asarray(MADE)
    wanted = {
        "logistic": (-np.log(one).mean() - np.log(1 - other).mean(), -np.log(other).mean()),
        "squares": (((REAL - 1) ** 2).mean() / 2 + (MADE**2).mean() / 2, ((MADE - 1) ** 2).mean() / 2),
        "critic": (MADE.mean() - REAL.mean(), -MADE.mean()),
    }
    for kind, values in wanted.items():
        found = float(discriminator_loss(kind, real, made)), float(generator_loss(kind, made))
        assert found == pytest.approx(values, rel=1e-5)


@pytest.mark.slow
def test_a_step_of_dcgan_is_that_of_the_paper() -> None:
    """Adam's first step moves each weight by the rate against its gradient's sign: the discriminator's, then the
    generator's against the discriminator that has just learned."""
    shape = Shape((4,), 5)
    ours = CatTrainer(RECIPES["dcgan"], shape, 4)
    before = jax.tree.map(np.asarray, ours.state)
    real = jax.random.uniform(jax.random.key(3), (4, 8, 8, 3), minval=-1)
    one, other = jax.random.split(jax.random.fold_in(jax.random.key(1), 0))

    def make(params: Any, key: jax.Array) -> jax.Array:
        made, _ = ours.generator.apply({"params": params}, shape.random(key, 4), mutable=[STATISTICS])
        return cast(jax.Array, made)

    def score(params: Any, pictures: jax.Array) -> jax.Array:
        return cast(jax.Array, ours.discriminator.apply({"params": params}, pictures, mutable=[STATISTICS])[0])

    def of_discriminator(params: Any) -> jax.Array:
        real_is, made_is = (jax.nn.sigmoid(score(params, x)) for x in (real, make(before["generator"], one)))
        return -jnp.mean(jnp.log(real_is)) - jnp.mean(jnp.log(1 - made_is))

    expected = jax.jit(jax.grad(of_discriminator))(before["discriminator"])
    ours.step(real)
    after = jax.tree.map(np.asarray, ours.state)
    _moved_against(expected, before["discriminator"], after["discriminator"], 5e-5)

    def of_generator(params: Any) -> jax.Array:
        return -jnp.mean(jnp.log(jax.nn.sigmoid(score(after["discriminator"], make(params, other)))))

    expected = jax.jit(jax.grad(of_generator))(before["generator"])
    _moved_against(expected, before["generator"], after["generator"], 2e-4)


def _moved_against(gradient: Any, before: Any, after: Any, rate: float) -> None:
    """Where a gradient is not lost in rounding."""
    seen = 0
    for slope, one, other in zip(*map(jax.tree.leaves, (gradient, before, after)), strict=True):
        sure = np.abs(slope) > 1e-4
        seen += sure.sum()
        np.testing.assert_allclose((other - one)[sure], -rate * np.sign(np.asarray(slope))[sure], rtol=0.02, atol=1e-6)
    assert seen > 100


@pytest.mark.slow
@pytest.mark.parametrize("recipe", list(RECIPES))
def test_steps_stay_numbers(recipe: Recipe) -> None:
    """Ten steps move both networks, the generator as often as the table says; weights of a critic stay within its clip;
    what is read makes a picture of its own of each latent."""
    known = RECIPES[recipe]
    shape = Shape((4,), 5, int(known.selu))
    ours = CatTrainer(known, shape, 4)
    real = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 3)).astype(np.float32))
    moved, before = 0, jax.tree.map(np.asarray, ours.state["generator"])
    for _ in range(10):
        scores = ours.step(real)
        now = jax.tree.map(np.asarray, ours.state["generator"])
        moved += not all(map(np.array_equal, *map(jax.tree.leaves, (before, now))))
        before = now
    assert moved == 10 // known.critics
    assert all(np.isfinite(float(value)) for value in scores.values())
    if known.clip:
        assert max(float(np.abs(x).max()) for x in jax.tree.leaves(ours.state["discriminator"])) <= known.clip
    assert ours.number == int(ours.state["step"]) == 10
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(ours.learned))
