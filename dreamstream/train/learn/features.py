"""In what pictures are compared when a generator is judged: what networks see in them.

The built-in network is always there, but what learns by heart compares its pictures with frames by two of its layers,
and satisfies them before it satisfies anybody: a face without eyes was nearly perfect to it. VGG-16 has no part in any
training; where its weights are on this machine, it has the last word.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import jax

Picture = NDArray[np.uint8]
Features = NDArray[np.float32]
INDEPENDENT = "vgg16-features"
SIDE = 64  # pixels at which pictures are seen, whatever their size
AT_ONCE = 64


def built_in(pictures: Picture) -> list[Features]:
    """Features [N, D] of pictures uint8 [N, S, S, 3], from three depths of the built-in network."""
    return seen_by("builtin", ("relu3_3", "relu4_3", "relu6"), pictures)


def independent() -> Callable[[Picture], list[Features]] | None:
    """The same from VGG-16, where its convolutions are on this machine; else None."""
    from dreamstream.support.resources import weights_folder
    from dreamstream.weights.catalog import cached, catalog

    if cached(catalog()[INDEPENDENT], weights_folder(None)) is None:
        return None
    return lambda pictures: seen_by(INDEPENDENT, ("relu3_3", "relu4_3", "relu5_3"), pictures)


def seen_by(network: str, layers: tuple[str, ...], pictures: Picture) -> list[Features]:
    """Features [N, D] of pictures uint8 [N, S, S, 3], one array for each layer of a network of the catalog.

    Of a layer that has places, the means over them; dense ones as they are. Raises UserError where its weights are
    missing or damaged.
    """
    import cv2

    look = _eye(network, layers)
    if pictures.shape[1] != SIDE:
        method = cv2.INTER_AREA if pictures.shape[1] > SIDE else cv2.INTER_LINEAR
        pictures = np.stack([cv2.resize(each, (SIDE, SIDE), interpolation=method) for each in pictures])
    padded = np.concatenate([pictures, np.repeat(pictures[:1], -len(pictures) % AT_ONCE, axis=0)])
    parts = [look(padded[at : at + AT_ONCE]) for at in range(0, len(padded), AT_ONCE)]
    return [
        np.concatenate([np.asarray(part[n], np.float32) for part in parts])[: len(pictures)] for n in range(len(layers))
    ]


@functools.cache  # a training is judged a dozen times, and compiles once
def _eye(network: str, layers: tuple[str, ...]) -> Callable[[Picture], tuple[jax.Array, ...]]:
    """What a network sees in AT_ONCE pictures."""
    import jax
    import jax.numpy as jnp

    from dreamstream.weights.catalog import load_model

    model = load_model(network)

    def seen(params: object, canvas: jax.Array) -> tuple[jax.Array, ...]:
        found = model.activations(params, canvas.astype(jnp.float32) / 255, until=layers[-1])  # type: ignore[arg-type]
        return tuple(
            jnp.mean(found[name], axis=(1, 2)) if "_" in name else found[name].reshape(len(canvas), -1)
            for name in layers
        )

    return functools.partial(jax.jit(seen), jax.tree.map(jnp.asarray, dict(model.params)))
