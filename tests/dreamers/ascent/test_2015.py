"""The 2015 look climbs the published formula: checked against a float64 evaluation written from the formula alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.signal import correlate

from dreamstream.core.programme import MAX_WISHES
from dreamstream.dreamers.ascent.ascent import adam_2015
from dreamstream.dreamers.ascent.objective import StepWindows, Target, value
from dreamstream.dreamers.ascent.presets import PRESETS
from dreamstream.dreamers.ascent.regions import raster_of
from dreamstream.networks.prior import DIMENSIONS, Prior, Scale
from dreamstream.networks.vgg.architecture import POOLED
from dreamstream.networks.vgg.model import CAFFE, Model
from dreamstream.networks.vgg.network import Architecture

pytestmark = [pytest.mark.parity, pytest.mark.slow]

SHAPE = Architecture(width=1 / 16, dense=16, classes=7, window=32)
LOWER, UPPER = 2, 5  # the classes A and B


@pytest.fixture(scope="module")
def model() -> Model:
    """A narrow VGG-16 with random parameters and the preprocessing of the 2015 weights."""
    rng = np.random.default_rng(1)
    params = {
        name: {
            "kernel": rng.normal(0, (2 / np.prod(kernel[:3])) ** 0.5, kernel).astype(np.float32),
            "bias": rng.normal(0, 0.1, kernel[3]).astype(np.float32),
        }
        for name, kernel in SHAPE.layers().items()
    }
    return Model("tiny", SHAPE, params, tuple("abcdefg"), CAFFE)


@pytest.fixture(scope="module")
def filters() -> np.ndarray:
    """192 random filters [192, 8, 8, 3] for pixels from 0 to 255."""
    return np.random.default_rng(2).normal(0, 0.002, (192, 8, 8, 3))


def logits_of(model: Model, picture: np.ndarray) -> np.ndarray:
    """The grid of logits [h, w, classes] of a picture [H, W, 3] from 0 to 255, RGB."""
    x: np.ndarray = picture[..., ::-1] - np.array([103.939, 116.779, 123.68])
    for name, layer in model.params.items():
        if name in (*POOLED, "fc6"):
            x = x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1).max(axis=(1, 3))
        kernel, bias = np.asarray(layer["kernel"], np.float64), np.asarray(layer["bias"], np.float64)
        if name.startswith("conv"):
            x = np.pad(x, [(1, 1), (1, 1), (0, 0)])
        grids = [correlate(x, kernel[..., out], mode="valid", method="direct")[..., 0] for out in range(len(bias))]
        x = np.stack(grids, axis=-1) + bias
        if name != "fc8":
            x = np.maximum(x, 0)
    return x


def published_loss(model: Model, filters: np.ndarray, canvas: np.ndarray) -> float:
    """Ten times the mean prior over the pools, minus class A below, minus class B above, plus all logits."""
    picture = 255 * canvas.astype(np.float64)
    energies = []
    for pool in (1, 4, 8, 16, 32):
        h, w = picture.shape[0] // pool, picture.shape[1] // pool
        if min(h, w) < 8:
            continue
        pooled = picture[: h * pool, : w * pool].reshape(h, pool, w, pool, 3).mean(axis=(1, 3)) - 128
        patches = np.lib.stride_tricks.sliding_window_view(pooled, (8, 8, 3))[:, :, 0]
        z = np.einsum("yxabc,fabc->yxf", patches, filters, optimize=True)
        energies.append(np.log(1 + z**2 / 0.665248).mean())
    logits = logits_of(model, picture)
    half = logits.shape[0] // 2
    wanted = logits[half:, :, LOWER].mean() + logits[:half, :, UPPER].mean()
    return float(10 * np.mean(energies) - wanted + logits.mean())


def ours(model: Model, filters: np.ndarray, canvas: jax.Array, dense: bool) -> jax.Array:
    """The loss of the preset: the negative of what is climbed."""
    from dataclasses import replace

    preset = PRESETS["2015"]
    # Any prior of the usual form becomes the published one: its finest filters serve all scales.
    scaled = (255 * filters).reshape(192, DIMENSIONS).astype(np.float32)
    prior = Prior((Scale(1, np.full(DIMENSIONS, 0.3, np.float32), scaled, 1.7),)).published()
    padding = [0] * (MAX_WISHES - 2)
    wanted = Target(
        jnp.asarray([LOWER, UPPER, *padding]),
        jnp.asarray([1.0, 1.0, *padding]),
        jnp.asarray(np.array([raster_of("bottom"), raster_of("top"), *[raster_of("whole") for _ in padding]])),
        jnp.float32(preset.mixture.prior),
        {},
    )
    windows = (jnp.zeros((1, 3)), jnp.zeros(1, int), jnp.ones(1), jnp.zeros((1, MAX_WISHES)))

    def loss(offset: jax.Array) -> jax.Array:
        mixture = replace(preset.mixture, dense=dense)
        return -value(model, prior, mixture, 32, model.params, canvas, wanted, StepWindows(*windows, offset))

    return loss(jnp.zeros(2, int))


def test_the_loss_is_the_published_formula(model: Model, filters: np.ndarray) -> None:
    """On a canvas with fixed random filters, as float64 has it; so is its slope along our gradient."""
    rng = np.random.default_rng(3)
    canvas = rng.uniform(0.2, 0.8, (128, 192, 3)).astype(np.float32)
    found, gradient = jax.jit(jax.value_and_grad(lambda c: ours(model, filters, c, dense=True)))(jnp.asarray(canvas))
    assert float(found) == pytest.approx(published_loss(model, filters, canvas), rel=1e-5)
    pull = np.asarray(gradient, np.float64)
    direction = pull / np.linalg.norm(pull)
    step = 1e-5
    slope = (
        published_loss(model, filters, canvas + step * direction)
        - published_loss(model, filters, canvas - step * direction)
    ) / (2 * step)
    assert np.linalg.norm(pull) == pytest.approx(slope, rel=1e-3)


def test_the_grid_estimates_the_same_loss(model: Model, filters: np.ndarray) -> None:
    """With the prior on a random grid, as the preset has it, the loss is near the published one, at a 64th of the
    work.
    """
    canvas = np.random.default_rng(4).uniform(0.2, 0.8, (128, 192, 3)).astype(np.float32)
    found = float(jax.jit(lambda c: ours(model, filters, c, dense=False))(jnp.asarray(canvas)))
    assert found == pytest.approx(published_loss(model, filters, canvas), rel=0.05)
    assert not PRESETS["2015"].mixture.dense


@pytest.mark.promotes
def test_adam_is_the_published_update() -> None:
    """Each step is the rate times the bias-corrected means, with the new gradient weighed by 0.9 and its square by
    0.999; pixels and gradients from 0 to 255.
    """
    rng = np.random.default_rng(5)
    optimiser = adam_2015(PRESETS["2015"].step)
    x = rng.uniform(0, 1, 50)
    m, v = np.zeros(50), np.zeros(50)
    state: optax.OptState = optimiser.init(jnp.asarray(x, jnp.float32))
    for t in range(1, 6):
        gradient = rng.normal(0, 10.0 ** rng.integers(-9, 2, 50))  # of the loss, for pixels from 0 to 255
        m, v = 0.9 * gradient + 0.1 * m, 0.999 * gradient**2 + 0.001 * v
        expected = -5 * (m / (1 - 0.1**t)) / (np.sqrt(v / (1 - 0.001**t)) + 1e-8)
        update, state = optimiser.update(jnp.asarray(-255 * gradient, jnp.float32), state)
        assert 255 * np.asarray(update) == pytest.approx(expected, rel=2e-3, abs=1e-3)
