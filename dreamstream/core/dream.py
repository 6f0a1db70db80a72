"""A dream: one finished canvas with the show time and the camera motion it belongs to. No JAX."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.programme import Programme


@dataclass(frozen=True)
class Dream:
    """One finished picture.

    picture: uint8 [H, W, 3], RGB, sRGB-encoded; read-only by agreement.
    time: the show time at which the picture is exactly in place, in seconds.
    motion: the camera motion that led from the dream before to this one, and goes on until told otherwise.
    programme: what it was made of.
    number: 0 for the first dream of a show, then counting.
    steps: ascent steps spent on it. strength: the factor on each of them.
    seconds: how long it took to make.
    """

    picture: NDArray[np.uint8]
    time: float
    motion: Motion
    programme: Programme
    number: int = 0
    steps: int = 0
    seconds: float = 0.0
    strength: float = 1.0
