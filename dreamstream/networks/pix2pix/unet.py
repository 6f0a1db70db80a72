"""pix2pix's U-Net: lines and a word to a picture with its matte."""

from __future__ import annotations

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.networks.stylegan2.layers import Conv, Dense, doubled, doubled_smoothly, halved, leaky

# Channels at full size, half of it, a quarter, ..., by the side of the picture.
CHANNELS = {
    64: (16, 32, 64, 96, 128),
    128: (16, 32, 64, 96, 128, 128),
}
STRENGTH = 0.2  # of what words change at the start: they shall help, and not shout


@dataclass(frozen=True)
class Shape:
    """What a U-Net is built by. channels: at full size, half, ...; words: how many it can be told, with "none".

    word: length of a word's vector. smooth: whether sizes are doubled between pixels, and not by repeating them, which
    lays a weave over surfaces; files from before do not say.
    """

    size: int = 128
    words: int = 1
    channels: tuple[int, ...] = CHANNELS[128]
    word: int = 32
    smooth: bool = False


class UNet(nn.Module):
    """Lines [N, S, S, 1], -1 is ink and 1 paper, and words int32 [N] to pictures [N, S, S, 4].

    RGB is about -1 to 1, not multiplied by the matte; the matte is in [0, 1]. Word 0 is "none".
    """

    shape: Shape

    @nn.compact
    def __call__(self, lines: jax.Array, words: jax.Array) -> jax.Array:
        """The pictures."""
        table = self.param("words", nn.initializers.normal(1.0), (self.shape.words, self.shape.word))
        told = table[words]
        channels, last = self.shape.channels, len(self.shape.channels) - 1
        x, kept = lines, []
        for level, count in enumerate(channels):
            x = halved(x) if level else x
            x = Conv(count, name=f"down_{level}")(x)
            x = leaky(_told(x, told, f"down_word_{level}") if level >= last - 1 else x)
            kept.append(x)
        x = leaky(_told(Conv(channels[-1], name="middle")(x), told, "middle_word"))
        twice = doubled_smoothly if self.shape.smooth else doubled
        for level in range(last - 1, -1, -1):
            x = Conv(channels[level], name=f"up_{level}")(jnp.concatenate([twice(x), kept[level]], axis=-1))
            x = leaky(_told(x, told, f"up_word_{level}"))
        made = Conv(4, name="picture")(x)
        return jnp.concatenate([made[..., :3], jax.nn.sigmoid(2 * made[..., 3:])], axis=-1)


def _told(x: jax.Array, told: jax.Array, name: str) -> jax.Array:
    """Each channel scaled and moved as the word says (Perez et al. 2018)."""
    change = Dense(2 * x.shape[-1], name=name)(told)[:, None, None] * STRENGTH
    scale, shift = jnp.split(change, 2, axis=-1)
    return x * (1 + scale) + shift
