"""A drawing as data: strokes of a pen or an eraser in a square box, bounded whoever sends them. No JAX, no pixels."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from dreamstream.core.errors import UserError

# What one drawing may hold. A hand draws about a hundred points a second; a minute of that fits when near ones are
# left out, as the page does.
MAX_STROKES = 300
MAX_POINTS = 4000
MAX_SECONDS = 600.0
# The longest JSON text of a drawing, in bytes: whoever reads one from a stranger reads no more than this.
MAX_BYTES = 131_072
# How finely places, times and pressures are kept: whatever is finer cannot be seen.
_PLACES, _TIMES, _PRESSURES = 4, 3, 2
# Devices without pressure draw with this, as pointer events have it.
USUAL_PRESSURE = 0.5
_POINT = "x, y, seconds and perhaps pressure"


class Point(NamedTuple):
    """Where the pen was.

    x, y: from 0 to 1, right and down, in the square box. seconds: since the drawing began. pressure: 0 to 1.
    """

    x: float
    y: float
    seconds: float
    pressure: float = USUAL_PRESSURE


@dataclass(frozen=True)
class Stroke:
    """One line of the pen, from where it was set down to where it was lifted. erase: of the eraser instead."""

    points: tuple[Point, ...]
    erase: bool = False


@dataclass(frozen=True)
class Drawing:
    """Strokes in the order in which they were drawn; their times never fall.

    At least one stroke is the pen's. At most MAX_STROKES, MAX_POINTS in all, and MAX_SECONDS.
    """

    strokes: tuple[Stroke, ...]

    @property
    def seconds(self) -> float:
        """When the last point was drawn."""
        return self.strokes[-1].points[-1].seconds

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads: {"strokes": [{"points": [[x, y, seconds], ...]}, ...]}.

        A point has its pressure where it is not the usual one, and a stroke `"erase": true` where it erases.
        """
        return {
            "strokes": [
                {
                    "points": [
                        list(point if point.pressure != USUAL_PRESSURE else point[:3]) for point in stroke.points
                    ],
                    **({"erase": True} if stroke.erase else {}),
                }
                for stroke in self.strokes
            ]
        }

    def key(self) -> str:
        """A short name made of the contents alone: two equal drawings have the same, 16 hexadecimal digits."""
        text = json.dumps(self.to_json(), separators=(",", ":"))
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def within(self, seconds: float) -> Drawing:
        """The same lines drawn in `seconds`, at an even pace: nobody watches a pen think."""
        lengths = [
            max(math.dist(before[:2], point[:2]), _SHORTEST)
            for stroke in self.strokes
            for before, point in zip((stroke.points[0], *stroke.points), stroke.points, strict=False)
        ]
        whole, gone = sum(lengths), 0.0
        ways = iter(lengths)
        strokes = []
        for stroke in self.strokes:
            points = []
            for point in stroke.points:
                gone += next(ways)
                points.append(point._replace(seconds=seconds * min(gone / whole, 1.0)))
            strokes.append(Stroke(tuple(points), stroke.erase))
        return Drawing(tuple(strokes))

    def framed(self, filled: float = 0.84) -> Drawing:
        """The same lines in the middle of the box, as large as fills that share of it; small ones grow five times."""
        inked = [point for stroke in self.strokes if not stroke.erase for point in stroke.points]
        (left, right), (top, bottom) = ((min(each), max(each)) for each in list(zip(*inked, strict=True))[:2])
        scale = min(LARGEST_GROWTH, filled / max(right - left, bottom - top, 1e-6))
        x, y = (left + right) / 2, (top + bottom) / 2

        def placed(point: Point) -> Point:
            across, down = (min(max(0.5 + scale * (at - of), 0.0), 1.0) for at, of in ((point.x, x), (point.y, y)))
            return point._replace(x=across, y=down)

        return Drawing(tuple(Stroke(tuple(map(placed, stroke.points)), stroke.erase) for stroke in self.strokes))


# How much a small drawing is enlarged at most.
LARGEST_GROWTH = 5.0
# A dot takes its time, too, in sides of the box.
_SHORTEST = 0.002


def from_json(value: object) -> Drawing:
    """The drawing that a parsed JSON value describes, as `Drawing.to_json` writes it.

    Raises UserError, in a sentence, for anything else and for what is out of bounds.
    """
    if not isinstance(value, Mapping) or set(value) != {"strokes"} or not isinstance(value["strokes"], list):
        raise UserError('A drawing must look like {"strokes": [{"points": [[x, y, seconds], ...]}, ...]}.')
    described = value["strokes"]
    if not 1 <= len(described) <= MAX_STROKES:
        raise UserError(f"A drawing must have 1 to {MAX_STROKES} strokes, not {len(described)}.")
    strokes: list[Stroke] = []
    count, now = 0, 0.0
    for number, stroke in enumerate(described, 1):
        points, erase = _parts(stroke, number)
        count += len(points)
        if count > MAX_POINTS:
            raise UserError(f"A drawing must have at most {MAX_POINTS} points in all; this one has more.")
        read = []
        for point in points:
            read.append(_point(point, number, now))
            now = read[-1].seconds
        strokes.append(Stroke(tuple(read), erase))
    if all(stroke.erase for stroke in strokes):
        raise UserError("A drawing must have at least one stroke of the pen; this one only erases.")
    return Drawing(tuple(strokes))


def _parts(stroke: object, number: int) -> tuple[list[object], bool]:
    """Points, not read yet, and whether they erase. number: of the stroke, from 1."""
    if not isinstance(stroke, Mapping) or not {"points"} <= set(stroke) <= {"points", "erase"}:
        raise UserError(f'Stroke {number} must look like {{"points": [[x, y, seconds], ...], "erase": false}}.')
    points, erase = stroke["points"], stroke.get("erase", False)
    if not isinstance(points, list) or not points:
        raise UserError(f"Stroke {number} must have a list of at least one point.")
    if not isinstance(erase, bool):
        raise UserError(f"Stroke {number}: erase must be true or false.")
    return points, erase


def _point(point: object, number: int, now: float) -> Point:
    """A point of stroke `number`, not before `now`."""
    if not isinstance(point, list) or len(point) not in (3, 4):
        raise UserError(f"Stroke {number}: a point must be a list of {_POINT}.")
    x, y = _number(point[0], number, "x", 1, _PLACES), _number(point[1], number, "y", 1, _PLACES)
    seconds = _number(point[2], number, "seconds", MAX_SECONDS, _TIMES)
    if seconds < now:
        raise UserError(f"Stroke {number}: the seconds of its points must never fall, as {now:g} to {seconds:g} does.")
    if len(point) == 3:
        return Point(x, y, seconds)
    return Point(x, y, seconds, _number(point[3], number, "pressure", 1, _PRESSURES))


def _number(value: object, number: int, name: str, most: float, places: int) -> float:
    """A number from 0 to `most`, rounded; NaN fails the comparison, and a truth value is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"Stroke {number}: {name} must be a number from 0 to {most:g}.")
    if not 0 <= value <= most:
        raise UserError(f"Stroke {number}: {name} must be 0 to {most:g}, not {_said(value)}.")
    return round(float(value), places) + 0.0  # -0.0 is 0.0


def _said(value: float) -> str:
    """A number in few letters; a whole one may have a million digits."""
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number of hundreds of digits"
