"""What a subject knows, ready to make pictures: parameters, its mean picture, and the points to walk among."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.points import LETTERS
from dreamstream.dreamers.latent.card import AXES
from dreamstream.dreamers.latent.walk import far_apart
from dreamstream.networks.began import networks as began
from dreamstream.networks.generators import Shape, fixed_latents, generator_of
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.weights.generators import Subject

SAMPLES = 512  # latents whose mean style is the mean picture
STRANGERS = 64  # random latents to walk among, of a subject that knows no frame by heart


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Of one subject. points: [N, latent] as `placed`, with those of LETTERS; by_heart: whether they are frames'.

    mean: its mean style. axes: [AXES, style], the principal directions of its styles, each of a standard deviation's
    length. told: what the file says of its training.
    """

    shape: Shape
    params: Any
    mean: jax.Array
    axes: jax.Array
    points: NDArray[np.float64]
    letters: NDArray[np.float64]
    by_heart: bool
    told: dict[str, Any]

    def placed(self, latents: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latents [N, latent] where random ones are: of mean square 1; of a few numbers each from -1 to 1."""
        return placed(self.shape, latents)

    def pictures(
        self, latents: NDArray[np.float64], wild: float, turns: Sequence[float] = (0.0,) * AXES
    ) -> NDArray[np.uint8]:
        """Pictures uint8 [N, S, S, 3] of latents [N, latent].

        wild: how far they go from the mean one. turns: how far along each axis, in standard deviations.
        """
        places, turned = jnp.asarray(latents, jnp.float32), jnp.asarray(turns, jnp.float32)
        made = programs(self.shape)[1](self.params, self.mean, self.axes, places, jnp.float32(wild), turned)
        return np.asarray(made)

    def towards(self, other: Knowledge, share: float) -> Knowledge:
        """The other one, with parameters that have gone a share of the way there; of the same shape."""
        params, mean = programs(self.shape)[2]((self.params, self.mean), (other.params, other.mean), share)
        return replace(other, params=params, mean=mean)


def knowledge_of(subject: Subject, fixed: int = 0) -> Knowledge:
    """What a subject knows; fixed: among how many of a training's fixed latents it walks that knows no frame."""
    params = jax.tree.map(jnp.asarray, subject.generator)
    points = subject.points
    if points is None and fixed:
        points = fixed_latents(subject.shape, fixed)
    elif points is None and few(subject.shape):
        points = fixed_latents(subject.shape, STRANGERS)
    elif points is None:
        points = np.random.default_rng(7).normal(size=(STRANGERS, subject.shape.latent)).astype(np.float32)
    places = placed(subject.shape, points.astype(np.float64))
    chosen = np.random.default_rng(5).integers(len(points), size=SAMPLES)
    styles = programs(subject.shape)[0](params, jnp.asarray(places[chosen], jnp.float32))
    mean, axes = jnp.mean(styles, axis=0), jnp.asarray(principal(np.asarray(styles, np.float64)), jnp.float32)
    letters = places[: len(LETTERS)] if fixed else places[far_apart(places, len(LETTERS))]
    by_heart = subject.points is not None
    return Knowledge(subject.shape, params, mean, axes, places, letters, by_heart, dict(subject.card))


def principal(styles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The AXES directions along which styles [N, style] vary most, each of a standard deviation's length (GANSpace).

    The number that is farthest from 0 in each is positive. Where there are fewer, the others are 0.
    """
    apart = styles - styles.mean(axis=0)
    _, sizes, rows = np.linalg.svd(apart, full_matrices=False)
    axes = np.zeros((AXES, styles.shape[1]))
    for number, (size, row) in enumerate(zip(sizes[:AXES], rows, strict=False)):
        axes[number] = row * np.sign(row[np.abs(row).argmax()]) * size / len(styles) ** 0.5
    return axes


def few(shape: Shape) -> bool:
    """Whether each number of its latents counts for itself, and not their direction alone."""
    return isinstance(shape, began.Shape) and shape.few


def placed(shape: Shape, latents: NDArray[np.float64]) -> NDArray[np.float64]:
    """See `Knowledge.placed`."""
    if few(shape):
        return np.clip(latents, -1.0, 1.0)
    return normalised(latents)


def normalised(latents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of mean square 1 each, as the generator takes them in any case."""
    return np.asarray(latents / np.sqrt((latents**2).mean(axis=1, keepdims=True) + 1e-12))


@lru_cache(4)
def programs(shape: Shape) -> tuple[Callable[..., jax.Array], Callable[..., jax.Array], Callable[..., Any]]:
    """Of a shape, compiled once: the styles of latents, pictures, and parameters between two."""
    generator = generator_of(shape)

    def styles(params: Any, latents: jax.Array) -> jax.Array:
        return applied(generator, params, latents, method="style")

    def make(
        params: Any, mean: jax.Array, axes: jax.Array, latents: jax.Array, wild: jax.Array, turns: jax.Array
    ) -> jax.Array:
        style = styles(params, latents)
        style = mean[None] + wild * (style - mean[None]) + (turns @ axes)[None]
        made = applied(generator, params, style, method="picture")
        return jnp.clip(jnp.round((made + 1) * 127.5), 0, 255).astype(jnp.uint8)

    def between(one: Any, other: Any, share: float) -> Any:
        return jax.tree.map(lambda a, b: a + share * (b - a), one, other)

    return jax.jit(styles), jax.jit(make), jax.jit(between)
