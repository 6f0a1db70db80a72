"""A dream: one finished picture with the show time and the camera motion it belongs to. No JAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.programme import Programme

# Amounts of work by what they are counted in, as {"steps": 4}; those of several dreams may be added up.
Cost = Mapping[str, float]


@dataclass(frozen=True)
class Dream:
    """One finished picture.

    picture: uint8 [H, W, 3], RGB, sRGB-encoded; read-only by agreement.
    time: the show time at which the picture is exactly in place, in seconds.
    motion: the camera motion that led from the dream before to this one, and goes on until told otherwise.
    programme: what it was made of.
    number: 0 for the first dream of a show, then counting.
    cost: the work spent on it. change: how much of a full change it made, above 0 to 1. things: the share of the usual
    number of things that it is made of. `Effort.exactly(cost, change, things)` asks for the same once more.
    seconds: how long it took to make. quickest: the share of these seconds in which a dream of the least work would
    have been made; from it the show learns how often it can dream.
    """

    picture: NDArray[np.uint8]
    time: float
    motion: Motion
    programme: Programme
    number: int = 0
    cost: Cost = field(default_factory=dict)
    change: float = 1.0
    seconds: float = 0.0
    quickest: float = 1.0
    things: float = 1.0
