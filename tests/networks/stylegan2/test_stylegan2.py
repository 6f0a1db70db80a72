"""StyleGAN2's parts, each against its plain form in NumPy and SciPy."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate

from dreamstream.networks.stylegan2.discriminator import Discriminator, spread
from dreamstream.networks.stylegan2.generator import CHANNELS, Generator, Shape
from dreamstream.networks.stylegan2.layers import (
    StyledConv,
    applied,
    doubled,
    doubled_smoothly,
    halved,
    halved_smoothly,
)

SHAPE = Shape(channels=(8, 6, 4), latent=5, style=7, layers=2)


@pytest.mark.parametrize("demodulate", [True, False])
def test_a_styled_convolution_is_one_with_a_kernel_of_its_own_for_each_picture(demodulate: bool) -> None:
    """Scaling input and output is exactly modulating and demodulating the kernel, as the paper writes it."""
    layer = StyledConv(4, demodulate=demodulate)
    x = jax.random.normal(jax.random.key(1), (3, 6, 6, 5))
    style = jax.random.normal(jax.random.key(2), (3, 7))
    params = jax.jit(layer.init)(jax.random.key(3), x, style)
    found = np.asarray(jax.jit(partial(applied, layer))(params, x, style))
    held = jax.tree.map(np.asarray, params)["params"]
    scale = np.asarray(style) @ held["scale"]["kernel"] / np.sqrt(7) + held["scale"]["bias"]
    for picture in range(3):
        kernel = held["kernel"] / np.sqrt(5 * 9) * scale[picture][None, None, :, None]
        if demodulate:
            kernel = kernel / np.sqrt((kernel**2).sum(axis=(0, 1, 2)) + 1e-8)
        padded = np.pad(np.asarray(x[picture]), ((1, 1), (1, 1), (0, 0)))
        plain = np.stack([correlate(padded, kernel[..., out], "valid")[..., 0] for out in range(4)], axis=-1)
        np.testing.assert_allclose(found[picture], plain, atol=1e-5)


def test_sizes_are_doubled_and_halved() -> None:
    """Doubling repeats, or is bilinear; halving is the mean of four."""
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(doubled(jnp.asarray(x))[0, :, :, 0], np.kron(x[0, :, :, 0], np.ones((2, 2))))
    np.testing.assert_array_equal(halved(doubled(jnp.asarray(x))), x)
    assert doubled_smoothly(jnp.asarray(x))[0, 3, 3, 0] == pytest.approx(x[0, 1, 1, 0] * 0.5625 + 3.4375)


def test_the_filter_is_the_papers() -> None:
    """Doubling puts zeros between and filters by [1, 3, 3, 1], halving filters and leaves out, both ways separately."""
    x = np.random.default_rng(0).normal(size=(2, 6, 8, 3)).astype(np.float32)
    tap = np.outer([1, 3, 3, 1], [1, 3, 3, 1])[None, :, :, None]
    apart = np.zeros((2, 16, 20, 3))
    apart[:, ::2, ::2] = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    wanted = correlate(apart, tap / 16, "valid")[:, :12, :16]
    np.testing.assert_allclose(doubled_smoothly(jnp.asarray(x)), wanted, atol=1e-5)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    np.testing.assert_allclose(
        halved_smoothly(jnp.asarray(x)), correlate(padded, tap / 64, "valid")[:, ::2, ::2], atol=1e-5
    )


def test_what_a_file_does_not_say_stays_as_it_was() -> None:
    """Shapes without a filter repeat pixels; with one the same parameters make other pictures."""
    old, new = Shape(**asdict(SHAPE) | {"smooth": 0}), replace(SHAPE, smooth=1)
    assert old == SHAPE
    params = jax.jit(Generator(old).init)(jax.random.key(0), jnp.zeros((1, 5)))
    latents = jax.random.normal(jax.random.key(4), (1, 5))
    one, other = (jax.jit(partial(applied, Generator(shape)))(params, latents) for shape in (old, new))
    assert float(jnp.abs(one - other).max()) > 1e-3


@pytest.mark.slow
def test_a_picture_without_noise_is_a_function_of_its_latent() -> None:
    """The same latent gives the same picture in any batch, its length does not count, and noise changes it."""
    generator = Generator(SHAPE)
    params = generator.init(jax.random.key(0), jnp.zeros((1, 5)))
    latents = jax.random.normal(jax.random.key(4), (4, 5))
    whole = applied(generator, params, latents)
    assert whole.shape == (4, 16, 16, 3)
    np.testing.assert_allclose(applied(generator, params, 3 * latents[1:2])[0], whole[1], atol=1e-5)
    noisy = {"params": params["params"] | {"noise": jnp.ones(5)}}
    first, second = (applied(generator, noisy, latents, jax.random.key(seed)) for seed in (1, 2))
    assert jnp.abs(first - second).max() > 1e-3


@pytest.mark.slow
def test_each_layer_takes_its_own_style() -> None:
    """A change of the first style and one of the last change the picture; drawing is calling in two steps."""
    generator = Generator(SHAPE)
    params = generator.init(jax.random.key(0), jnp.zeros((1, 5)))
    latents = jax.random.normal(jax.random.key(4), (2, 5))
    one, other = applied(generator, params, latents, method="style")
    styles = applied(generator, params, one[None], method="repeated")
    assert styles.shape == (1, SHAPE.styles, SHAPE.style)
    plain = applied(generator, params, styles, method="draw")
    np.testing.assert_allclose(plain[0], applied(generator, params, latents)[0], atol=1e-5)
    first = applied(generator, params, styles.at[:, 0].set(other), method="draw")
    last = applied(generator, params, styles.at[:, -1].set(other), method="draw")
    assert jnp.abs(first - plain).mean() > 0
    assert jnp.abs(last - plain).mean() > 0


def test_the_spread_within_groups_is_seen() -> None:
    """The extra channel is the mean standard deviation over groups of four."""
    x = np.random.default_rng(0).normal(size=(8, 2, 2, 3)).astype(np.float32)
    found = np.asarray(spread(jnp.asarray(x)))
    groups = x.reshape(4, 2, 2, 2, 3).std(axis=0).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found[:, 0, 0, 0], np.tile(groups, 4), atol=1e-4)


@pytest.mark.slow
def test_a_score_depends_on_its_picture_alone_unless_pictures_are_compared() -> None:
    """What the single backward pass of training rests on."""
    pictures = jax.random.normal(jax.random.key(1), (4, 16, 16, 3))
    for compares in (False, True):
        judge = Discriminator((8, 6, 4), compares=compares)
        params = judge.init(jax.random.key(0), pictures)
        alone = applied(judge, params, pictures[:1])[0]
        assert bool(jnp.isclose(alone, applied(judge, params, pictures)[0], atol=1e-5)) is not compares


@pytest.mark.parametrize("size", CHANNELS)
def test_sizes_have_their_channels(size: int) -> None:
    """The tables are those of the sizes that they are called by."""
    assert Shape(CHANNELS[size]).size == size
