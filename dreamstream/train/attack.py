"""L2 adversarial pictures by projected gradient descent (Madry et al. 2018); what makes gradients look like things
(Santurkar et al. 2019, "Image Synthesis with a Single (Robust) Classifier")."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp


def unit(x: jax.Array) -> jax.Array:
    """Each picture of [N, H, W, C] scaled to L2 norm 1."""
    return x / (jnp.sqrt(jnp.sum(x * x, axis=(1, 2, 3), keepdims=True)) + 1e-12)


def attack(
    loss: Callable[[jax.Array], jax.Array], pictures: jax.Array, key: jax.Array, radius: jax.Array, steps: int
) -> jax.Array:
    """Pictures near `pictures` (L2 distance at most `radius` before clipping to [0, 1]) on which `loss` is large.

    loss: summed over the batch, a scalar. steps: gradient steps of 2.5 * radius / steps each, from a random start
    (a single step goes 1.25 radii, which avoids the trivial corner solutions of one-step training).
    """
    reach = (2.5 if steps > 1 else 1.25) * radius / steps

    def project(delta: jax.Array) -> jax.Array:
        norm = jnp.sqrt(jnp.sum(delta * delta, axis=(1, 2, 3), keepdims=True)) + 1e-12
        return delta * jnp.minimum(1.0, radius / norm)

    delta = unit(jax.random.normal(key, pictures.shape)) * radius * 0.5
    for _ in range(steps):
        delta = project(delta + reach * unit(jax.grad(loss)(jnp.clip(pictures + delta, 0, 1))))
    return jax.lax.stop_gradient(jnp.clip(pictures + delta, 0, 1))
