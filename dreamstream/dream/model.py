"""A loaded network: parameters with everything that belongs to them (shape, preprocessing, class order)."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from dreamstream.dream.architecture import Architecture
from dreamstream.dream.preprocessing import BUILTIN, CAFFE, TORCHVISION, Preprocessing
from dreamstream.dream.vgg import Params, activations

__all__ = ["BUILTIN", "CAFFE", "TORCHVISION", "Model", "Preprocessing"]


@dataclass(frozen=True)
class Model:
    """A network ready to run: name, architecture, parameters without batch norm, preprocessing and class names in
    order.
    """

    name: str
    architecture: Architecture
    params: Params
    classes: tuple[str, ...]
    preprocessing: Preprocessing = field(default=BUILTIN)

    def __post_init__(self) -> None:
        if len(self.classes) != self.architecture.classes:
            raise ValueError(f"{len(self.classes)} class names for {self.architecture.classes} classes")

    def activations(
        self, params: Params, canvas: jax.Array, until: str | None = None, dtype: jnp.dtype | None = None
    ) -> dict[str, jax.Array]:
        """Every activation by name of canvases [N, H, W, 3] in [0, 1]; see `VGG`."""
        return activations(self.architecture, params, self.preprocessing(canvas), dtype or jnp.float32, until)

    def logits(self, params: Params, canvas: jax.Array, dtype: jnp.dtype | None = None) -> jax.Array:
        """The grid of logits [N, h, w, classes], float32, of canvases [N, H, W, 3] in [0, 1]."""
        return self.activations(params, canvas, dtype=dtype)["logits"]
