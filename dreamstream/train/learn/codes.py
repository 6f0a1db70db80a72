"""What was learned by heart made what random latents show, so that an opponent begins with pictures of the subject."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.stylegan2.generator import Shape

Tree = Any
FIRST = "mapping_0"  # the layer that sees latents
LEAST = 1e-6  # of the greatest variance: directions with less are those that codes do not use


def drawn_like(generator: Tree, shape: Shape, codes: NDArray[np.float32]) -> tuple[Tree, NDArray[np.float32]]:
    """The generator that makes of a random latent what this one makes of a code drawn like these; and its codes.

    codes: latents [N, latent] of frames, of mean square 1. They are taken for a normal distribution: what brings a
    standard one to their mean and covariance is linear, as the first layer of the mapping network is. The latents
    [N, latent] that come with it are these codes as it takes them: about the same pictures, since their length, which
    differs a little then, counts for nothing.
    """
    found = codes.astype(np.float64)
    values, directions = np.linalg.eigh(np.cov(found, rowvar=False))
    root = (directions * np.sqrt(np.maximum(values, 0))).T  # [latent, latent], its product with itself the covariance
    params = dict(generator["params"])
    first = params[FIRST]
    kernel = np.asarray(first["kernel"], np.float64)
    moved = np.asarray(first["bias"]) + found.mean(axis=0) @ kernel / shape.latent**0.5
    params[FIRST] = {"kernel": (root @ kernel).astype(np.float32), "bias": moved.astype(np.float32)}
    known = (found - found.mean(axis=0)) @ directions / np.sqrt(np.maximum(values, values.max() * LEAST))
    known /= np.sqrt(np.maximum((known**2).mean(axis=1, keepdims=True), 1e-12))
    return {**generator, "params": params}, known.astype(np.float32)
