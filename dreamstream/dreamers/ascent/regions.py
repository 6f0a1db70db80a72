"""Where on the picture something is wanted: regions by name, and soft masks, as rasters of one fixed size. No JAX.

A raster [RASTER, RASTER] says for each cell of the picture how much of it counts, 0 to 1; its size does not depend on
the canvas, so that another region or mask never needs another compiled step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import REGIONS

RASTER = 64  # cells along each side: the edges of REGIONS lie between two of them


def raster_of(region: str) -> NDArray[np.float32]:
    """The region's raster: 1 inside, 0 outside."""
    left, top, right, bottom = (round(RASTER * side) for side in REGIONS[region])
    raster = np.zeros((RASTER, RASTER), np.float32)
    raster[top:bottom, left:right] = 1
    return raster


@dataclass(frozen=True, eq=False)
class Mask:
    """A soft mask made from a picture: brightness [H, W] of the canvas's shape, 0 (not here) to 1 (here)."""

    brightness: NDArray[np.float32]

    @cached_property
    def raster(self) -> NDArray[np.float32]:
        """The mask [RASTER, RASTER]."""
        found = cv2.resize(self.brightness, (RASTER, RASTER), interpolation=cv2.INTER_AREA)
        return np.asarray(found, np.float32)

    @cached_property
    def _cells(self) -> NDArray[np.float64]:
        """Centres (x, y) of the cells that are at least half as bright as the brightest, from 0 to 1."""
        bright = np.argwhere(self.raster >= max(0.5 * float(self.raster.max()), 1e-6))
        return (bright[:, ::-1] + 0.5) / RASTER

    def share(self, point: complex, aspect: float) -> float:
        """How much the mask wants of a point in picture heights from the centre (see camera.py): 0 to 1."""
        x = min(max(int((point.real / aspect + 0.5) * RASTER), 0), RASTER - 1)
        y = min(max(int((point.imag + 0.5) * RASTER), 0), RASTER - 1)
        return float(self.raster[y, x])

    def distance(self, point: complex, aspect: float) -> float:
        """How far a point is from the mask's bright part, in picture heights (0 inside; infinite when all is black)."""
        if not len(self._cells):
            return float("inf")
        away = np.abs(self._cells - (point.real / aspect + 0.5, point.imag + 0.5)) - 0.5 / RASTER
        x, y = np.maximum(away, 0).T
        return float(np.hypot(x * aspect, y).min())


def distance(region: str, mask: Mask | None, point: complex, aspect: float) -> float:
    """How far a point is outside a region and a mask, in picture heights (0 inside both)."""
    left, top, right, bottom = REGIONS[region]
    dx = max((left - 0.5) * aspect - point.real, 0.0, point.real - (right - 0.5) * aspect)
    dy = max(top - 0.5 - point.imag, 0.0, point.imag - bottom + 0.5)
    return max(float(np.hypot(dx, dy)), mask.distance(point, aspect) if mask else 0.0)
