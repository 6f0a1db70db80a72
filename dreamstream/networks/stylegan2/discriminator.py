"""StyleGAN2's residual discriminator."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.networks.stylegan2.layers import EPSILON, Conv, Dense, halved, halved_smoothly, leaky

GROUP = 4  # pictures whose deviation from each other is one more channel


class Discriminator(nn.Module):
    """Pictures [N, S, S, 3] to one score each [N].

    channels: as the generator's. compares: whether the spread within small groups of the batch is looked at (minibatch
    standard deviation, Karras et al. 2018, section 3), which ties pictures of a batch to each other. smooth: whether
    what is halved is filtered first, as the generator's.
    """

    channels: tuple[int, ...]
    compares: bool = True
    smooth: bool = False

    @nn.compact
    def __call__(self, pictures: jax.Array) -> jax.Array:
        """The scores."""
        smaller = halved_smoothly if self.smooth else halved
        x = leaky(Conv(self.channels[-1], side=1, name="in")(pictures))
        for level in range(len(self.channels) - 1, 0, -1):
            y = leaky(Conv(self.channels[level], name=f"first_{level}")(x))
            y = smaller(leaky(Conv(self.channels[level - 1], name=f"second_{level}")(y)))
            shortcut = Conv(self.channels[level - 1], side=1, biased=False, name=f"shortcut_{level}")(smaller(x))
            x = (y + shortcut) * 2**-0.5
        if self.compares:
            x = jnp.concatenate([x, spread(x)], axis=-1)
        x = leaky(Conv(self.channels[0], name="last")(x)).reshape(x.shape[0], -1)
        x = leaky(Dense(self.channels[0], name="dense")(x))
        return Dense(1, name="out")(x)[:, 0]


def spread(x: jax.Array) -> jax.Array:
    """The mean standard deviation within groups of up to GROUP pictures, as a channel [N, H, W, 1]."""
    n, h, w, c = x.shape
    group = next(size for size in range(min(GROUP, n), 0, -1) if n % size == 0)
    deviation = jnp.sqrt(jnp.var(x.reshape(group, n // group, h, w, c), axis=0) + EPSILON)
    mean = jnp.mean(deviation, axis=(1, 2, 3))
    return jnp.broadcast_to(jnp.tile(mean, group)[:, None, None, None], (n, h, w, 1))
