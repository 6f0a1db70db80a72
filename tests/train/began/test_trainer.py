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
from dreamstream.train.began.by_heart import balanced, begun, edges_apart
from dreamstream.train.began.trainer import WAYS, BeganRecipe, BeganTrainer, distance, nearness

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


def test_codes_are_apart_by_their_distribution() -> None:
    """The order of codes does not count, nor their scale; along one way it is the mean square of sorted differences."""
    one, other = np.random.default_rng(1).normal(size=(2, 6, 3))
    way = np.array([[3.0], [0], [4]])
    apart = np.sort(one @ way / 5, axis=0) - np.sort(other @ way / 5, axis=0)
    wanted = (apart**2).mean() / (other @ way / 5).var()
    assert float(distance(jnp.asarray(one), jnp.asarray(other), jnp.asarray(way))) == pytest.approx(wanted, rel=1e-4)
    found = distance(jnp.asarray(9 * one[::-1]), jnp.asarray(9 * other), jnp.asarray(way))
    assert float(found) == pytest.approx(wanted, rel=1e-4)


def test_edges_are_apart_by_neighbours() -> None:
    """A shift of all pixels is none; one pixel of nine has three or four edges' worth."""
    pictures = jnp.zeros((1, 3, 3, 3))
    assert float(edges_apart(pictures + 0.5, pictures)) == 0
    assert float(edges_apart(pictures.at[0, 1, 1].set(0.6), pictures)) == pytest.approx(2 * 2 * 0.6 / 6)


@pytest.mark.parametrize("latent", [5, 3])
def test_a_generator_begins_as_the_decoder(latent: int) -> None:
    """Of codes with the mean and covariance of real ones, as far as the latents have room for these."""
    shape = Shape((6,), latent, 4)
    ours = BeganTrainer(BeganRecipe(shape=shape))
    mean, mix = np.array([1.0, -2, 0.5, 3]), np.random.default_rng(2).normal(size=(4, 4)) * np.array([3, 2, 1, 0.01])
    generator = begun(ours.judged, mean, mix @ mix.T, latent)
    kernel = np.asarray(ours.judged["params"]["decoder"]["in"]["kernel"], np.float64) / 4**0.5
    taken = np.asarray(generator["params"]["decoder"]["in"]["kernel"], np.float64) / latent**0.5
    # Latents of variance 1/3 are taken to what codes of this covariance are taken to, and 0 to what the mean is; all of
    # it over one scale.
    wanted = kernel.T @ mix @ mix.T @ kernel
    scale = np.sqrt(np.trace(wanted) * 3 / np.trace(taken.T @ taken))
    np.testing.assert_allclose(scale**2 * taken.T @ taken / 3, wanted, atol=0.01 * np.abs(wanted).max())
    bias = np.asarray(ours.judged["params"]["decoder"]["in"]["bias"])
    begins = scale * np.asarray(generator["params"]["decoder"]["in"]["bias"])
    np.testing.assert_allclose(begins, mean @ kernel + bias, rtol=0.01, atol=1e-3)


def test_a_decoder_is_balanced_and_makes_the_same() -> None:
    """Also one whose codes had become ten thousand times as large; its parameters are then of one size."""
    shape = Shape((6, 5), 4, 5)
    ours = BeganTrainer(BeganRecipe(shape=shape, seed=3))
    decoder = jax.tree.map(lambda x: np.asarray(x) + 0.01, ours.learned["params"]["decoder"])
    grown = decoder | {"in": {name: value * 1e4 for name, value in decoder["in"].items()}}
    grown |= {layer: {"kernel": grown[layer]["kernel"] * 1e-4, "bias": grown[layer]["bias"]} for layer in ("first_0",)}
    made = balanced(grown)
    latents = shape.random(jax.random.key(1), 3)
    before, after = (
        np.asarray(applied(ours.generator, {"params": {"decoder": jax.tree.map(jnp.asarray, each)}}, latents))
        for each in (grown, made)
    )
    np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-4)
    assert np.ptp(before) > 0.1
    assert np.sqrt(np.mean(np.square(made["in"]["kernel"]))) == pytest.approx(1, rel=1e-4)
    assert max(np.abs(value).max() for layer in made.values() for value in layer.values()) < 100
    still = begun({"params": {"decoder": decoder}}, np.zeros(4), np.zeros((4, 4)), 4)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(still))


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.0, 0.3])
def test_a_step_is_that_of_the_paper(apart: float) -> None:
    """L(x) - k L(G(z)) and L(G(z)), each differentiated by itself, give the same networks as the one pass; k and M."""
    ours = BeganTrainer(BeganRecipe(shape=SHAPE, batch=3, gamma=0.6, balance=0.5, apart=apart, alike=apart))
    ours.state["k"] = jnp.float32(0.3)
    real = jax.random.uniform(jax.random.key(3), (3, 16, 16, 3), minval=-1)
    before = jax.tree.map(np.asarray, ours.state)
    latents = SHAPE.random(jax.random.fold_in(jax.random.key(1), 0), 3)

    def loss(judge: Any, pictures: jax.Array) -> jax.Array:
        return jnp.mean(jnp.abs(ours.discriminator.apply(judge, pictures)[0] - pictures))

    def of_generator(generator: Any) -> jax.Array:
        made = applied(ours.generator, generator, latents)
        known = jnp.asarray(ours.discriminator.apply(before["discriminator"], real)[1])
        codes = jnp.asarray(ours.discriminator.apply(before["discriminator"], made)[1])
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(1), 0), 1)
        far = distance(codes, known, jax.random.normal(key, (known.shape[1], WAYS)))
        return loss(before["discriminator"], made) + apart * (nearness(codes - jnp.mean(known, axis=0)) + far)

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
    ours = BeganTrainer(BeganRecipe(shape=SHAPE, batch=8, rate=3e-3, remembered=0.9, alike=0.1))
    first = float(ours.step(real)["loss"])
    for _ in range(250):
        scores = ours.step(real)
    assert float(scores["loss"]) < first / 3
    assert 0 <= float(scores["k"]) <= 1
    assert ours.number == 251
    make = jax.jit(lambda params: applied(ours.generator, params, SHAPE.random(jax.random.key(5), 16)))
    made = np.asarray(make(ours.learned))
    assert np.abs(made[..., 1].mean() + 0.8) < 0.25
