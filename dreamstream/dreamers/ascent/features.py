"""Wishes for what the network answers to inside: a layer, one channel, or the features of a guide picture.

layer: the logarithm of the root mean square of a layer's activations over a region; its gradient has the direction of
the norm's (Mordvintsev, Olah & Tyka 2015, "Inceptionism"), and its size is the same for every layer and network.
channel: the mean of one channel before its ReLU, so that a channel that is silent everywhere can be woken (Olah,
Mordvintsev & Schubert 2017, "Feature Visualization").
picture: at each position, the best match among a picture's features at that layer, by normalised correlation.
guide: the same by the dot product of the 2015 "guided dream", which also wants them stronger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dreamstream.dreamers.ascent.regions import RASTER
from dreamstream.networks.vgg.model import Model
from dreamstream.networks.vgg.network import Params

GUIDE_POSITIONS = 512  # features kept of a guide picture: any picture then fits the same compiled step
GAIN = 6.0  # of channels and pictures, whose evidence is bounded, beside layers: a weight of 1 shows for each of them
SMALLEST = 32  # pixels: below this the deepest convolutions see nothing


# What a step is told: NumPy's where it is made, jax.Array once it has gone to the device, all at once.
Array = Any


class Feature(NamedTuple):
    """One wish: its weight, and where as a raster [RASTER, RASTER]; for a channel its number, for a picture its
    features [GUIDE_POSITIONS, channels].
    """

    weight: Array
    raster: Array
    channel: Array | None = None
    guide: Array | None = None


def feature_key(layer: str, kind: str, number: int) -> str:
    """The name of a feature in `Wanted.features`: what has to be known when the step is compiled.

    number: tells apart several wishes of one kind for one layer.
    """
    return f"{layer} {kind} {number}"


def shares(rasters: jax.Array, rows: int, columns: int) -> jax.Array:
    """How much of each grid cell each raster wants: [R, RASTER, RASTER] to [R, rows, columns], each mask's mean made 1
    (or all 0).
    """

    def cover(cells: int) -> np.ndarray:
        """The part [cells, RASTER] of a grid cell that each raster cell takes up; rows add up to 1."""
        start = np.arange(cells)[:, None] / cells
        low = np.arange(RASTER)[None] / RASTER
        both = np.minimum(start + 1 / cells, low + 1 / RASTER) - np.maximum(start, low)
        return np.asarray(np.clip(both, 0, None) * cells, np.float32)

    mask: jax.Array = jnp.einsum("ay,ryx,bx->rab", cover(rows), rasters, cover(columns))
    return mask / jnp.maximum(mask.mean(axis=(1, 2), keepdims=True), 1e-9)


def at_least(canvas: jax.Array, side: int, shape_kept: bool = False) -> jax.Array:
    """The canvas, enlarged where a side of it is smaller than `side` pixels; a network then looks at all of it.

    shape_kept: both sides by the same factor, for what a network is shown squeezed is dreamed squeezed; else only the
    side that is too small, as shows of small canvases have always had it, whose logs must replay to the last bit.
    """
    smallest = min(canvas.shape[:2])
    if smallest >= side:
        return canvas
    if shape_kept:
        height, width = (-(-length * side // smallest) for length in canvas.shape[:2])
    else:
        height, width = (max(side, length) for length in canvas.shape[:2])
    enlarged: jax.Array = jax.image.resize(canvas, (height, width, 3), "linear")
    return enlarged


def layer_norm(x: jax.Array, share: jax.Array) -> jax.Array:
    """Half the logarithm of the mean square of activations [h, w, C], positions weighted by share [h, w]."""
    return 0.5 * jnp.log(jnp.mean(share[..., None] * x * x) + 1e-12)


def channel_mean(x: jax.Array, share: jax.Array, channel: jax.Array) -> jax.Array:
    """The mean of one channel of [h, w, C] before the ReLU, in units of the layer's root mean square."""
    own = jax.lax.dynamic_index_in_dim(x, channel, axis=2, keepdims=False)
    return jnp.mean(share * own) / jax.lax.stop_gradient(jnp.sqrt(jnp.mean(x * x)) + 1e-6)


def matched(x: jax.Array, share: jax.Array, guide: jax.Array, normalised: bool) -> jax.Array:
    """How well each position of [h, w, C] is matched by its best match in guide [G, C], positions weighted by share.

    normalised: correlation, -1 to 1, after the guide's mean feature has been taken off both. Otherwise the dot product,
    in units of the mean product of both's lengths.
    """
    flat = x.reshape(-1, x.shape[2])
    if normalised:
        centre = guide.mean(axis=0, keepdims=True)
        flat, guide = flat - centre, guide - centre
        flat = flat / (jnp.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
        guide = guide / (jnp.linalg.norm(guide, axis=1, keepdims=True) + 1e-6)
    best = (flat @ guide.T).max(axis=1)
    if not normalised:
        lengths = jnp.linalg.norm(flat, axis=1).mean() * jnp.linalg.norm(guide, axis=1).mean()
        best = best / (jax.lax.stop_gradient(lengths) + 1e-6)
    return jnp.mean(share.ravel() * best)


def features(model: Model, params: Params, canvas: jax.Array, wanted: Mapping[str, Feature]) -> jax.Array:
    """The weighted sum of the features wanted of a canvas [H, W, 3], by `feature_key`: a scalar to be raised."""
    order = layer_names(model)
    deepest = max((key.split()[0] for key in wanted), key=order.index)
    dense = "_" not in deepest
    large = at_least(canvas, model.architecture.window if dense else SMALLEST, not dense)
    found = model.activations(params, large[None], until=deepest)
    total = jnp.zeros(())
    for key, feature in wanted.items():
        layer, kind = key.split()[:2]
        name = layer.replace("relu", "conv" if "_" in layer else "fc") if kind == "channel" else layer
        x = found[name][0].astype(jnp.float32)
        share = shares(feature.raster[None], x.shape[0], x.shape[1])[0]
        if feature.channel is not None:
            total += feature.weight * GAIN * channel_mean(x, share, feature.channel)
        elif feature.guide is not None:
            total += feature.weight * GAIN * matched(x, share, feature.guide, normalised=kind == "picture")
        else:
            total += feature.weight * layer_norm(x, share)
    return total


def layer_names(model: Model) -> list[str]:
    """The layers that can be wished for, from the input on: relu1_1 ... relu5_3, relu6, relu7."""
    names = [name for name in model.architecture.layers() if name != "fc8"]
    return [name.replace("conv", "relu").replace("fc", "relu") for name in names]
