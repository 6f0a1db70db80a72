"""In what pictures are compared when a generator is judged: what networks see in them.

The built-in network is always there, but what learns by heart compares its pictures with frames by two of its layers,
and satisfies them before it satisfies anybody: a face without eyes was nearly perfect to it. VGG-16 has no part in any
training; where its weights are on this machine, it has the last word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dreamstream.networks.vgg.model import Model

Picture = NDArray[np.uint8]
Features = NDArray[np.float32]
INDEPENDENT = "vgg16-features"
SIDE = 64  # pixels at which pictures are seen, whatever their size
AT_ONCE = 64


def built_in(pictures: Picture) -> list[Features]:
    """Features [N, D] of pictures uint8 [N, S, S, 3], from three depths of the built-in network."""
    from dreamstream.weights.catalog import load_model

    return seen_by(load_model("builtin"), ("relu3_3", "relu4_3", "relu6"), pictures)


def independent() -> Callable[[Picture], list[Features]] | None:
    """The same from VGG-16, where its convolutions are on this machine; else None."""
    from dreamstream.support.resources import weights_folder
    from dreamstream.weights.catalog import cached, catalog, load_model

    if cached(catalog()[INDEPENDENT], weights_folder(None)) is None:
        return None
    model = load_model(INDEPENDENT)
    return lambda pictures: seen_by(model, ("relu3_3", "relu4_3", "relu5_3"), pictures)


def seen_by(model: Model, layers: tuple[str, ...], pictures: Picture) -> list[Features]:
    """Features [N, D] of pictures uint8 [N, S, S, 3], one array for each layer of a network.

    Of a layer that has places, the means over them; dense ones as they are.
    """
    import cv2
    import jax
    import jax.numpy as jnp

    def seen(params: object, canvas: jax.Array) -> tuple[jax.Array, ...]:
        found = model.activations(params, canvas.astype(jnp.float32) / 255, until=layers[-1])  # type: ignore[arg-type]
        return tuple(
            jnp.mean(found[name], axis=(1, 2)) if "_" in name else found[name].reshape(len(canvas), -1)
            for name in layers
        )

    look = jax.jit(seen)
    params = jax.tree.map(jnp.asarray, dict(model.params))
    if pictures.shape[1] != SIDE:
        method = cv2.INTER_AREA if pictures.shape[1] > SIDE else cv2.INTER_LINEAR
        pictures = np.stack([cv2.resize(each, (SIDE, SIDE), interpolation=method) for each in pictures])
    padded = np.concatenate([pictures, np.repeat(pictures[:1], -len(pictures) % AT_ONCE, axis=0)])
    parts = [look(params, padded[at : at + AT_ONCE]) for at in range(0, len(padded), AT_ONCE)]
    return [
        np.concatenate([np.asarray(part[n], np.float32) for part in parts])[: len(pictures)] for n in range(len(layers))
    ]
