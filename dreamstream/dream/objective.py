"""What the ascent climbs: class evidence in three forms, less the prior's energy.

texture (the 2015 stream): the mean logit over the part of the grid that a region covers, less the mean of all logits.
focus: the same, with positions weighted by a softmax of their own logits: fewer, larger things.
objects: log-probability, plus a share of the logit margin, of windows anchored on the canvas.
Each takes the programme as arrays, so a new programme needs no new compilation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dreamstream.dream.model import Model
from dreamstream.dream.pixels import mean_pool, windows
from dreamstream.dream.prior import Prior
from dreamstream.dream.vgg import Params

FEATHER = 0.15  # of a window's side


@dataclass(frozen=True)
class Mixture:
    """Weights of the parts of an objective; a part of weight 0 is not compiled and costs nothing.

    prior: its usual strength, the one that `Wanted` carries until a person changes it.

    margin: share of the logit margin in objects. pools: the canvas is mean-pooled by each of these for texture and
    focus. temperature: of the softmax over positions, in logits, for focus. windows: how many objects one step looks
    at. strays: how many windows one step puts anywhere, so that something grows between the objects too; each counts
    stray_weight of an object.
    """

    objects: float = 1.0
    texture: float = 0.3
    focus: float = 0.0
    prior: float = 1.5
    margin: float = 0.15
    pools: tuple[int, ...] = (3,)
    temperature: float = 1.0
    windows: int = 6
    strays: int = 0
    stray_weight: float = 0.4


class Wanted(NamedTuple):
    """A programme as arrays, padded to MAX_WISHES (weight 0): class ids [R], weights [R], boxes [R, 4] from 0 to 1.

    prior: the strength of the prior, a scalar.
    """

    classes: jax.Array
    weights: jax.Array
    boxes: jax.Array
    prior: jax.Array


class Glimpse(NamedTuple):
    """What one step looks at: window boxes [K, 3] in pixels, their classes [K] and weights [K], and the prior's
    offset [2].
    """

    boxes: jax.Array
    classes: jax.Array
    weights: jax.Array
    offset: jax.Array


def feathered(seen: jax.Array) -> jax.Array:
    """The same windows [K, S, S, 3], but gradients fade to nothing over the outer FEATHER of each side.

    A window's edge would otherwise be drawn into quiet parts of the picture as a straight line.
    """
    side = seen.shape[1]
    place = (jnp.arange(side) + 0.5) / side
    ramp = jnp.clip(jnp.minimum(place, 1 - place) / FEATHER, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    share = (ramp[:, None] * ramp[None, :])[None, :, :, None]
    return share * seen + jax.lax.stop_gradient((1 - share) * seen)


def objects(logits: jax.Array, classes: jax.Array, weights: jax.Array, margin: float) -> jax.Array:
    """Weighted mean of log-probability + margin * (logit - mean logit) of windows: logits [K, classes] to a scalar."""
    own = jnp.take_along_axis(logits, classes[:, None], axis=1)[:, 0]
    evidence = own - jax.nn.logsumexp(logits, axis=1) + margin * (own - logits.mean(axis=1))
    return jnp.sum(weights * evidence) / jnp.maximum(jnp.sum(weights), 1e-6)


def region_masks(boxes: jax.Array, rows: int, columns: int) -> jax.Array:
    """How much of each grid cell each box covers: boxes [R, 4] to [R, rows, columns], each mask's mean made 1 (or
    all 0).
    """

    def cover(low: jax.Array, high: jax.Array, cells: int) -> jax.Array:
        start = jnp.arange(cells) / cells
        return jnp.clip(jnp.minimum(high[:, None], start + 1 / cells) - jnp.maximum(low[:, None], start), 0, None)

    mask = cover(boxes[:, 1], boxes[:, 3], rows)[:, :, None] * cover(boxes[:, 0], boxes[:, 2], columns)[:, None, :]
    return mask / jnp.maximum(mask.mean(axis=(1, 2), keepdims=True), 1e-9)


def grid(logits: jax.Array, wanted: Wanted, temperature: float | None) -> jax.Array:
    """Texture (temperature None) or focus over a grid of logits [h, w, classes]: a scalar."""
    own = jnp.moveaxis(jnp.take(logits, wanted.classes, axis=2), 2, 0)
    share = region_masks(wanted.boxes, logits.shape[0], logits.shape[1])
    if temperature is not None:
        inside = jnp.where(share > 0, own / temperature, -jnp.inf)
        share = (
            jax.lax.stop_gradient(jax.nn.softmax(inside.reshape(own.shape[0], -1), axis=1).reshape(own.shape))
            * own[0].size
        )
    total = jnp.maximum(jnp.sum(jnp.abs(wanted.weights)), 1e-6)
    return jnp.sum(wanted.weights * (share * own).mean(axis=(1, 2))) / total - logits.mean()


def value(
    model: Model,
    prior: Prior | None,
    mixture: Mixture,
    reach: int,
    params: Params,
    canvas: jax.Array,
    wanted: Wanted,
    glimpse: Glimpse,
) -> jax.Array:
    """The objective of a canvas: a scalar to be raised. reach: the largest window in pixels (see `windows`)."""
    side = model.architecture.window
    total = jnp.zeros(())
    if mixture.objects:
        seen = feathered(windows(canvas, glimpse.boxes, side, reach))
        total += mixture.objects * objects(
            model.logits(params, seen)[:, 0, 0], glimpse.classes, glimpse.weights, mixture.margin
        )
    if mixture.texture or mixture.focus:
        for pool in mixture.pools:
            pooled = mean_pool(canvas, pool)
            if min(pooled.shape[:2]) < side:  # too small for one window at this scale: look at all of it
                pooled = jax.image.resize(pooled, (max(side, pooled.shape[0]), max(side, pooled.shape[1]), 3), "linear")
            logits = model.logits(params, pooled[None])[0]
            if mixture.texture:
                total += mixture.texture / len(mixture.pools) * grid(logits, wanted, None)
            if mixture.focus:
                total += mixture.focus / len(mixture.pools) * grid(logits, wanted, mixture.temperature)
    if prior is not None and mixture.prior:
        total -= wanted.prior * prior.energy(canvas, glimpse.offset)
    return total
