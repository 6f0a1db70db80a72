"""pix2pix's discriminator: it judges overlapping patches of about half the picture, each by itself."""

from __future__ import annotations

import flax.linen as nn
import jax

from dreamstream.networks.stylegan2.layers import Conv, halved, leaky

CHANNELS = (16, 32, 64)


class PatchDiscriminator(nn.Module):
    """Lines and pictures together, [N, S, S, C], to one score for each patch [N, S/8, S/8].

    A score sees 54 pixels a side, of 128 as of 64: rather more of a picture than the 70 of 256 that were published.
    """

    channels: tuple[int, ...] = CHANNELS

    @nn.compact
    def __call__(self, seen: jax.Array) -> jax.Array:
        """The scores."""
        x = seen
        for level, count in enumerate(self.channels):
            x = halved(leaky(Conv(count, name=f"down_{level}")(x)))
        x = leaky(Conv(self.channels[-1], name="last")(x))
        return Conv(1, name="score")(x)[..., 0]
