"""Convolutions, ReLU and pooling written for ascent on pixels, where only the input's gradient is ever asked for.

All take activations [N, H, W, C] and kernels [kh, kw, in, out] and compute in the type of the activations. What each
form gains, on a CPU or an accelerator, is in docs/speed.md; all agree with JAX's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

# Winograd's F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity. Lavin & Gray 2016, "Fast Algorithms for
# Convolutional Neural Networks": Y = A^T [(G k G^T) * (B^T x B)] A for tiles of 4x4 outputs from 6x6 inputs.
INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
KERNEL: NDArray[np.float32] = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    np.float32,
)
TILE, REACH = 4, 6
# Fewer tiles than this are multiplied as one batch; with more, a product for each of the 36 places is faster.
MANY_TILES = 150
SILENT = 4  # where all four values that are pooled are negative
# Up to so many channels, the gradient of a first layer is one product and nine shifted sums on a CPU, too.
FEW_CHANNELS = 32
ALIGNED = 16  # channels, or columns of a matrix: of what an accelerator multiplies fast, a multiple


def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """3x3 convolution with zeros around the picture: [N, H, W, in] to [N, H, W, out]."""
    return _first(x, kernel) if kernel.shape[2] <= 3 else _plain(x, kernel)


def dense(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Convolution without any border, [N, H, W, in] to [N, H - kh + 1, W - kw + 1, out], as one matrix product.

    For large kernels on small pictures, as in a network's dense layers.
    """
    kh, kw, _, out = kernel.shape
    rows, columns = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    patches = [x[:, i : i + rows, j : j + columns] for i in range(kh) for j in range(kw)]
    return _product(jnp.concatenate(patches, axis=-1), kernel.reshape(-1, out))


@jax.custom_vjp
def relu(x: jax.Array) -> jax.Array:
    """`jax.nn.relu`, whose gradient is told by the result.

    What it was made of need not be kept, so that a convolution can apply it as it writes.
    """
    return jnp.maximum(x, 0)


def _relu_forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    y = relu(x)
    return y, y


def _relu_backward(y: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    # Not y > 0: XLA would make x > 0 of it, and keep x after all.
    return (jnp.where(y != 0, gradient, 0),)


relu.defvjp(_relu_forward, _relu_backward)


@jax.custom_vjp
def relu_pool(x: jax.Array) -> jax.Array:
    """ReLU and 2x2 max pooling with stride 2 of [N, H, W, C]; an odd last row or column is left out.

    The gradient goes to the first of equal values. A byte for each result remembers which one that is, so that none of
    the large arrays is kept or read again.
    """
    return _relu_pool_forward(x)[0]


def _relu_pool_forward(x: jax.Array) -> tuple[jax.Array, tuple[jax.Array, Any]]:
    h, w = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    # Strided slices, whose loops run over whole rows of channels.
    a, b, c, d = (x[:, i:h:2, j:w:2] for i in (0, 1) for j in (0, 1))
    y = jnp.maximum(jnp.maximum(jnp.maximum(a, b), jnp.maximum(c, d)), 0)
    place = jnp.where(y == a, 0, jnp.where(y == b, 1, jnp.where(y == c, 2, 3)))
    odd = ((0, 0), (0, x.shape[1] - h), (0, x.shape[2] - w), (0, 0))
    return y, (jnp.where(y == 0, SILENT, place).astype(jnp.uint8), odd)


def _relu_pool_backward(kept: tuple[jax.Array, Any], gradient: jax.Array) -> tuple[jax.Array]:
    place, odd = kept
    n, h, w, c = gradient.shape
    places = jnp.arange(4, dtype=jnp.uint8).reshape(1, 1, 2, 1, 2, 1)
    each = jnp.where(place[:, :, None, :, None] == places, gradient[:, :, None, :, None], 0)
    return (jnp.pad(each.reshape(n, 2 * h, 2 * w, c), odd),)


relu_pool.defvjp(_relu_pool_forward, _relu_pool_backward)


def mean_about(x: jax.Array, side: int) -> jax.Array:
    """At each position of [N, H, W, C] the mean over the square of this side about it, as far as it lies inside.

    Of an even side, the square reaches one further down and to the right.
    """

    def band(length: int) -> NDArray[np.float32]:
        away = np.arange(length)[None] - np.arange(length)[:, None]
        near = (away >= -((side - 1) // 2)) & (away <= side // 2)
        return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)

    rows, columns = (jnp.asarray(band(length), x.dtype) for length in x.shape[1:3])
    found: jax.Array = jnp.einsum("ay,bx,nyxc->nabc", rows, columns, x)
    return found


def pays(kernel: tuple[int, ...]) -> bool:
    """Whether Winograd's form of a layer with this kernel shape is faster on a CPU than the plain one."""
    return kernel[:2] == (3, 3) and min(kernel[2:]) >= 128 and max(kernel[2:]) >= 256


def transformed(kernel: Any) -> dict[str, jax.Array]:
    """What `winograd` needs of a kernel [3, 3, in, out]: its transform, and that of the kernel of the gradient.

    Each is four times as large as the kernel.
    """
    turned = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
    forward, backward = (jnp.einsum("ra,sb,abcd->rscd", KERNEL, KERNEL, k) for k in (kernel, turned))
    return {"forward": forward, "backward": backward}


@jax.custom_vjp
def winograd(x: jax.Array, forward: jax.Array, backward: jax.Array) -> jax.Array:
    """`convolve` by Winograd's F(4x4, 3x3): a quarter of the multiplications, float32 only.

    forward, backward: from `transformed`. They get no gradient: one that is asked for is an error.
    """
    del backward
    return _winograd(x, forward)


def _winograd_forward(x: jax.Array, forward: jax.Array, backward: jax.Array) -> tuple[jax.Array, jax.Array]:
    return _winograd(x, forward), backward


def _winograd_backward(backward: jax.Array, gradient: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    nothing = jnp.full((1,), jnp.nan, gradient.dtype)  # never zeros: a weight's gradient must not look right
    shape = backward.swapaxes(2, 3).shape
    return _winograd(gradient, backward), jnp.broadcast_to(nothing, shape), jnp.broadcast_to(nothing, backward.shape)


winograd.defvjp(_winograd_forward, _winograd_backward)


def _winograd(x: jax.Array, kernel: jax.Array) -> jax.Array:
    n, h, w, before = x.shape
    after = kernel.shape[3]
    down, across = -(-h // TILE), -(-w // TILE)
    padded = jnp.pad(x, ((0, 0), (1, TILE * down + 3 - h), (1, TILE * across + 3 - w), (0, 0)))
    last = TILE * (down - 1) + 1
    rows = [padded[:, i : i + last : TILE] for i in range(REACH)]
    # Barriers keep XLA from computing the same sums anew for each of the 36 places.
    mixed: Sequence[jax.Array] = jax.lax.optimization_barrier([_sum(line, rows) for line in INPUT])
    last = TILE * (across - 1) + 1
    tiles = [_sum(line, [m[:, :, i : i + last : TILE] for i in range(REACH)]) for m in mixed for line in INPUT]
    if n * down * across < MANY_TILES:
        stacked = jnp.stack([tile.reshape(-1, before) for tile in tiles])
        flat = jnp.einsum("tnc,tcd->tnd", stacked, kernel.reshape(REACH * REACH, before, after))
        products = [part.reshape(n, down, across, after) for part in flat]
    else:
        flat = kernel.reshape(REACH * REACH, before, after)
        products = [_product(tile, flat[i]) for i, tile in enumerate(tiles)]
    lines = [products[REACH * i : REACH * (i + 1)] for i in range(REACH)]
    wide: Sequence[jax.Array] = jax.lax.optimization_barrier(
        [jnp.concatenate([_sum(mix, line) for mix in OUTPUT], axis=-1) for line in lines]
    )
    outputs = [_sum(mix, wide).reshape(n, down, TILE * across, after) for mix in OUTPUT]
    return jnp.stack(outputs, axis=2).reshape(n, TILE * down, TILE * across, after)[:, :h, :w]


def _sum(weights: Sequence[int], parts: Sequence[jax.Array]) -> jax.Array:
    total = None
    for weight, part in zip(weights, parts, strict=True):
        if weight:
            term = part if weight == 1 else weight * part
            total = term if total is None else total + term
    assert total is not None
    return total


def _product(x: jax.Array, matrix: jax.Array) -> jax.Array:
    return jax.lax.dot_general(x, matrix, (((x.ndim - 1,), (0,)), ((), ())))


def _plain(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@jax.custom_vjp
def _first(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The plain convolution of a picture, in forms made for its few channels."""
    forward: jax.Array = jax.lax.platform_dependent(x, kernel, cpu=_plain, default=_of_columns)
    return forward


def _of_columns(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """The convolution of the three columns under a kernel laid side by side: an accelerator wants many channels."""
    wide = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    w, gathered = x.shape[2], 3 * x.shape[3]
    spare = -gathered % ALIGNED
    columns = jnp.concatenate([wide[:, :, j : j + w] for j in range(3)], axis=-1)
    columns = jnp.pad(columns, ((0, 0), (1, 1), (0, 0), (0, spare)))
    kernel = jnp.pad(kernel.reshape(3, 1, gathered, -1), ((0, 0), (0, 0), (0, spare), (0, 0)))
    return jax.lax.conv_general_dilated(columns, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _first_forward(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _first(x, kernel), (x, kernel)


def _first_backward(kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = kept
    pixels: jax.Array = jax.lax.platform_dependent(
        gradient, kernel, cpu=_by_sums if kernel.shape[3] <= FEW_CHANNELS else _turned, default=_by_sums
    )
    # Where nobody asks for the kernel's gradient, it is not computed.
    return pixels, jax.vjp(_plain, x, kernel)[1](gradient)[1]


def _turned(gradient: jax.Array, kernel: jax.Array) -> jax.Array:
    """The gradient of the plain convolution's input, as a plain convolution."""
    return _plain(gradient, jnp.flip(kernel, (0, 1)).swapaxes(2, 3))


def _by_sums(gradient: jax.Array, kernel: jax.Array) -> jax.Array:
    """The same as one product, which gives each position's share in its nine neighbours, and nine shifted sums."""
    _, h, w, after = gradient.shape
    before = kernel.shape[2]
    matrix = kernel.transpose(3, 0, 1, 2).reshape(after, -1)
    each = _product(gradient, jnp.pad(matrix, ((0, 0), (0, -matrix.shape[1] % ALIGNED))))
    each = jnp.pad(jax.lax.optimization_barrier(each), ((0, 0), (1, 1), (1, 1), (0, 0)))
    firsts = [before * place for place in range(9)]
    parts = [
        each[:, 2 - i : 2 - i + h, 2 - j : 2 - j + w, firsts[3 * i + j] : firsts[3 * i + j] + before]
        for i in range(3)
        for j in range(3)
    ]
    return sum(parts[1:], parts[0])


_first.defvjp(_first_forward, _first_backward)
