"""Camera motion and poses: exact plane similarities, in pure Python.

Coordinates are complex numbers x + iy, with the origin at the centre of the picture, y down, and the picture's
HEIGHT as the unit of length. They are therefore the same for a canvas, a preview and a 4K replay of one show.
A pose maps a point of an earlier picture to where the same point is seen later.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Pose:
    """The similarity z -> factor * z + offset (factor: zoom and rotation; offset: pan)."""

    factor: complex = 1 + 0j
    offset: complex = 0j

    def then(self, later: Pose) -> Pose:
        """The pose that applies this one first and `later` after it."""
        return Pose(later.factor * self.factor, later.factor * self.offset + later.offset)

    def inverse(self) -> Pose:
        """The pose that undoes this one."""
        return Pose(1 / self.factor, -self.offset / self.factor)

    @property
    def zoom(self) -> float:
        """How many times larger things are seen after this pose than before it."""
        return abs(self.factor)

    def apply(self, point: complex) -> complex:
        """Where `point` of the earlier picture is seen in the later one."""
        return self.factor * point + self.offset

    def matrix(self, source: tuple[int, int], target: tuple[int, int]) -> NDArray[np.float64]:
        """The 2x3 affine that takes pixel centres (x, y) of a source picture to those of a target picture.

        Sizes are (width, height) in pixels. Pixel centres are at whole numbers, as OpenCV and scipy have them.
        Both pictures show the same scene height; a wider or narrower target shows more or less at its sides.
        """
        (source_w, source_h), (target_w, target_h) = source, target
        scale = target_h / source_h
        linear = self.factor * scale
        centre = complex((source_w - 1) / 2, (source_h - 1) / 2)
        shift = complex((target_w - 1) / 2, (target_h - 1) / 2) + self.offset * target_h - linear * centre
        return np.array([[linear.real, -linear.imag, shift.real], [linear.imag, linear.real, shift.imag]])


@dataclass(frozen=True)
class Motion:
    """A constant camera motion; over any time it is an exact pose, and the poses of a motion compose.

    zoom: factor per second of show time (1.05 falls in, 1 stands still).
    rotation: degrees per second, clockwise on the screen.
    pan_x, pan_y: how fast the scene slides right and down through the picture's middle, in picture heights per second.
    """

    zoom: float = 1.05
    rotation: float = 0.25
    pan_x: float = 0.0
    pan_y: float = 0.0

    def slowed(self, pace: float) -> Motion:
        """The same motion at a share of its speed."""
        return Motion(self.zoom**pace, self.rotation * pace, self.pan_x * pace, self.pan_y * pace)

    def over(self, seconds: float) -> Pose:
        """The pose after `seconds` of this motion (negative seconds: where things were)."""
        rate = complex(math.log(self.zoom), math.radians(self.rotation))
        slide = complex(self.pan_x, self.pan_y)
        factor = cmath.exp(rate * seconds)
        # (e^x - 1) / x, whose plain form loses all its digits near 0.
        x = rate * seconds
        gain = 1 + x / 2 + x * x / 6 if abs(x) < 1e-5 else (factor - 1) / x
        return Pose(factor, slide * seconds * gain)
