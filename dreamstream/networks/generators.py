"""The generators that there are, by their shapes: what is written into a file, and what a picture is made by.

Each takes latents [N, latent] and an optional noise key, has `style`, which brings latents to what may be averaged and
drawn towards the mean, and `picture`, which makes pictures of that.
"""

from __future__ import annotations

import flax.linen as nn
import jax
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.began import networks as began
from dreamstream.networks.dcgan import networks as dcgan
from dreamstream.networks.stylegan2 import generator as stylegan2
from dreamstream.networks.stylegan2.published import PublishedGenerator, PublishedShape

Shape = stylegan2.Shape | PublishedShape | began.Shape | dcgan.Shape
FIXED = 7  # seed of the latents by which a training is watched
# By the name that a file has for it.
SHAPES: dict[str, type[Shape]] = {
    "stylegan2": stylegan2.Shape,
    "began": began.Shape,
    "dcgan": dcgan.Shape,
    "published stylegan2": PublishedShape,
}


def generator_of(shape: Shape) -> nn.Module:
    """The generator of a shape."""
    if isinstance(shape, began.Shape):
        return began.Generator(shape)
    if isinstance(shape, PublishedShape):
        return PublishedGenerator(shape)
    return dcgan.Generator(shape) if isinstance(shape, dcgan.Shape) else stylegan2.Generator(shape)


def fixed_latents(shape: Shape, count: int, seed: int = FIXED) -> NDArray[np.float32]:
    """Random latents [count, latent], the same for the same seed: those by which a training is watched."""
    return np.asarray(shape.random(jax.random.key(seed), count), np.float32)


def kind_of(shape: Shape) -> str:
    """The name of its network in a file."""
    return next(name for name, kind in SHAPES.items() if isinstance(shape, kind))
