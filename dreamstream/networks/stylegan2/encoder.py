"""Pictures back to latents: the discriminator's way down without its judgement."""

from __future__ import annotations

import flax.linen as nn
import jax

from dreamstream.networks.stylegan2.layers import Conv, Dense, halved, leaky, normalised


class Encoder(nn.Module):
    """Pictures [N, S, S, 3] to latents [N, latent] of mean square 1, as a generator takes them.

    channels: as the generator's.
    """

    channels: tuple[int, ...]
    latent: int

    @nn.compact
    def __call__(self, pictures: jax.Array) -> jax.Array:
        """The latents."""
        x = leaky(Conv(self.channels[-1], side=1, name="in")(pictures))
        for level in range(len(self.channels) - 1, 0, -1):
            x = leaky(Conv(self.channels[level - 1], name=f"down_{level}")(halved(x)))
        return normalised(Dense(self.latent, name="out")(x.reshape(x.shape[0], -1)))
