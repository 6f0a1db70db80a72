"""Drawings for measuring: simple things with a few strokes, wobbled as a hand does, seeded."""

from __future__ import annotations

import math
import random

from dreamstream.core.drawing import Drawing, Point, Stroke, from_json

Line = list[tuple[float, float]]


def _ring(x: float, y: float, across: float, down: float, since: float = 0.0, until: float = 1.0) -> Line:
    """An ellipse, or the part of one from one share of a turn to another."""
    turns = (math.tau * (since + (until - since) * step / 24) for step in range(25))
    return [(x + across * math.sin(turn), y - down * math.cos(turn)) for turn in turns]


# The last stroke of each is a long one, for it is looked for in the frames.
THINGS: dict[str, list[Line]] = {
    "cat": [
        _ring(0.5, 0.55, 0.3, 0.28),
        [(0.25, 0.4), (0.24, 0.15), (0.4, 0.28)],
        [(0.6, 0.28), (0.76, 0.15), (0.75, 0.4)],
        _ring(0.4, 0.5, 0.03, 0.04),
        _ring(0.6, 0.5, 0.03, 0.04),
        [(0.44, 0.66), (0.5, 0.69), (0.56, 0.66)],
    ],
    "house": [
        [(0.25, 0.45), (0.25, 0.85), (0.75, 0.85), (0.75, 0.45)],
        [(0.18, 0.48), (0.5, 0.18), (0.82, 0.48), (0.18, 0.48)],
        [(0.44, 0.85), (0.44, 0.64), (0.57, 0.64), (0.57, 0.85)],
    ],
    "snowman": [_ring(0.5, 0.34, 0.15, 0.15), [(0.5, 0.35), (0.58, 0.38), (0.5, 0.39)], _ring(0.5, 0.68, 0.22, 0.2)],
    "fish": [
        _ring(0.44, 0.5, 0.28, 0.18),
        [(0.7, 0.47), (0.88, 0.3), (0.87, 0.68), (0.7, 0.54)],
        _ring(0.3, 0.45, 0.03, 0.03),
    ],
    "mushroom": [
        [*_ring(0.5, 0.5, 0.32, 0.3, -0.25, 0.25), (0.18, 0.5)],
        [(0.42, 0.5), (0.4, 0.82), (0.6, 0.82), (0.58, 0.5)],
    ],
    "ghost": [
        _ring(0.42, 0.42, 0.03, 0.05),
        _ring(0.58, 0.42, 0.03, 0.05),
        [(0.25, 0.8), *_ring(0.5, 0.42, 0.25, 0.26, -0.25, 0.25), (0.75, 0.8), (0.62, 0.72), (0.5, 0.8), (0.38, 0.72)],
    ],
}


def drawn_by_hand(thing: str, chance: random.Random, wobble: float = 0.008) -> Drawing:
    """One of THINGS; each is a little different, and so has a key of its own."""
    seconds = 0.0
    strokes = []
    for line in THINGS[thing]:
        points = []
        for x, y in line:
            seconds += 0.03
            points.append(Point(x + chance.gauss(0, wobble), y + chance.gauss(0, wobble), seconds))
        strokes.append(Stroke(tuple(points)))
    return from_json(Drawing(tuple(strokes)).to_json())
