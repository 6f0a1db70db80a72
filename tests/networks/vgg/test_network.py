"""The network computes what plain NumPy and SciPy compute, and folding batch norm changes nothing."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import signal

from dreamstream.networks.vgg.architecture import POOLED
from dreamstream.networks.vgg.model import BUILTIN, CAFFE, Model
from dreamstream.networks.vgg.network import VGG, Architecture, activations, fold

TINY = Architecture("D", 1 / 32, 8, 5, 32)
# Compiled whole, which takes less than one operation after the other.
seen = jax.jit(activations, static_argnums=0, static_argnames="dtype")


def tiny_params(architecture: Architecture, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Random parameters whose activations keep their size through the layers."""
    rng = np.random.default_rng(seed)
    return {
        name: {
            "kernel": (rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:3]))).astype(np.float32),
            "bias": rng.normal(0, 0.1, shape[3]).astype(np.float32),
        }
        for name, shape in architecture.layers().items()
    }


def plain(params: dict[str, dict[str, np.ndarray]], picture: np.ndarray) -> np.ndarray:
    """VGG in float64 with SciPy's correlation: [H, W, 3] to logits [h, w, classes]."""
    x = picture.astype(np.float64)
    for name, layer in params.items():
        if name in (*POOLED, "fc6"):
            h, w, c = x.shape
            x = x[: h // 2 * 2, : w // 2 * 2].reshape(h // 2, 2, w // 2, 2, c).max(axis=(1, 3))
        mode = "same" if name.startswith("conv") else "valid"
        kernel = layer["kernel"].astype(np.float64)
        x = np.stack(
            [
                sum(signal.correlate2d(x[..., i], kernel[..., i, o], mode) for i in range(kernel.shape[2]))
                + layer["bias"][o]
                for o in range(kernel.shape[3])
            ],
            axis=-1,
        )
        if name != "fc8":
            x = np.maximum(x, 0)
    return x


@pytest.mark.parametrize("size", [(32, 32), (64, 96)])
def test_logits_equal_a_plain_evaluation(size: tuple[int, int]) -> None:
    """One window gives one set of logits; a larger canvas a grid of them; both as SciPy computes."""
    params = tiny_params(TINY)
    picture = np.random.default_rng(1).normal(size=(*size, 3)).astype(np.float32)
    found = np.asarray(seen(TINY, params, jnp.asarray(picture)[None])["logits"][0])
    wanted = plain(params, picture)
    assert found.shape == wanted.shape == (size[0] // 32, size[1] // 32, 5)
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_shape_is_the_published_one() -> None:
    """Width 1 with 1000 classes has VGG-16's and VGG-19's numbers of parameters (138,357,544 and 143,667,240)."""

    def count(architecture: Architecture) -> int:
        return sum(int(np.prod(shape)) + shape[3] for shape in architecture.layers().values())

    assert count(Architecture()) == 138_357_544
    assert count(Architecture("E")) == 143_667_240


def test_impossible_architectures_are_refused() -> None:
    """Errors name the value."""
    with pytest.raises(ValueError, match="'F'"):
        Architecture("F")
    with pytest.raises(ValueError, match="100"):
        Architecture(window=100)


@pytest.mark.slow
def test_fold_keeps_the_function() -> None:
    """A network with batch norm at its running averages equals the folded one."""
    normed = VGG(TINY, norm=True)
    x = jax.random.normal(jax.random.key(2), (4, 32, 32, 3))
    variables: Any = normed.init(jax.random.key(1), x)
    _, updated = normed.apply(variables, x * 3 + 1, train=True, mutable=["batch_stats"])
    unfolded: Any = normed.apply({"params": variables["params"], **updated}, x)
    wanted = unfolded["logits"]
    folded = fold(variables["params"], updated["batch_stats"])
    assert set(folded) == set(TINY.layers())
    assert np.asarray(activations(TINY, folded, x)["logits"]) == pytest.approx(np.asarray(wanted), rel=1e-4, abs=1e-5)


def test_activations_by_name() -> None:
    """Every layer is there by its usual name, and nothing is computed after the last one wanted."""
    params = tiny_params(TINY)
    x = jnp.zeros((1, 32, 32, 3))
    everything = activations(TINY, params, x)
    assert list(everything)[:5] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "conv2_1"]
    assert list(everything)[-3:] == ["fc7", "relu7", "logits"]
    assert np.array_equal(everything["relu3_2"], np.maximum(everything["conv3_2"], 0))
    assert list(activations(TINY, params, x, until="relu4_3"))[-1] == "relu4_3"


def test_bfloat16_is_near() -> None:
    """bfloat16 compute gives the same logits to a few percent, as float32."""
    params = tiny_params(TINY)
    x = jax.random.normal(jax.random.key(5), (2, 32, 32, 3))
    exact = np.asarray(seen(TINY, params, x)["logits"])
    rough = seen(TINY, params, x, dtype=jnp.bfloat16)["logits"]
    assert rough.dtype == jnp.float32
    assert np.abs(np.asarray(rough) - exact).max() < 0.05 * np.abs(exact).max()


def test_preprocessing() -> None:
    """The built-in network takes (x - 0.5) / 0.25; Caffe's takes 0-255 BGR less its means."""
    pixel = jnp.asarray([[[0.5, 0.25, 1.0]]])
    assert BUILTIN(pixel)[0, 0].tolist() == [0, -1, 2]
    assert CAFFE(pixel)[0, 0].tolist() == pytest.approx([255 - 103.939, 63.75 - 116.779, 127.5 - 123.68], rel=1e-5)


def test_model_needs_a_name_for_every_class() -> None:
    """A model whose names do not match its outputs cannot be made."""
    with pytest.raises(ValueError, match="2 class names for 5"):
        Model("x", TINY, tiny_params(TINY), ("a", "b"))
