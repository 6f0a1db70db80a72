"""What StyleGAN2s of every form are built by: pictures that double from 4x4 pixels on, and normal latents."""

from __future__ import annotations

import jax


class Pyramid:
    """A part of shapes that have `channels` at 4x4, 8x8, ... pixels, and the length of a `latent`."""

    channels: tuple[int, ...]
    latent: int

    @property
    def size(self) -> int:
        """Side of the pictures, in pixels."""
        return int(4 * 2 ** (len(self.channels) - 1))

    def random(self, key: jax.Array, count: int) -> jax.Array:
        """Latents [count, latent] as they are taught: normal."""
        return jax.random.normal(key, (count, self.latent))
