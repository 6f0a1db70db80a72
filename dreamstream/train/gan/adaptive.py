"""How strongly pictures are changed before a discriminator sees them, by how much it knows them by heart (Karras et al.
2020, "Training generative adversarial networks with limited data", section 3).

The paper takes the sign of the scores of real pictures. Under a relativistic loss only differences of scores mean
something, so it is their other measure: how far frames that were never taught lie from taught ones on the way to made
ones, 0 where the discriminator cannot tell them from taught ones, 1 where it takes them for made. Pure.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

TARGET = 0.5  # of the measure
FULL = 500_000.0  # pictures in which the chance goes from 0 to 1
MOST = 0.85  # beyond it changes leak into what is made
REMEMBERED = 0.9  # of the mean scores, at each measurement of one batch
LEAST = 0.05  # a difference of scores below it says nothing


def overfitting(means: jax.Array) -> jax.Array:
    """The measure, of the mean scores of taught, never taught and made pictures [3]; 0 where none is told apart."""
    taught, held, made = means
    apart = taught - made
    return jnp.where(apart > LEAST, (taught - held) / jnp.where(apart > LEAST, apart, 1.0), 0.0)


def adapted(chance: jax.Array, means: jax.Array, pictures: jax.Array | float) -> jax.Array:
    """The chance of each change, so many pictures later: a little higher above TARGET, a little lower below it."""
    step = jnp.sign(overfitting(means) - TARGET) * (pictures / FULL)
    return jnp.clip(chance + step, 0.0, MOST)


def remembered(means: jax.Array, found: jax.Array, times: jax.Array) -> jax.Array:
    """The running mean scores [3] after `times` measurements before this one."""
    keep = jnp.minimum(REMEMBERED, times / (times + 1.0))
    return keep * means + (1 - keep) * found
