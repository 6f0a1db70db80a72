"""DCGAN's parts: batch normalisation against NumPy, what is folded, sizes, and the forms of convolution."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.dcgan.networks import (
    CHANNELS,
    EPSILON,
    STATISTICS,
    BatchNorm,
    Discriminator,
    Generator,
    Shape,
    folded,
)
from dreamstream.networks.stylegan2.layers import applied


@pytest.mark.parametrize("size", sorted(CHANNELS))
def test_a_size_is_that_of_its_channels(size: int) -> None:
    """What CHANNELS says is what is made."""
    assert Shape(CHANNELS[size]).size == size


def test_a_batch_is_normalised() -> None:
    """As in NumPy, over all but the channels; the batch's means and variances are told."""
    x = np.random.default_rng(1).normal(3, 2, (4, 5, 5, 2)).astype(np.float32)
    params = {"params": {"scale": jnp.array([2.0, 0.5]), "bias": jnp.array([0.0, -1])}}
    found, told = cast(tuple[jax.Array, Any], BatchNorm(training=True).apply(params, x, mutable=[STATISTICS]))
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    wanted = (x - mean) / np.sqrt(variance + EPSILON) * np.array([2, 0.5]) + np.array([0, -1])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(told[STATISTICS]["mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(told[STATISTICS]["variance"], variance, rtol=1e-5)


@pytest.mark.parametrize("selu", [0, 1])
def test_what_is_written_makes_the_same_pictures(selu: int) -> None:
    """With this batch's statistics taken in, a generator out of training makes what it made in training."""
    shape = Shape((4, 3), 5, selu)
    latents = shape.random(jax.random.key(2), 6)
    teaching = Generator(shape, training=True)

    @jax.jit
    def both() -> tuple[jax.Array, jax.Array]:
        params = teaching.init(jax.random.key(3), latents)["params"]
        made, told = teaching.apply({"params": params}, latents, mutable=[STATISTICS])
        kept = {"params": folded(params, dict(told).get(STATISTICS, {}))}
        return cast(jax.Array, made), applied(Generator(shape), kept, latents)

    made, again = both()
    assert made.shape == (6, 16, 16, 3)
    np.testing.assert_allclose(again, made, atol=1e-5)


@pytest.mark.parametrize("selu", [0, 1])
def test_no_convolution_is_transposed_strided_or_grouped(selu: int) -> None:
    """On a CPU XLA's gradients of these are up to 200 times slower."""
    shape, pictures = Shape((4, 3), 5, selu), jnp.zeros((2, 16, 16, 3))
    generator, judge = Generator(shape, training=True), Discriminator(shape)
    made = jax.eval_shape(generator.init, jax.random.key(0), jnp.zeros((2, 5)))["params"]
    judged = jax.eval_shape(judge.init, jax.random.key(0), pictures)["params"]

    def both(one: Any, other: Any) -> jax.Array:
        drawn, _ = generator.apply({"params": one}, jnp.zeros((2, 5)), mutable=[STATISTICS])
        scores, _ = judge.apply({"params": other}, cast(jax.Array, drawn), mutable=[STATISTICS])
        return cast(jax.Array, scores).sum()

    program = str(jax.make_jaxpr(jax.grad(both, argnums=(0, 1)))(made, judged))
    assert "conv_general_dilated" in program
    assert "lhs_dilation=(2" not in program
    assert "window_strides=(2" not in program
    assert "rhs_dilation=(2" not in program
