"""A loaded network: parameters with everything that belongs to them (shape, preprocessing, class order)."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from dreamstream.dream.vgg import Architecture, Params, activations


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
        return (channels * self.scale - jnp.asarray(self.mean, canvas.dtype)) / jnp.asarray(self.std, canvas.dtype)


BUILTIN = Preprocessing()
TORCHVISION = Preprocessing(1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CAFFE = Preprocessing(255.0, (103.939, 116.779, 123.68), (1.0, 1.0, 1.0), bgr=True)


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
