"""The layers of StyleGAN2, with equalised learning rates: weights are drawn from N(0, 1) and scaled where they are
used, so that one step size suits them all (Karras et al. 2018, section 4.1). Activations are [N, H, W, C].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

EPSILON = 1e-8


def leaky(x: jax.Array) -> jax.Array:
    """Leaky ReLU of slope 0.2, scaled so that the variance stays."""
    return jnp.maximum(x, 0.2 * x) * 2**0.5


def normalised(x: jax.Array) -> jax.Array:
    """Vectors [..., C] scaled to a mean square of 1."""
    return x * lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + EPSILON)


def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """A plain convolution [N, H, W, C] * [k, k, C, D], same size."""
    y: jax.Array = lax.conv_general_dilated(
        x, kernel.astype(x.dtype), (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return y


def doubled(x: jax.Array) -> jax.Array:
    """Each pixel twice in both directions."""
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c)).reshape(n, 2 * h, 2 * w, c)


def doubled_smoothly(x: jax.Array) -> jax.Array:
    """Twice the size, bilinear, which is the filter [1, 3, 3, 1] of Karras et al. 2020: no pixel is seen twice."""
    n, h, w, c = x.shape
    y: jax.Array = jax.image.resize(x, (n, 2 * h, 2 * w, c), "bilinear")
    return y


def halved(x: jax.Array) -> jax.Array:
    """The mean of each 2x2 pixels."""
    y: jax.Array = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) * 0.25
    return y


def halved_smoothly(x: jax.Array) -> jax.Array:
    """Half the size by the filter [1, 3, 3, 1] in both directions; beyond the edge stands the pixel at the edge."""
    return _halved_along(_halved_along(x, 1), 2)


def _halved_along(x: jax.Array, axis: int) -> jax.Array:
    half = x.shape[axis] // 2
    pairs = x.reshape(*x.shape[:axis], half, 2, *x.shape[axis + 1 :])
    even, odd = (lax.index_in_dim(pairs, which, axis + 1, keepdims=False) for which in (0, 1))
    # Slices put together, and no padding or window: on a CPU their gradients are ten times slower.
    before = jnp.concatenate([lax.slice_in_dim(even, 0, 1, axis=axis), lax.slice_in_dim(odd, 0, -1, axis=axis)], axis)
    after = jnp.concatenate(
        [lax.slice_in_dim(even, 1, half, axis=axis), lax.slice_in_dim(odd, -1, None, axis=axis)], axis
    )
    return 0.375 * (even + odd) + 0.125 * (before + after)


def applied(
    module: nn.Module, params: Mapping[str, Any], *inputs: jax.Array | None, method: str | None = None
) -> jax.Array:
    """What a module makes of its inputs with these parameters, by one of its methods."""
    return cast(jax.Array, module.apply(params, *inputs, method=method))


class Dense(nn.Module):
    """A dense layer [N, C] to [N, features]. bias: at the start. rate: of its learning, beside the other layers'."""

    features: int
    bias: float = 0.0
    rate: float = 1.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply it."""
        kernel = self.param("kernel", nn.initializers.normal(1 / self.rate), (x.shape[-1], self.features))
        bias = self.param("bias", nn.initializers.constant(self.bias / self.rate), (self.features,))
        scaled = kernel * (self.rate / x.shape[-1] ** 0.5)
        return jnp.matmul(x, scaled.astype(x.dtype)) + (bias * self.rate)[None].astype(x.dtype)


class Conv(nn.Module):
    """A convolution [N, H, W, C] to [N, H, W, features]. side: of the kernel."""

    features: int
    side: int = 3
    biased: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply it."""
        kernel = self.param("kernel", nn.initializers.normal(1.0), (self.side, self.side, x.shape[-1], self.features))
        y = convolve(x, kernel / (x.shape[-1] * self.side**2) ** 0.5)
        if not self.biased:
            return y
        return y + self.param("bias", nn.initializers.zeros, (self.features,))[None, None, None].astype(x.dtype)


class StyledConv(nn.Module):
    """A convolution modulated by a style [N, S], and demodulated where `demodulate` (Karras et al. 2020, section 2.2).

    Instead of a kernel of its own for each picture, the input is scaled by the style, convolved with the shared kernel,
    and the output scaled to unit expected variance: the same result, without grouped convolutions.
    """

    features: int
    side: int = 3
    demodulate: bool = True

    @nn.compact
    def __call__(self, x: jax.Array, style: jax.Array) -> jax.Array:
        """Apply it."""
        channels = x.shape[-1]
        scale = Dense(channels, bias=1.0, name="scale")(style)
        kernel = self.param("kernel", nn.initializers.normal(1.0), (self.side, self.side, channels, self.features))
        kernel = kernel / (channels * self.side**2) ** 0.5
        y = convolve(x * scale[:, None, None].astype(x.dtype), kernel)
        if self.demodulate:
            power = jnp.matmul(scale**2, jnp.sum(kernel**2, axis=(0, 1)))
            y = y * lax.rsqrt(power + EPSILON)[:, None, None].astype(x.dtype)
        return y + self.param("bias", nn.initializers.zeros, (self.features,))[None, None, None].astype(x.dtype)
