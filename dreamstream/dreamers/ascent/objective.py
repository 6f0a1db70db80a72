"""What the ascent climbs: class evidence in three forms, less the prior's energy.

texture (the 2015 stream): the mean logit over the part of the grid that a region covers, less the mean of all logits.
focus: the same, with positions weighted by a softmax of their own logits: fewer, larger things.
likeness: that what the network finds is not only more of a thing, but as much of everything as on photographs of it,
where a head knows what is typical of them.
objects: log-probability, plus a share of the logit margin, of windows anchored on the canvas.
What is not wanted (a negative weight) is lowered: in texture and focus by the same mean, in objects by the
log-probability that a window shows something else.
features (see features.py): layers, channels, and the features of pictures.
living: that windows on things look like a picture, which may be another one at each dream: the distance of what the
network finds in both, place by place (Mahendran & Vedaldi 2015, "Understanding Deep Image Representations by Inverting
Them").
Each takes the programme as arrays, so a new programme needs no new compilation, unless it is of other kinds of wishes
(classes or none, and which kind of feature in which layer).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.ascent.features import SMALLEST, Array, Feature, at_least, features, shares
from dreamstream.dreamers.ascent.presets import Mixture
from dreamstream.networks.pixels import affine, mean_pool, towards_grey, windows
from dreamstream.networks.prior import Prior
from dreamstream.networks.vgg.model import Model, Typical
from dreamstream.networks.vgg.network import Params

RIVALRY = 4.0  # logits
FEATHER = 0.15  # of a window's side
LIVING_STRENGTH = 100.0  # of a window's likeness to a picture, beside the evidence of a class in another


class Target(NamedTuple):
    """A programme as arrays: its class wishes padded to MAX_WISHES (weight 0): class ids [R], weights [R], and where,
    as rasters [R, RASTER, RASTER] (see regions.py).

    prior: the strength of the prior, a scalar. features: the other wishes by `feature_key`. gate: [H, W] from 0 to 1,
    how much of each pixel may be changed; None: all of it. living: what the network finds in each of MAX_WISHES
    pictures, by layer, [R, h, w, C]; None where no picture is wanted.
    """

    classes: Array
    weights: Array
    rasters: Array
    prior: Array
    features: dict[str, Feature]
    gate: Array | None = None
    living: dict[str, Array] | None = None


class StepWindows(NamedTuple):
    """What one step looks at: window boxes [K, 3] in pixels (see `pixels.windows`), their classes [K] and weights [K],
    how much each class of `Target` is unwanted in each window [K, R], the prior's offset [2], and how the whole canvas
    is looked at, an affine [2, 3] of pixels.

    Without windows (K = 0), no class is looked for at all. pictures, likenesses: which of `Target.living` each window
    is to look like, and how much, [K] and [K]; None where no picture is wanted.
    """

    boxes: Array
    classes: Array
    weights: Array
    against: Array
    offset: Array
    view: Array = np.eye(2, 3, dtype=np.float32)
    pictures: Array | None = None
    likenesses: Array | None = None
    colourless: Array | None = None


def feathered(seen: jax.Array) -> jax.Array:
    """The same windows [K, S, S, 3], but gradients fade to nothing over the outer FEATHER of each side.

    A window's edge would otherwise be drawn into quiet parts of the picture as a straight line.
    """
    side = seen.shape[1]
    place = (jnp.arange(side, dtype=jnp.float32) + 0.5) / side
    ramp = jnp.clip(jnp.minimum(place, 1 - place) / FEATHER, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    share = (ramp[:, None] * ramp[None, :])[None, :, :, None]
    return share * seen + jax.lax.stop_gradient((1 - share) * seen)


def without_colour(seen: jax.Array, which: Array) -> jax.Array:
    """Windows [K, S, S, 3] of which those are grey where `which` [K] is 1, as they are where it is 0."""
    return towards_grey(seen, jnp.asarray(which)[:, None, None])


def objects(
    logits: jax.Array, glimpse: StepWindows, unwanted: jax.Array, margin: float, sure: float = 1.0
) -> jax.Array:
    """Weighted mean of log-probability + margin * (logit - mean logit) of windows: logits [K, classes] to a scalar.

    sure: the share of its weight that a window has left for its gradient where the network is sure of the thing. A
    logit has no end: what is climbed on for good gets ever more eyes, and a fringe.
    unwanted: class ids [R] that `glimpse.against` speaks of. Of these it raises the log-probability of all other
    classes together, and lowers a logit that is above the mean one.
    """
    own = jnp.take_along_axis(logits, glimpse.classes[:, None], axis=1)[:, 0]
    mean = logits.mean(axis=1)
    told = own - jax.nn.logsumexp(logits, axis=1)
    weights = glimpse.weights
    if sure != 1:
        weights = weights * (1 - (1 - sure) * jax.lax.stop_gradient(jnp.exp(told)))
    total = jnp.sum(weights * (told + margin * (own - mean)))
    seen = logits[:, unwanted]
    is_other = jnp.arange(logits.shape[1])[None] != unwanted[:, None]
    others = jax.nn.logsumexp(jnp.where(is_other[None], logits[:, None], -jnp.inf), axis=2)
    absence = -jax.nn.softplus(seen - others) - margin * jax.nn.softplus(seen - mean[:, None])
    total += jnp.sum(glimpse.against * absence)
    wanted = jnp.sum(glimpse.weights)
    return total / jnp.maximum(jnp.where(wanted > 0, wanted, jnp.sum(glimpse.against)), 1e-6)


def living(found: dict[str, jax.Array], glimpse: StepWindows, pictures: dict[str, Array]) -> jax.Array:
    """How like their pictures windows are: the weighted mean of minus their distances in each layer, a scalar.

    found: what the network finds in the windows by layer, [K, h, w, C]. pictures: see `Target.living`. A distance is
    relative to what is found in the picture, so that each layer counts alike. What is in a window's corners is left to
    its neighbours: a thing has no corners.
    """
    assert glimpse.likenesses is not None
    assert glimpse.pictures is not None
    far = jnp.zeros(glimpse.likenesses.shape)
    for layer, theirs in pictures.items():
        wanted = jnp.take(jnp.asarray(theirs), jnp.asarray(glimpse.pictures), axis=0)
        within = _disc(wanted.shape[1])[None, :, :, None]
        apart = (within * jnp.square(found[layer].astype(jnp.float32) - wanted)).mean(axis=(1, 2, 3))
        far += apart / ((within * jnp.square(wanted)).mean(axis=(1, 2, 3)) + 1e-3)
    return -jnp.sum(glimpse.likenesses * far) / jnp.maximum(jnp.sum(glimpse.likenesses), 1e-6)


def _disc(side: int) -> NDArray[np.float32]:
    """1 in the middle of a square of so many places a side, 0 in its corners, [side, side]."""
    across = np.abs((np.arange(side) + 0.5) / side - 0.5)
    return np.clip((0.6 - np.hypot(across[:, None], across[None])) / 0.2, 0, 1).astype(np.float32)


def grid(
    logits: jax.Array, wanted: Target, temperature: float | None, others: float = 1.0, rivals: float = 0.0
) -> jax.Array:
    """Texture (temperature None) or focus over a grid of logits [h, w, classes]: a scalar.

    others: how much of the mean of all logits is taken off. rivals: how much of the unwanted classes' logsumexp.
    """
    own = jnp.moveaxis(jnp.take(logits, wanted.classes, axis=2), 2, 0)
    share = shares(wanted.rasters, logits.shape[0], logits.shape[1])
    if temperature is not None:
        inside = jnp.where(share > 0, own / temperature, -jnp.inf)
        share = (
            jax.lax.stop_gradient(jax.nn.softmax(inside.reshape(own.shape[0], -1), axis=1).reshape(own.shape))
            * own[0].size
        )
    total = jnp.maximum(jnp.sum(jnp.abs(wanted.weights)), 1e-6)
    value = jnp.sum(wanted.weights * (share * own).mean(axis=(1, 2))) / total - others * logits.mean()
    if rivals:
        asked = jnp.zeros(logits.shape[2], bool).at[wanted.classes].max(wanted.weights > 0)
        strange = jnp.where(asked[None, None], -jnp.inf, logits / RIVALRY)
        value -= rivals * RIVALRY * jax.nn.logsumexp(strange, axis=2).mean()
    return value


def likeness(
    about: jax.Array, typical: Typical, blocks: tuple[int, ...], strengths: tuple[float, ...], wanted: Target
) -> jax.Array:
    """How like photographs of what is wanted there each position is, in what all blocks find: a scalar, at most 0.

    about: what a pooled head is given, [h, w, C]. blocks: how many of the C are each block's. strengths: of each block,
    whatever its size. What is far off draws less than what is near, as under the prior, so that no channel outweighs
    the others.
    """
    mean = jnp.take(typical.mean, wanted.classes, axis=0)
    away = (about.astype(jnp.float32)[None] - mean[:, None, None]) / typical.spread[None, None, None]
    far = jnp.log1p(away * away)
    each = jnp.zeros(far.shape[:3])
    for strength, part in zip(strengths, jnp.split(far, np.cumsum(blocks)[:-1], axis=3), strict=True):
        each += strength * part.mean(axis=3)
    weights = jnp.maximum(wanted.weights, 0)
    share = shares(wanted.rasters, *about.shape[:2])
    return -jnp.sum(weights * (share * each).mean(axis=(1, 2))) / jnp.maximum(jnp.sum(weights), 1e-6)


def value(
    model: Model,
    prior: Prior | None,
    mixture: Mixture,
    reach: int,
    params: Params,
    canvas: jax.Array,
    wanted: Target,
    glimpse: StepWindows,
) -> jax.Array:
    """The objective of a canvas: a scalar to be raised. reach: the largest window in pixels (see `windows`)."""
    side = model.architecture.window
    total = jnp.zeros(())
    # A head on means gives logits at every position of whatever it is shown.
    dense = model.architecture.head == "dense"
    least = side if dense else SMALLEST
    looks_for_classes = glimpse.boxes.shape[0] > 0
    if mixture.objects and looks_for_classes:
        with jax.named_scope("windows"):
            seen = feathered(windows(canvas, glimpse.boxes, side, reach))
            if glimpse.colourless is not None:
                seen = without_colour(seen, glimpse.colourless)
        if glimpse.likenesses is None or wanted.living is None:
            logits = model.window_logits(params, seen)
            total += mixture.objects * objects(logits, glimpse, wanted.classes, mixture.margin, mixture.sure)
        else:
            found = model.activations(params, seen)
            middle = model.architecture.middle
            logits = found["logits"][:, middle, middle]
            # Each window counts as much as any other, whether for a class or a picture.
            classed, pictured = jnp.sum(glimpse.weights), jnp.sum(glimpse.likenesses)
            share = pictured / jnp.maximum(classed + pictured, 1e-6)
            told = objects(logits, glimpse, wanted.classes, mixture.margin, mixture.sure)
            total += mixture.objects * (1 - share) * told
            total += mixture.objects * share * LIVING_STRENGTH * living(found, glimpse, wanted.living)
    viewed = affine(canvas, glimpse.view) if mixture.jitter else canvas
    if (mixture.texture or mixture.focus) and looks_for_classes:
        for pool in mixture.pools:
            found = model.activations(params, at_least(mean_pool(viewed, pool), least, not dense)[None])
            logits = found["logits"][0]
            for weight, temperature in ((mixture.texture, None), (mixture.focus, mixture.temperature)):
                if weight:
                    evidence = grid(logits, wanted, temperature, mixture.others, mixture.rivals)
                    total += weight / len(mixture.pools) * evidence
            if mixture.likeness and model.typical is not None:
                blocks = model.architecture.channels()
                like = likeness(found["about"][0], model.typical, blocks, mixture.likeness, wanted)
                total += like / len(mixture.pools)
    if mixture.features and wanted.features:
        for pool in mixture.feature_pools:
            evidence = features(model, params, mean_pool(viewed, pool), wanted.features)
            total += mixture.features / len(mixture.feature_pools) * evidence
    if prior is not None and mixture.prior:
        with jax.named_scope("prior"):
            energy = prior.dense_energy(canvas) if mixture.dense else prior.energy(canvas, glimpse.offset)
        total -= wanted.prior * energy
    return total
