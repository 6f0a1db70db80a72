"""Layers, channels and pictures as things to wish for, against plain NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.dreamers.ascent.features import (
    GAIN,
    Feature,
    at_least,
    channel_mean,
    feature_key,
    features,
    layer_names,
    layer_norm,
    matched,
    shares,
)
from dreamstream.dreamers.ascent.regions import raster_of
from dreamstream.networks.vgg.model import Model
from dreamstream.networks.vgg.network import Architecture

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
X = RNG.normal(0, 2, (6, 9, 5)).astype(np.float32)
EVERYWHERE = jnp.ones((6, 9))
LEFT = jnp.asarray(np.repeat([[2.0] * 4 + [1.0] + [0.0] * 4], 6, axis=0))


@pytest.fixture(scope="module")
def model() -> Model:
    """A VGG of 1/16 width with random parameters."""
    shape = Architecture(width=1 / 16, dense=8, classes=3, window=32)
    rng = np.random.default_rng(0)
    params = {
        name: {
            "kernel": rng.normal(0, (2 / np.prod(kernel[:3])) ** 0.5, kernel).astype(np.float32),
            "bias": rng.normal(0, 0.1, kernel[3]).astype(np.float32),
        }
        for name, kernel in shape.layers().items()
    }
    return Model("tiny", shape, params, ("a", "b", "c"))


def test_a_layer_is_the_log_of_its_root_mean_square() -> None:
    """Over the whole, and over a region, whose border counts in part."""
    assert float(layer_norm(jnp.asarray(X), EVERYWHERE)) == pytest.approx(np.log(np.sqrt((X**2).mean())), abs=1e-5)
    part = (X[:, :4] ** 2).sum() * 2 + (X[:, 4] ** 2).sum()
    assert float(layer_norm(jnp.asarray(X), LEFT)) == pytest.approx(0.5 * np.log(part / X.size), abs=1e-5)


def test_a_layer_pulls_along_its_norm() -> None:
    """The gradient has the direction of the squared norm's, whatever the layer's scale is."""
    for scale in (0.01, 100):
        pull = np.asarray(jax.grad(lambda x: layer_norm(x, EVERYWHERE))(jnp.asarray(scale * X))) * scale
        assert pull == pytest.approx(X / (X**2).sum(), abs=1e-4 * float(np.abs(pull).max()))


def test_a_channel_is_its_mean_in_units_of_the_layer() -> None:
    """A channel that its ReLU would silence still has a gradient."""
    silent = X - 20 * np.eye(5, dtype=np.float32)[3]
    found, pull = jax.value_and_grad(channel_mean)(jnp.asarray(silent), EVERYWHERE, jnp.int32(3))
    assert float(found) == pytest.approx(silent[..., 3].mean() / np.sqrt((silent**2).mean()), rel=1e-4)
    assert float(pull[..., 3].min()) > 0
    assert float(jnp.abs(pull[..., :3]).max()) == 0


def test_pictures_are_matched_position_by_position() -> None:
    """Each position counts with its best match: by correlation about the guide's mean, or by the dot product."""
    guide = RNG.normal(0.5, 1, (11, 5)).astype(np.float32)
    flat = X.reshape(-1, 5)
    a, b = flat - guide.mean(axis=0), guide - guide.mean(axis=0)
    cosines = (a / np.linalg.norm(a, axis=1)[:, None]) @ (b / np.linalg.norm(b, axis=1)[:, None]).T
    found = float(matched(jnp.asarray(X), EVERYWHERE, jnp.asarray(guide), True))
    assert found == pytest.approx(cosines.max(axis=1).mean(), abs=1e-5)
    lengths = np.linalg.norm(flat, axis=1).mean() * np.linalg.norm(guide, axis=1).mean()
    found = float(matched(jnp.asarray(X), EVERYWHERE, jnp.asarray(guide), False))
    assert found == pytest.approx((flat @ guide.T).max(axis=1).mean() / lengths, abs=1e-5)
    own = float(matched(jnp.asarray(X), EVERYWHERE, jnp.asarray(flat), True))
    assert own == pytest.approx(1, abs=1e-4)


def test_rasters_are_averaged_over_cells_exactly() -> None:
    """On grids finer and coarser than the raster, as the area says."""
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))[None]
    coarse = np.asarray(shares(jnp.asarray(ramp), 4, 8))[0]
    assert coarse == pytest.approx(ramp[0].reshape(4, 16, 8, 8).mean(axis=(1, 3)) / ramp.mean(), abs=1e-5)
    fine = np.asarray(shares(jnp.asarray(ramp), 64, 128))[0]
    assert fine == pytest.approx(np.repeat(ramp[0], 2, axis=1) / ramp.mean(), abs=1e-4)


def test_wishes_of_all_kinds_add_up(model: Model) -> None:
    """A programme's features are the weighted sum of the parts, each at its own layer; the canvas may be small."""
    canvas = jnp.asarray(RNG.uniform(0, 1, (40, 56, 3)), jnp.float32)
    whole = jnp.asarray(raster_of("whole"))
    guide = jnp.asarray(RNG.uniform(0, 1, (7, 32)), jnp.float32)
    wanted = {
        feature_key("relu3_2", "layer", 0): Feature(jnp.float32(2), whole),
        feature_key("relu5_1", "channel", 0): Feature(jnp.float32(-1), whole, channel=jnp.int32(6)),
        feature_key("relu4_3", "guide", 0): Feature(jnp.float32(0.5), whole, guide=guide),
        feature_key("relu7", "layer", 0): Feature(jnp.float32(1), whole),
    }
    assert layer_names(model)[-3:] == ["relu5_3", "relu6", "relu7"]
    found = model.activations(model.params, canvas[None])

    def everywhere(name: str) -> jax.Array:
        return jnp.ones(found[name].shape[1:3])

    expected = (
        2 * layer_norm(found["relu3_2"][0], everywhere("relu3_2"))
        - GAIN * channel_mean(found["conv5_1"][0], everywhere("conv5_1"), jnp.int32(6))
        + 0.5 * GAIN * matched(found["relu4_3"][0], everywhere("relu4_3"), guide, False)
        + layer_norm(found["relu7"][0], everywhere("relu7"))
    )
    assert float(features(model, model.params, canvas, wanted)) == pytest.approx(float(expected), rel=1e-4)
    assert at_least(canvas, 64, shape_kept=True).shape == (64, 90, 3)
    assert at_least(canvas, 64).shape == (64, 64, 3)
    assert at_least(canvas, 32) is canvas
