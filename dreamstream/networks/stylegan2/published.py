"""StyleGAN2's generator as it was published, so that what others have taught makes the same pictures here.

There are two forms: that of the paper (Karras et al. 2020), which NVIDIA's own and most others have, and a freer one,
in which pixels are doubled before a convolution and not by it. Weights are as they are used: whatever scale their
writer had (equalised learning rates) is in them. It makes pictures and is not taught on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from dreamstream.networks.stylegan2.layers import EPSILON, convolve, doubled_smoothly, leaky, normalised
from dreamstream.networks.stylegan2.pyramid import Pyramid

FILTER = (0.25, 0.75, 0.75, 0.25)  # [1, 3, 3, 1] in one direction, after zeros between pixels
SOFT = (0.25, 0.5, 0.25)  # what smooths a doubled picture in the free form


@dataclass(frozen=True)
class PublishedShape(Pyramid):
    """What such a generator is built by. channels: at 4x4, 8x8, ... pixels. latent: length of z. style: length of w.

    layers: of the mapping network. free: 0 in the paper's form, which doubles by a transposed convolution and a filter;
    1 in the free one, by bilinear interpolation.
    """

    channels: tuple[int, ...]
    latent: int = 512
    style: int = 512
    layers: int = 8
    free: int = 0

    @property
    def convolutions(self) -> list[tuple[int, bool]]:
        """Of each convolution, in order: its level, and whether it doubles."""
        pairs = [(level, each) for level in range(len(self.channels)) for each in range(2)]
        return [(level, level > 0 and each == 0) for level, each in pairs[0 if self.free else 1 :]]


class Linear(nn.Module):
    """A dense layer [N, C] to [N, features], its weights as they are."""

    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Apply it."""
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (x.shape[-1], self.features))
        return jnp.matmul(x, kernel) + self.param("bias", nn.initializers.zeros, (self.features,))[None]


class Modulated(nn.Module):
    """A convolution modulated by a style [N, S]; as `layers.StyledConv`, with one kernel for all pictures.

    doubles: to twice the size, in the paper's form. demodulate: whether the output has unit expected variance.
    """

    features: int
    side: int = 3
    doubles: bool = False
    demodulate: bool = True

    @nn.compact
    def __call__(self, x: jax.Array, style: jax.Array) -> jax.Array:
        """Apply it."""
        channels = x.shape[-1]
        scale = Linear(channels, name="scale")(style)
        shape = (self.side, self.side, channels, self.features)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        x = x * scale[:, None, None]
        y = filtered(transposed(x, kernel)) if self.doubles else convolve(x, kernel)
        if self.demodulate:
            y = y * lax.rsqrt(jnp.matmul(scale**2, jnp.sum(kernel**2, axis=(0, 1))) + EPSILON)[:, None, None]
        return y + self.param("bias", nn.initializers.zeros, (self.features,))[None, None, None]


class PublishedGenerator(nn.Module):
    """Latents [N, latent] to pictures [N, size, size, 3], about -1 to 1.

    In the paper's form the noise that a file has kept, here the grain, lies over all pictures alike: so they are
    functions of the latent alone.
    """

    shape: PublishedShape

    def setup(self) -> None:
        """Make the layers."""
        shape, paper = self.shape, not self.shape.free
        self.mapping = [Linear(shape.style) for _ in range(shape.layers)]
        self.constant = self.param("constant", nn.initializers.normal(1.0), (4, 4, shape.channels[0]))
        self.convolutions = [
            Modulated(shape.channels[level], doubles=doubles and paper) for level, doubles in shape.convolutions
        ]
        self.grain = [
            self.param(f"grain_{number}", nn.initializers.zeros, (4 * 2**level, 4 * 2**level))
            for number, (level, _) in enumerate(shape.convolutions if paper else ())
        ]
        self.pictures = [Modulated(3, side=1, demodulate=False) for _ in shape.channels]

    def __call__(self, latents: jax.Array, noise: jax.Array | None = None) -> jax.Array:
        """The pictures of latents. noise: as other generators take it; this one's grain is fixed."""
        return self.picture(self.style(latents))

    def style(self, latents: jax.Array) -> jax.Array:
        """Styles w [N, style] of latents z [N, latent]; the length of z does not count."""
        w = normalised(latents)
        for layer in self.mapping:
            w = leaky(layer(w))
        return w

    def picture(self, style: jax.Array) -> jax.Array:
        """Pictures of styles [N, style]."""
        paper = not self.shape.free
        x = jnp.broadcast_to(self.constant, (style.shape[0], *self.constant.shape))
        picture = jnp.zeros((style.shape[0], 2, 2, 3))
        plan = self.shape.convolutions
        for number, (level, doubles) in enumerate(plan):
            x = self.convolutions[number](doubled_smoothly(x) if doubles and not paper else x, style)
            x = leaky(x + self.grain[number][None, :, :, None] if paper else x)
            if number + 1 == len(plan) or plan[number + 1][1]:  # the last of its size
                above = enlarged(picture) if paper else softened(doubled_smoothly(picture))
                picture = above + self.pictures[level](x, style)
        return picture


def transposed(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """[N, H, W, C] by a transposed convolution of stride 2, [N, 2 H + 1, 2 W + 1, D]; kernel [3, 3, C, D].

    Only ever forwards: on a CPU its gradient is slow, but it is the fastest way to a picture.
    """
    y: jax.Array = lax.conv_general_dilated(
        x,
        kernel[::-1, ::-1],
        (1, 1),
        ((2, 2), (2, 2)),
        lhs_dilation=(2, 2),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y


def filtered(y: jax.Array) -> jax.Array:
    """FILTER in both directions, with zeros beyond the edge: [N, H + 1, W + 1, C] to [N, H, W, C]."""
    return _weighted(jnp.pad(y, ((0, 0), (1, 1), (1, 1), (0, 0))), FILTER)


def enlarged(picture: jax.Array) -> jax.Array:
    """Twice the size by FILTER, which is bilinear, but with zeros beyond the edge."""
    return doubled_smoothly(jnp.pad(picture, ((0, 0), (1, 1), (1, 1), (0, 0))))[:, 2:-2, 2:-2]


def softened(picture: jax.Array) -> jax.Array:
    """SOFT in both directions over [N, H, W, C], mirrored at the edge."""
    return _weighted(jnp.pad(picture, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"), SOFT)


def _weighted(x: jax.Array, shares: Sequence[float]) -> jax.Array:
    """Neighbours along both sides, summed by their shares; as much smaller as there are fewer of them."""
    for axis in (1, 2):
        length = x.shape[axis] - len(shares) + 1
        parts = [lax.slice_in_dim(x, at, at + length, axis=axis) * share for at, share in enumerate(shares)]
        x = sum(parts[1:], parts[0])
    return x
