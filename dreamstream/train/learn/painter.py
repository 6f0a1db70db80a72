"""A generator's pictures while it learns: of any number of latents, by one compiled program."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.generators import FIXED, Shape, fixed_latents, generator_of
from dreamstream.networks.stylegan2.layers import applied

Picture = NDArray[np.uint8]
AT_ONCE = 16
FIXED_NOISE, JUDGED = 3, 11  # seeds


class Painter:
    """Makes pictures with a generator of this shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        generator = generator_of(shape)
        self._make = jax.jit(lambda params, latents, noise: applied(generator, params, latents, noise))

    def __call__(self, params: Any, latents: NDArray[np.float32], noise: int = FIXED_NOISE) -> Picture:
        """Pictures uint8 [N, S, S, 3] of latents [N, latent]."""
        padded = np.concatenate([latents, np.zeros((-len(latents) % AT_ONCE, self.shape.latent), np.float32)])
        made = []
        for part, at in enumerate(range(0, len(padded), AT_ONCE)):
            key = jax.random.fold_in(jax.random.key(noise), part)
            made.append(np.asarray(self._make(params, jnp.asarray(padded[at : at + AT_ONCE]), key)))
        return in_bytes(np.concatenate(made)[: len(latents)])

    def latents(self, count: int, seed: int = FIXED) -> NDArray[np.float32]:
        """Random latents [count, latent], the same for the same seed."""
        return fixed_latents(self.shape, count, seed)


def in_bytes(pictures: NDArray[np.float32]) -> Picture:
    """Pictures in [-1, 1] as uint8."""
    return np.asarray(np.clip(np.round((pictures + 1) * 127.5), 0, 255), np.uint8)


def in_floats(pictures: Picture) -> NDArray[np.float32]:
    """Pictures uint8 as float32 in [-1, 1]."""
    return np.asarray(pictures, np.float32) / np.float32(127.5) - 1


def between(points: NDArray[np.float32], count: int, seed: int = JUDGED) -> NDArray[np.float32]:
    """Latents on the way from one random point to another, [count, latent]."""
    rng = np.random.default_rng(seed)
    one, other = points[rng.integers(len(points), size=count)], points[rng.integers(len(points), size=count)]
    share = rng.uniform(0, 1, (count, 1)).astype(np.float32)
    return np.asarray(one * (1 - share) + other * share, np.float32)
