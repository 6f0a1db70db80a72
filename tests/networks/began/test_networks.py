"""BEGAN's parts: pixels folded into channels and back, sizes, and the forms of convolution that a CPU is quick at."""

from __future__ import annotations

from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.began.networks import CHANNELS, UNIFORM, Discriminator, Generator, Shape, folded, unfolded
from dreamstream.networks.stylegan2.layers import applied

SHAPE = Shape((4, 3), 5, 6)


def test_four_pixels_are_one_place() -> None:
    """Each 2x2 pixels are the channels of a place, row by row, and nothing is lost."""
    x = jnp.arange(2 * 4 * 6 * 3, dtype=jnp.float32).reshape(2, 4, 6, 3)
    places = np.asarray(folded(x))
    assert places.shape == (2, 2, 3, 12)
    np.testing.assert_array_equal(places[1, 1, 2].reshape(2, 2, 3), x[1, 2:4, 4:6])
    np.testing.assert_array_equal(unfolded(folded(x)), x)


@pytest.mark.parametrize("size", sorted(CHANNELS))
def test_a_size_is_that_of_its_channels(size: int) -> None:
    """What CHANNELS says is what is made."""
    assert Shape(CHANNELS[size]).size == size


def test_generator_and_auto_encoder() -> None:
    """Their pictures are as large as the shape says; a walk's latents have the length of random ones."""
    generator, judge = Generator(SHAPE), Discriminator(SHAPE)
    latents = SHAPE.random(jax.random.key(1), 4)
    params = jax.jit(generator.init)(jax.random.key(0), latents)
    made = applied(generator, params, latents)
    assert made.shape == (4, 32, 32, 3)
    style = np.asarray(applied(generator, params, 7 * latents, method="style"))
    np.testing.assert_allclose((style**2).mean(1), UNIFORM**2, rtol=1e-5)
    held = jax.jit(judge.init)(jax.random.key(2), made)
    again, codes = cast(tuple[jax.Array, jax.Array], judge.apply(held, made))
    assert (again.shape, codes.shape) == ((4, 32, 32, 3), (4, 6))


def test_no_convolution_is_transposed_strided_or_grouped() -> None:
    """On a CPU XLA's gradients of these are up to 200 times slower."""
    judge, pictures = Discriminator(SHAPE), jnp.zeros((1, 32, 32, 3))
    params = judge.init(jax.random.key(0), pictures)
    equations = jax.make_jaxpr(lambda params: judge.apply(params, pictures))(params).eqns
    found = [each.params for each in equations if each.primitive.name == "conv_general_dilated"]
    assert len(found) == 10
    for each in found:
        assert each["feature_group_count"] == each["batch_group_count"] == 1
        assert {*each["window_strides"], *each["lhs_dilation"], *each["rhs_dilation"]} == {1}
