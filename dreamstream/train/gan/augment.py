"""DiffAugment (Zhao et al. 2020): changes that a discriminator sees on real and made pictures alike, and through which
gradients flow, so that few pictures go a long way. Pictures are float32 [N, S, S, 3] in [-1, 1].
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def augmented(pictures: jax.Array, key: jax.Array, chance: jax.Array | float) -> jax.Array:
    """Each picture brightened, coloured, contrasted, moved and cut out of, each with probability `chance`."""
    keys = jax.random.split(key, 5)
    x = _coloured(pictures, keys[0], chance)
    x = _moved(x, keys[1], keys[2], chance)
    return _cut(x, keys[3], keys[4], chance)


def _chosen(key: jax.Array, count: int, chance: jax.Array | float) -> jax.Array:
    return (jax.random.uniform(key, (count, 1, 1, 1)) < chance).astype(jnp.float32)


def _coloured(x: jax.Array, key: jax.Array, chance: jax.Array | float) -> jax.Array:
    """Brightness moved by up to a half, saturation times 0 to 2, contrast times 0.5 to 1.5."""
    n = x.shape[0]
    keys = jax.random.split(key, 6)
    shift, colour, contrast = (
        jax.random.uniform(k, (n, 1, 1, 1), minval=low, maxval=high)
        for k, low, high in zip(keys[:3], (-0.5, 0.0, 0.5), (0.5, 2.0, 1.5), strict=True)
    )
    x = x + shift * _chosen(keys[3], n, chance)
    grey = x.mean(axis=-1, keepdims=True)
    x = grey + (x - grey) * (1 + _chosen(keys[4], n, chance) * (colour - 1))
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    return mean + (x - mean) * (1 + _chosen(keys[5], n, chance) * (contrast - 1))


def _moved(x: jax.Array, where: jax.Array, whether: jax.Array, chance: jax.Array | float) -> jax.Array:
    """Shifted by up to an eighth of the side, black coming in."""
    n, side = x.shape[:2]
    reach = max(1, side // 8)
    shift = jax.random.randint(where, (n, 2), -reach, reach + 1) * _chosen(whether, n, chance)[:, :1, 0, 0].astype(int)
    padded = jnp.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    return jax.vmap(lambda p, d: jax.lax.dynamic_slice(p, (reach + d[0], reach + d[1], 0), (side, side, 3)))(
        padded, shift
    )


def _cut(x: jax.Array, where: jax.Array, whether: jax.Array, chance: jax.Array | float) -> jax.Array:
    """A square of half the side made grey."""
    n, side = x.shape[:2]
    centre = jax.random.randint(where, (n, 2), 0, side)
    near = jnp.abs(jnp.arange(side)[None, None] - centre[..., None]) < side // 4  # [N, 2, S], rows and columns
    hole = near[:, 0, :, None] & near[:, 1, None, :]
    return x * (1 - _chosen(whether, n, chance) * hole[..., None].astype(x.dtype))
