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
    """Their pictures are as large as the shape says, and a code is as long."""
    generator, judge = Generator(SHAPE), Discriminator(SHAPE)

    def made(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        latents = SHAPE.random(key, 4)
        pictures = applied(generator, generator.init(key, latents), latents)
        again, codes = cast(tuple[jax.Array, jax.Array], judge.apply(judge.init(key, pictures), pictures))
        return pictures, again, codes

    pictures, again, codes = jax.eval_shape(made, jax.random.key(0))
    assert pictures.shape == again.shape == (4, 32, 32, 3)
    assert codes.shape == (4, 6)


def test_a_walk_is_where_random_latents_are() -> None:
    """Whatever the length of what it is given: almost all random latents are as long."""
    generator = Generator(SHAPE)
    style = jax.jit(lambda latents: applied(generator, {"params": {}}, latents, method="style"))
    found = np.asarray(style(7 * Shape().random(jax.random.key(1), 50)))
    np.testing.assert_allclose((found**2).mean(1), UNIFORM**2, rtol=1e-5)
    assert float(jnp.mean(Shape().random(jax.random.key(2), 50) ** 2)) == pytest.approx(UNIFORM**2, rel=0.05)


def test_no_convolution_is_transposed_strided_or_grouped() -> None:
    """On a CPU XLA's gradients of these are up to 200 times slower."""
    judge, pictures = Discriminator(SHAPE), jnp.zeros((1, 32, 32, 3))
    params = jax.eval_shape(judge.init, jax.random.key(0), pictures)
    equations = jax.make_jaxpr(judge.apply)(params, pictures).eqns
    found = [each.params for each in equations if each.primitive.name == "conv_general_dilated"]
    assert len(found) == 9
    for each in found:
        assert each["feature_group_count"] == each["batch_group_count"] == 1
        assert {*each["window_strides"], *each["lhs_dilation"], *each["rhs_dilation"]} == {1}
