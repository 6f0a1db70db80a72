"""A step is the published one, and steps teach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dreamstream.networks.began.networks import Shape
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.train.began.trainer import BeganRecipe, BeganTrainer, nearness

SHAPE = Shape((6,), 4, 5)


@pytest.fixture(autouse=True)
def _compiled_plainly() -> Iterator[None]:
    """A few steps do not earn what compiling well costs."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def test_codes_are_near_by_their_directions() -> None:
    """The same or opposite is 1, at right angles 0; the mean over all pairs."""
    assert float(nearness(jnp.array([[1.0, 0], [3, 0], [-2, 0]]))) == pytest.approx(1)
    assert float(nearness(jnp.array([[1.0, 0], [0, 5]]))) == pytest.approx(0)
    assert float(nearness(jnp.array([[1.0, 0], [2, 0], [0, 5]]))) == pytest.approx(1 / 3)


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.0, 0.3])
def test_a_step_is_that_of_the_paper(apart: float) -> None:
    """L(x) - k L(G(z)) and L(G(z)), each differentiated by itself, give the same networks as the one pass; k and M."""
    ours = BeganTrainer(BeganRecipe(shape=SHAPE, batch=3, gamma=0.6, balance=0.5, apart=apart))
    ours.state["k"] = jnp.float32(0.3)
    real = jax.random.uniform(jax.random.key(3), (3, 16, 16, 3), minval=-1)
    before = jax.tree.map(np.asarray, ours.state)
    latents = SHAPE.random(jax.random.fold_in(jax.random.key(1), 0), 3)

    def loss(judge: Any, pictures: jax.Array) -> jax.Array:
        return jnp.mean(jnp.abs(ours.discriminator.apply(judge, pictures)[0] - pictures))

    def of_generator(generator: Any) -> jax.Array:
        made = applied(ours.generator, generator, latents)
        mean = jnp.mean(jnp.asarray(ours.discriminator.apply(before["discriminator"], real)[1]), axis=0)
        codes = jnp.asarray(ours.discriminator.apply(before["discriminator"], made)[1])
        return loss(before["discriminator"], made) + apart * nearness(codes - mean)

    made = jax.jit(lambda params: applied(ours.generator, params, latents))(before["generator"])
    wanted = {
        "generator": jax.jit(jax.grad(of_generator))(before["generator"]),
        "discriminator": jax.jit(jax.grad(lambda judge: loss(judge, real) - 0.3 * loss(judge, made)))(
            before["discriminator"]
        ),
    }
    scores = {name: float(value) for name, value in ours.step(real).items()}
    optimiser = optax.adam(ours.recipe.rate, b1=0.5, b2=0.99)
    for part, gradient in wanted.items():
        change, _ = optimiser.update(gradient, optimiser.init(before[part]))
        expected = optax.apply_updates(before[part], change)
        close = jax.tree.map(lambda a, b: np.allclose(a, b, atol=2e-4), expected, ours.state[part])
        assert all(jax.tree.leaves(close)), close
    failed = jax.jit(loss)
    of_real, of_made = (float(failed(before["discriminator"], pictures)) for pictures in (real, made))
    assert (scores["real"], scores["made"]) == pytest.approx((of_real, of_made), rel=1e-4)
    assert scores["loss"] == pytest.approx(of_real + abs(0.6 * of_real - of_made), rel=1e-4)
    assert scores["k"] == pytest.approx(min(max(0.3 + 0.5 * (0.6 * of_real - of_made), 0), 1), rel=1e-4)


@pytest.mark.slow
def test_it_learns_what_there_is() -> None:
    """Of red and blue pictures it comes to make such: M falls, k stays within 0 and 1, and made ones are as dark."""
    colours = jnp.array([[0.8, -0.8, -0.8], [-0.8, -0.8, 0.8]] * 4)
    real = jnp.broadcast_to(colours[:, None, None], (8, 16, 16, 3))
    ours = BeganTrainer(BeganRecipe(shape=SHAPE, batch=8, rate=3e-3, remembered=0.9))
    first = float(ours.step(real)["loss"])
    for _ in range(250):
        scores = ours.step(real)
    assert float(scores["loss"]) < first / 3
    assert 0 <= float(scores["k"]) <= 1
    assert ours.number == 251
    make = jax.jit(lambda params: applied(ours.generator, params, SHAPE.random(jax.random.key(5), 16)))
    made = np.asarray(make(ours.learned))
    assert np.abs(made[..., 1].mean() + 0.8) < 0.25
