"""A drawing as a picture: ink on paper, as much of it as there was by some moment."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.drawing import USUAL_PRESSURE, Drawing, Point, Stroke

PAPER, INK = 255, 0
# A line of the usual pressure, and how much wider the eraser is, both in sides of the box.
LINE = 0.025
ERASER = 3.0
# The picture is drawn this much larger and averaged down, where the side is small; and places are exact to a 16th.
_LARGER, _LARGEST = 4, 2048
_SHIFT = 4


def draw_lines(drawing: Drawing, side: int, seconds: float | None = None) -> NDArray[np.uint8]:
    """The drawing as uint8 [side, side], 255 paper and 0 ink, with round, smooth lines about LINE of the side wide.

    seconds: only what was drawn by then, in the drawing's own time; None for all of it. The same on every machine.
    """
    larger = max(1, min(_LARGER, _LARGEST // side))
    sheet = np.full((side * larger, side * larger), PAPER, np.uint8)
    for stroke in drawing.strokes:
        if seconds is not None and stroke.points[0].seconds > seconds:
            break
        _draw(sheet, stroke, seconds)
    if larger == 1:
        return sheet
    return np.asarray(cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _draw(sheet: NDArray[np.uint8], stroke: Stroke, seconds: float | None) -> None:
    side = len(sheet)
    colour = PAPER if stroke.erase else INK
    before = stroke.points[0]
    _dot(sheet, before, _width(before, stroke.erase) * side, colour)
    for after in stroke.points[1:]:
        point = _until(before, after, seconds)
        if point is None:
            return
        width = (_width(before, stroke.erase) + _width(point, stroke.erase)) / 2 * side
        # OpenCV's lines and discs are a pixel wider than they are asked to be.
        thickness = max(1, round(width) - 1)
        cv2.line(sheet, _at(before, side), _at(point, side), colour, thickness, cv2.LINE_8, _SHIFT)
        _dot(sheet, point, width, colour)
        before = point


def _until(before: Point, after: Point, seconds: float | None) -> Point | None:
    """Where the pen was at `seconds`, on its way from one point to the next; None before it left."""
    if seconds is None or after.seconds <= seconds:
        return after
    if seconds <= before.seconds:
        return None
    share = (seconds - before.seconds) / (after.seconds - before.seconds)
    return Point(*(a + share * (b - a) for a, b in zip(before, after, strict=True)))


def _width(point: Point, erase: bool) -> float:
    """In sides of the box: half as wide without pressure, and half as wide again with all of it."""
    return LINE * (ERASER if erase else 1.0) * (1.0 + point.pressure - USUAL_PRESSURE)


def _at(point: Point, side: int) -> tuple[int, int]:
    """The point in pixels, as OpenCV wants them: pixel centres at whole numbers, in 16ths."""
    scale = 1 << _SHIFT
    return (math.floor((point.x * side - 0.5) * scale + 0.5), math.floor((point.y * side - 0.5) * scale + 0.5))


def _dot(sheet: NDArray[np.uint8], point: Point, width: float, colour: int) -> None:
    radius = max(1, round((width - 1) / 2 * (1 << _SHIFT)))
    cv2.circle(sheet, _at(point, len(sheet)), radius, colour, cv2.FILLED, cv2.LINE_8, _SHIFT)
