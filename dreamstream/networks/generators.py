"""The generators that there are, by their shapes: what is written into a file, and what a picture is made by.

Each takes latents [N, latent] and an optional noise key, has `style`, which brings latents to what may be averaged and
drawn towards the mean, and `picture`, which makes pictures of that.
"""

from __future__ import annotations

import flax.linen as nn

from dreamstream.networks.began import networks as began
from dreamstream.networks.dcgan import networks as dcgan
from dreamstream.networks.stylegan2 import generator as stylegan2

Shape = stylegan2.Shape | began.Shape | dcgan.Shape
# By the name that a file has for it.
SHAPES: dict[str, type[Shape]] = {"stylegan2": stylegan2.Shape, "began": began.Shape, "dcgan": dcgan.Shape}


def generator_of(shape: Shape) -> nn.Module:
    """The generator of a shape."""
    if isinstance(shape, began.Shape):
        return began.Generator(shape)
    return dcgan.Generator(shape) if isinstance(shape, dcgan.Shape) else stylegan2.Generator(shape)


def kind_of(shape: Shape) -> str:
    """The name of its network in a file."""
    return next(name for name, kind in SHAPES.items() if isinstance(shape, kind))
