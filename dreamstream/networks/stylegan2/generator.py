"""StyleGAN2's generator: mapping network, styled convolutions with noise, a picture summed over all sizes."""

from __future__ import annotations

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.networks.stylegan2.layers import Dense, StyledConv, doubled, doubled_smoothly, leaky, normalised
from dreamstream.networks.stylegan2.pyramid import Pyramid

# Channels at 4x4, 8x8, ... pixels, by the side of the picture.
CHANNELS = {
    64: (96, 96, 64, 32, 16),
    128: (96, 96, 96, 64, 32, 16),
    256: (96, 96, 96, 96, 64, 32, 16),
}


@dataclass(frozen=True)
class Shape(Pyramid):
    """What a generator is built by. channels: at 4x4, 8x8, ... pixels, so that size is 4 * 2 ** (len(channels) - 1).

    latent: length of z. style: length of w. layers: of the mapping network. smooth: 1 where what is doubled or halved
    goes through the paper's low-pass filter; 0, where pixels are repeated, leaves a grid (and is what files that do not
    say it were taught with). The weights are the same.
    """

    channels: tuple[int, ...] = CHANNELS[64]
    latent: int = 64
    style: int = 96
    layers: int = 3
    smooth: int = 0

    @property
    def styles(self) -> int:
        """How many styles a picture takes: two for each size."""
        return 2 * len(self.channels)


class Generator(nn.Module):
    """Latents [N, latent] to pictures [N, size, size, 3], about -1 to 1.

    Where no noise is given, there is none: the picture is then a function of the latent alone.
    """

    shape: Shape

    def setup(self) -> None:
        """Make the layers."""
        shape = self.shape
        self.mapping = [Dense(shape.style, rate=0.01) for _ in range(shape.layers)]
        self.constant = self.param("constant", nn.initializers.normal(1.0), (4, 4, shape.channels[0]))
        pairs = [(level, each) for level in range(len(shape.channels)) for each in range(2 if level else 1)]
        self.convolutions = [StyledConv(shape.channels[level]) for level, _ in pairs]
        self.strengths = self.param("noise", nn.initializers.zeros, (len(pairs),))
        self.pictures = [StyledConv(3, side=1, demodulate=False) for _ in shape.channels]

    def __call__(self, latents: jax.Array, noise: jax.Array | None = None) -> jax.Array:
        """The pictures of latents; noise: a random key, None for none."""
        return self.draw(self.repeated(self.style(latents)), noise)

    def style(self, latents: jax.Array) -> jax.Array:
        """Styles w [N, style] of latents z [N, latent]; the length of z does not count."""
        w = normalised(latents)
        for layer in self.mapping:
            w = leaky(layer(w))
        return w

    def picture(self, style: jax.Array) -> jax.Array:
        """Pictures of styles [N, style], without noise."""
        return self.draw(self.repeated(style))

    def repeated(self, style: jax.Array) -> jax.Array:
        """The same style for every layer: [N, style] to [N, styles, style]."""
        return jnp.broadcast_to(style[:, None], (style.shape[0], self.shape.styles, style.shape[1]))

    def draw(self, styles: jax.Array, noise: jax.Array | None = None) -> jax.Array:
        """Pictures of styles [N, styles, style], one for each layer, the coarsest first."""
        x = jnp.broadcast_to(self.constant, (styles.shape[0], *self.constant.shape)).astype(styles.dtype)
        picture, number = jnp.zeros((styles.shape[0], 2, 2, 3), styles.dtype), 0
        for level in range(len(self.shape.channels)):
            if level:
                x = doubled_smoothly(x) if self.shape.smooth else doubled(x)
            for each in range(2 if level else 1):
                x = self.convolutions[number](x, styles[:, 2 * level + each])
                if noise is not None:
                    drawn = jax.random.normal(jax.random.fold_in(noise, number), (*x.shape[:3], 1), x.dtype)
                    x = x + self.strengths[number].astype(x.dtype) * drawn
                x = leaky(x)
                number += 1
            layer = self.pictures[level](x, styles[:, 2 * level + 1])
            picture = layer + doubled_smoothly(picture)
        return picture
