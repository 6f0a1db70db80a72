"""How a canvas becomes a network's input: part of a loaded network, never of its caller. No JAX is loaded here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import jax


@dataclass(frozen=True)
class Preprocessing:
    """How a canvas (RGB in [0, 1]) becomes a network's input: (canvas * scale - mean) / std, in the order of the
    channels.

    mean and std are given in the network's own channel order; bgr says that this order is reversed.
    """

    scale: float = 1.0
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    bgr: bool = False

    def __call__(self, canvas: jax.Array) -> jax.Array:
        """[..., 3] in [0, 1] to the network's input, same shape."""
        channels = canvas[..., ::-1] if self.bgr else canvas
        each = (1,) * (canvas.ndim - 1) + (3,)
        mean, std = (np.asarray(part, canvas.dtype).reshape(each) for part in (self.mean, self.std))
        return (channels * self.scale - mean) / std


BUILTIN = Preprocessing()
TORCHVISION = Preprocessing(1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CAFFE = Preprocessing(255.0, (103.939, 116.779, 123.68), (1.0, 1.0, 1.0), bgr=True)
