"""BEGAN's networks: the decoder, which is also the generator, and the auto-encoder that discriminates.

Both work at half the pictures' size: four pixels are one place with twelve numbers (sub-pixel convolution, Shi et al.
2016), which is a third of the work on a CPU, where few channels of many pixels are what takes time.
"""

from __future__ import annotations

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.networks.stylegan2.layers import Conv, Dense, doubled, doubled_smoothly, halved, leaky, normalised

# Channels at 8x8, 16x16, ... up to half the side, by the side of the picture.
CHANNELS = {64: (48, 32, 24), 128: (48, 32, 32, 24)}
LEAST = 8
DETAIL = 0.3  # how strong single pixels are at the start
UNIFORM = 3**-0.5  # root mean square of numbers that are uniform in [-1, 1]
FEW = 3  # numbers of a latent that are each taken for itself


@dataclass(frozen=True)
class Shape:
    """What a BEGAN is built by. channels: at 8x8, 16x16, ... pixels up to half the side. latent: length of z.

    code: length of what the auto-encoder keeps of a picture.
    """

    channels: tuple[int, ...] = CHANNELS[64]
    latent: int = 100
    code: int = 64

    @property
    def size(self) -> int:
        """Side of the pictures, in pixels."""
        return int(LEAST * 2 ** len(self.channels))

    @property
    def few(self) -> bool:
        """Whether a latent has so few numbers that each counts for itself, from -1 to 1.

        Of many, almost all that are drawn lie near one sphere, and only their direction counts.
        """
        return self.latent <= FEW

    def random(self, key: jax.Array, count: int) -> jax.Array:
        """Latents [count, latent] as they are taught: uniform in [-1, 1]."""
        return jax.random.uniform(key, (count, self.latent), minval=-1.0, maxval=1.0)


class Decoder(nn.Module):
    """Codes [N, C] to pictures [N, S, S, 3]. channels: as a shape's."""

    channels: tuple[int, ...]

    @nn.compact
    def __call__(self, codes: jax.Array) -> jax.Array:
        """The pictures."""
        x = Dense(LEAST * LEAST * self.channels[0], name="in")(codes).reshape(-1, LEAST, LEAST, self.channels[0])
        for level, count in enumerate(self.channels):
            x = doubled(x) if level else x
            x = leaky(Conv(count, name=f"first_{level}")(x))
            x = leaky(Conv(count, name=f"second_{level}")(x))
        # A smooth picture, to which single pixels add: four that begin as strangers would be a grid for long.
        return doubled_smoothly(Conv(3, name="picture")(x)) + DETAIL * unfolded(Conv(12, name="detail")(x))


class Encoder(nn.Module):
    """Pictures [N, S, S, 3] to codes [N, code]."""

    shape: Shape

    @nn.compact
    def __call__(self, pictures: jax.Array) -> jax.Array:
        """The codes."""
        channels = self.shape.channels
        x = leaky(Conv(channels[-1], name="in")(folded(pictures)))
        for level in range(len(channels) - 1, 0, -1):
            x = halved(leaky(Conv(channels[level - 1], name=f"down_{level}")(x)))
        x = leaky(Conv(channels[0], name="last")(x))
        return Dense(self.shape.code, name="code")(x.reshape(x.shape[0], -1))


class Generator(nn.Module):
    """Latents [N, latent] to pictures [N, size, size, 3], about -1 to 1."""

    shape: Shape

    def setup(self) -> None:
        """Make the layers."""
        self.decoder = Decoder(self.shape.channels)

    def __call__(self, latents: jax.Array, noise: jax.Array | None = None) -> jax.Array:
        """The pictures of latents. noise: as other generators take it; this one has none."""
        return self.picture(latents)

    def style(self, latents: jax.Array) -> jax.Array:
        """Latents of any length brought to that of random ones; a few numbers stay, from -1 to 1."""
        if self.shape.few:
            return jnp.clip(latents, -1.0, 1.0)
        return normalised(latents) * UNIFORM

    def picture(self, style: jax.Array) -> jax.Array:
        """Pictures of latents as they are, [N, latent]; 0 is the picture in the middle of them all."""
        made: jax.Array = self.decoder(style)
        return made


class Discriminator(nn.Module):
    """An auto-encoder: it discriminates by what it fails at."""

    shape: Shape

    def setup(self) -> None:
        """Make the layers."""
        self.encoder = Encoder(self.shape)
        self.decoder = Decoder(self.shape.channels)

    def __call__(self, pictures: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Pictures [N, S, S, 3] as the auto-encoder makes them again, and their codes [N, code]."""
        codes = self.code(pictures)
        return self.decode(codes), codes

    def code(self, pictures: jax.Array) -> jax.Array:
        """Codes [N, code] of pictures."""
        codes: jax.Array = self.encoder(pictures)
        return codes

    def decode(self, codes: jax.Array) -> jax.Array:
        """Pictures of codes [N, code]."""
        pictures: jax.Array = self.decoder(codes)
        return pictures


def folded(pictures: jax.Array) -> jax.Array:
    """Four pixels as the channels of one place: [N, S, S, C] to [N, S/2, S/2, 4 C]."""
    n, h, w, c = pictures.shape
    split = pictures.reshape(n, h // 2, 2, w // 2, 2, c)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(n, h // 2, w // 2, 4 * c)


def unfolded(places: jax.Array) -> jax.Array:
    """Back from `folded`: [N, S/2, S/2, 4 C] to [N, S, S, C]."""
    n, h, w, c = places.shape
    split = places.reshape(n, h, w, 2, 2, c // 4)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * h, 2 * w, c // 4)
