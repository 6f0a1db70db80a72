"""DCGAN's generator and discriminator, with batch normalisation, or with SELU, which needs none.

What is published doubles by transposed and halves by strided convolutions of 4x4; on a CPU their gradients are many
times slower than those of 3x3 between repeated or averaged pixels, which see as much. Weights begin as published:
N(0, 0.02); with SELU, N(0, 1 / inputs) (Klambauer et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from dreamstream.networks.stylegan2.layers import convolve, doubled, halved, normalised

# Channels at 4x4, 8x8, ... up to half the side, by the side of the picture.
CHANNELS = {64: (64, 48, 32, 16), 128: (64, 64, 48, 32, 16)}
LEAST = 4
EPSILON = 1e-5  # of batch normalisation
STATISTICS = "statistics"  # the collection in which a batch's means and variances are told
Initializer = Callable[..., jax.Array]


@dataclass(frozen=True)
class Shape:
    """What a DCGAN is built by. channels: at 4x4, 8x8, ... pixels up to half the side. latent: length of z.

    selu: whether it has SELU instead of batch normalisation with ReLU.
    """

    channels: tuple[int, ...] = CHANNELS[64]
    latent: int = 100
    selu: int = 0

    @property
    def size(self) -> int:
        """Side of the pictures, in pixels."""
        return int(LEAST * 2 ** len(self.channels))

    def random(self, key: jax.Array, count: int) -> jax.Array:
        """Latents [count, latent] as they are taught: normal."""
        return jax.random.normal(key, (count, self.latent))


class Conv(nn.Module):
    """A convolution [N, H, W, C] to [N, H, W, features] of 3x3."""

    features: int
    selu: bool
    biased: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply it."""
        kernel = self.param("kernel", _weights(self.selu), (3, 3, x.shape[-1], self.features))
        y = convolve(x, kernel)
        return y + self.param("bias", nn.initializers.zeros, (self.features,))[None, None, None] if self.biased else y


class BatchNorm(nn.Module):
    """Channels [N, H, W, C] scaled and moved; in training, first normalised over the batch, whose statistics are told.

    What is not in training has the statistics within scale and bias, see `folded`.
    """

    training: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply it."""
        scale = self.param("scale", _scales, (x.shape[-1],))
        bias = self.param("bias", nn.initializers.zeros, (x.shape[-1],))
        if self.training:
            mean, variance = (find(x, (0, 1, 2)) for find in (jnp.mean, jnp.var))
            for name, value in (("mean", mean), ("variance", variance)):
                self.sow(STATISTICS, name, value, reduce_fn=lambda _, new: new, init_fn=lambda: jnp.zeros(()))
            x = (x - mean[None, None, None]) * lax.rsqrt(variance + EPSILON)[None, None, None]
        return x * scale[None, None, None] + bias[None, None, None]


class Generator(nn.Module):
    """Latents [N, latent] to pictures [N, size, size, 3] in [-1, 1]."""

    shape: Shape
    training: bool = False

    @nn.compact
    def __call__(self, latents: jax.Array, noise: jax.Array | None = None) -> jax.Array:
        """The pictures of latents. noise: as other generators take it; this one has none."""
        selu, channels = bool(self.shape.selu), self.shape.channels
        kernel = self.param("in", _weights(selu), (self.shape.latent, LEAST * LEAST * channels[0]))
        x = jnp.matmul(latents, kernel).reshape(-1, LEAST, LEAST, channels[0])
        for level, count in enumerate(channels):
            if level:
                x = Conv(count, selu, biased=selu, name=f"up_{level}")(doubled(x))
            x = nn.selu(x) if selu else nn.relu(BatchNorm(self.training, name=f"norm_{level}")(x))
        return jnp.tanh(Conv(3, selu, name="picture")(doubled(x)))

    def style(self, latents: jax.Array) -> jax.Array:
        """Latents of any length brought to that of random ones: almost all of these lie near one sphere."""
        return normalised(latents)

    def picture(self, style: jax.Array) -> jax.Array:
        """Pictures of latents as they are, [N, latent]."""
        made: jax.Array = self(style)
        return made


class Discriminator(nn.Module):
    """Pictures [N, S, S, 3] to scores [N]. It is always in training: with batch normalisation, of this very batch."""

    shape: Shape

    @nn.compact
    def __call__(self, pictures: jax.Array) -> jax.Array:
        """The scores."""
        selu, x = bool(self.shape.selu), pictures
        for level, count in enumerate(reversed(self.shape.channels)):
            x = halved(Conv(count, selu, biased=selu or not level, name=f"down_{level}")(x))
            if selu:
                x = nn.selu(x)
            else:
                x = nn.leaky_relu(BatchNorm(training=True, name=f"norm_{level}")(x) if level else x, 0.2)
        flat = x.reshape(x.shape[0], -1)
        return jnp.matmul(flat, self.param("out", _weights(selu), (flat.shape[-1], 1)))[:, 0]


def folded(params: dict[str, object], statistics: dict[str, object]) -> dict[str, object]:
    """Parameters with the means and variances of batch normalisation taken into its scales and biases."""
    made: dict[str, object] = {}
    for name, value in params.items():
        known = statistics.get(name)
        if known is None:
            made[name] = value
            continue
        scale = value["scale"] / jnp.sqrt(known["variance"] + EPSILON)  # type: ignore[index]
        made[name] = {"scale": scale, "bias": value["bias"] - known["mean"] * scale}  # type: ignore[index]
    return made


def _weights(selu: bool) -> Initializer:
    return nn.initializers.lecun_normal() if selu else nn.initializers.normal(0.02)


def _scales(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return 1 + 0.02 * jax.random.normal(key, shape)
