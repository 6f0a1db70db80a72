"""A loaded network: parameters with everything that belongs to them (shape, preprocessing, class order)."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from numpy.typing import NDArray

from dreamstream.networks.device import share_batch
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.networks.vgg.network import Params, activations
from dreamstream.networks.vgg.preprocessing import BUILTIN, CAFFE, TORCHVISION, Preprocessing

__all__ = ["BUILTIN", "CAFFE", "TORCHVISION", "Model", "Preprocessing", "Typical"]


@dataclass(frozen=True, eq=False)
class Typical:
    """What a pooled head is given of photographs of each class: mean [classes, C], and spread [C], the deviation within
    a class.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """A network ready to run: name, architecture, parameters without batch norm, preprocessing and class names in
    order.

    mesh: devices that share a batch of pictures; None for one device. typical: where the head knows it.
    """

    name: str
    architecture: Architecture
    params: Params
    classes: tuple[str, ...]
    preprocessing: Preprocessing = field(default=BUILTIN)
    mesh: Mesh | None = None
    typical: Typical | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.classes) != self.architecture.classes:
            raise ValueError(f"{len(self.classes)} class names for {self.architecture.classes} classes")

    def activations(
        self, params: Params, canvas: jax.Array, until: str | None = None, dtype: jnp.dtype | None = None
    ) -> dict[str, jax.Array]:
        """Every activation by name of canvases [N, H, W, 3] in [0, 1]; see `VGG`.

        dtype: compute type, by default that of the parameters.
        """
        count = canvas.shape[0]
        if self.mesh is None or count < 2:  # of a single picture, the devices share the rows
            return activations(self.architecture, params, self.preprocessing(canvas), dtype, until)
        shared = self.preprocessing(share_batch(canvas, self.mesh))
        layers = activations(self.architecture, params, shared, dtype, until)
        return {name: value[:count] for name, value in layers.items()}

    def logits(self, params: Params, canvas: jax.Array, dtype: jnp.dtype | None = None) -> jax.Array:
        """The grid of logits [N, h, w, classes], float32, of canvases [N, H, W, 3] in [0, 1]."""
        return self.activations(params, canvas, dtype=dtype)["logits"]

    def window_logits(self, params: Params, windows: jax.Array, dtype: jnp.dtype | None = None) -> jax.Array:
        """The logits [N, classes], float32, of windows [N, S, S, 3] in [0, 1] of the architecture's window side."""
        middle = self.architecture.middle
        return self.logits(params, windows, dtype)[:, middle, middle]
