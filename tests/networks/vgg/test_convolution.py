"""Every fast form of a convolution computes what the plain one computes, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.vgg.convolution import (
    FEW_CHANNELS,
    _by_sums,
    _of_columns,
    _turned,
    convolve,
    dense,
    mean_about,
    pays,
    relu,
    relu_pool,
    transformed,
    winograd,
)
from dreamstream.networks.vgg.network import Architecture, activations, ready
from tests.networks.vgg.test_network import tiny_params

pytestmark = pytest.mark.slow

Form = Callable[[jax.Array], jax.Array]


def plain(x: jax.Array, kernel: jax.Array, padding: str = "SAME") -> jax.Array:
    """The library's convolution."""
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def drawn(*shape: int, seed: int = 0) -> jax.Array:
    """Normal numbers."""
    return jnp.asarray(np.random.default_rng([seed, *shape]).normal(size=shape), jnp.float32)


def check(fast: Form, wanted: Form, x: jax.Array) -> None:
    """Values agree to 1e-4 of their size, gradients to 1e-3 of theirs."""
    values, back = jax.vjp(fast, x)
    wanted_values, wanted_back = jax.vjp(wanted, x)
    assert values.shape == wanted_values.shape
    assert float(jnp.abs(values - wanted_values).max()) <= 1e-4 * float(jnp.abs(wanted_values).max())
    push = drawn(*values.shape, seed=1)
    (gradient,), (wanted_gradient,) = back(push), wanted_back(push)
    assert float(jnp.abs(gradient - wanted_gradient).max()) <= 1e-3 * float(jnp.abs(wanted_gradient).max())


@pytest.mark.parametrize("size", [(1, 4, 4), (2, 9, 14), (1, 22, 40), (3, 33, 35)])
def test_winograd_is_the_plain_convolution(size: tuple[int, int, int]) -> None:
    """For sizes that fill whole tiles and such that do not, few tiles and many."""
    kernel = drawn(3, 3, 24, 40) / 15
    made = transformed(kernel)
    check(
        lambda x: winograd(x, made["forward"], made["backward"]),
        lambda x: plain(x, kernel),
        drawn(*size, 24),
    )


def test_relu_is_the_plain_one() -> None:
    """Forwards and backwards, also where the input is nothing."""
    x = drawn(2, 5, 7, 4).at[0].set(0)
    check(relu, jax.nn.relu, x)


@pytest.mark.parametrize("size", [(2, 6, 8), (1, 7, 8), (1, 6, 9), (2, 5, 7)])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_relu_pool_is_the_plain_one(size: tuple[int, int, int], dtype: Any) -> None:
    """ReLU and the library's pooling, for even sides and odd ones."""
    x = jax.random.permutation(jax.random.key(0), jnp.arange(np.prod(size) * 3) - 60).astype(dtype).reshape(*size, 3)

    def wanted(x: jax.Array) -> jax.Array:
        pooled: jax.Array = jax.lax.reduce_window(
            jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"
        )
        return pooled

    values, back = jax.vjp(relu_pool, x)
    wanted_values, wanted_back = jax.vjp(wanted, x)
    push = drawn(*values.shape, seed=1).astype(dtype)
    assert values.dtype == dtype
    assert jnp.array_equal(values, wanted_values)
    assert jnp.array_equal(back(push)[0], wanted_back(push)[0])


def test_of_equal_values_the_first_gets_the_gradient() -> None:
    """And none, where all are negative or nothing."""
    x = jnp.asarray([[1, 2, -1, -2], [2, 2, -3, -1], [3, 0, 0, 0], [0, 3, 0, 0]], jnp.float32)[None, :, :, None]
    gradient = jax.grad(lambda x: (5 * relu_pool(x)).sum())(x)[0, :, :, 0]
    assert gradient.tolist() == [[0, 5, 0, 0], [0, 0, 0, 0], [5, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("channels", [8, FEW_CHANNELS, FEW_CHANNELS + 1])
def test_the_first_layer_is_the_plain_convolution(channels: int) -> None:
    """With few channels, which have a gradient of their own, and with more."""
    kernel = drawn(3, 3, 3, channels)
    check(lambda x: convolve(x, kernel), lambda x: plain(x, kernel), drawn(2, 11, 8, 3))


def test_the_first_layers_kernel_has_its_gradient() -> None:
    """It may be trained."""
    x, kernel = drawn(2, 6, 8, 3), drawn(3, 3, 3, 8)
    found, wanted = (jax.grad(lambda k, f=f: (f(x, k) ** 2).sum())(kernel) for f in (convolve, plain))
    assert np.asarray(found) == pytest.approx(np.asarray(wanted), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("side", [1, 2, 4])
def test_dense_layers_are_the_plain_convolution(side: int) -> None:
    """For one window and for a grid of them."""
    kernel = drawn(side, side, 6, 10)
    for size in ((side, side), (side + 3, side + 1)):
        check(lambda x: dense(x, kernel), lambda x: plain(x, kernel, "VALID"), drawn(2, *size, 6))


def test_a_transformed_kernel_cannot_be_trained_unnoticed() -> None:
    """Its gradient is no number, not a plausible zero."""
    made = transformed(drawn(3, 3, 4, 4))
    gradient = jax.grad(lambda u: winograd(drawn(1, 8, 8, 4), u, made["backward"]).sum())(made["forward"])
    assert bool(jnp.isnan(gradient).all())


def test_a_network_made_ready_computes_the_same() -> None:
    """Deep layers in Winograd's form, whole network: logits to 1e-4, the pixels' gradient to 1e-3."""
    architecture = Architecture("D", 0.5, 64, 7, 32)
    params = tiny_params(architecture)
    fast, slow = ready(params, transform=True), ready(params)
    assert sum("forward" in layer for layer in fast.values()) == 6
    assert pays((3, 3, 512, 512))
    assert not pays((3, 3, 64, 64))
    x = drawn(1, 64, 96, 3)
    check(
        lambda x: activations(architecture, fast, x)["logits"],
        lambda x: activations(architecture, slow, x)["logits"],
        x,
    )


def test_bfloat16_is_near_float32() -> None:
    """Logits within 2e-2 of the largest, parameters kept in half the memory."""
    architecture = Architecture("D", 0.25, 64, 7, 32)
    params = tiny_params(architecture)
    half = ready(params, jnp.bfloat16, transform=True)
    assert all(leaf.dtype == jnp.bfloat16 for leaf in jax.tree.leaves(half))
    x = drawn(1, 64, 64, 3)
    exact, rough = (activations(architecture, p, x)["logits"] for p in (ready(params), half))
    assert rough.dtype == jnp.float32
    assert float(jnp.abs(exact - rough).max()) <= 2e-2 * float(jnp.abs(exact).max())


@pytest.mark.parametrize("channels", [8, 64])
def test_an_accelerators_first_layer_is_the_plain_convolution(channels: int) -> None:
    """Its forms, which a CPU can compute as well."""
    kernel, x = drawn(3, 3, 3, channels), drawn(2, 11, 8, 3)
    check(lambda x: _of_columns(x, kernel), lambda x: plain(x, kernel), x)
    push = drawn(2, 11, 8, channels, seed=1)
    wanted = jax.vjp(lambda x: plain(x, kernel), x)[1](push)[0]
    for form in (_by_sums, _turned):
        assert float(jnp.abs(form(push, kernel) - wanted).max()) <= 1e-4 * float(jnp.abs(wanted).max())


@pytest.mark.parametrize("side", [1, 2, 5])
def test_mean_about(side: int) -> None:
    """Means over the square about each position, over fewer positions at the borders, never of zeros beyond them."""
    x = np.random.default_rng(0).normal(size=(2, 6, 4, 3)).astype(np.float32)
    found = np.asarray(mean_about(jnp.asarray(x), side))
    before, after = (side - 1) // 2, side // 2
    for i in range(6):
        for j in range(4):
            part = x[:, max(0, i - before) : i + after + 1, max(0, j - before) : j + after + 1]
            assert np.allclose(found[:, i, j], part.mean((1, 2)), atol=1e-6)
