"""Outlines as a hand draws them: simplified, wobbled, some left out, with gaps. Seeded.

Places are in sides of the box here, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.drawing import Drawing, Point, Stroke
from dreamstream.train.pix2pix.outlines import Polyline, length


@dataclass(frozen=True)
class Hand:
    """How unlike the outline a hand draws, in shares of the drawing's extent.

    simple: most of what is left out between two points of a line. rounded: how often its corners are cut, from and to.
    wobble: of the whole drawing, in waves. shift, turn: of a stroke, its place and its angle in radians. shake: of a
    point. dropped: chance that a stroke is left out; of the longest ones, a quarter of it. gap: chance that a piece is
    missing in a stroke.
    """

    simple: tuple[float, float] = (0.004, 0.02)
    rounded: tuple[int, int] = (1, 2)
    wobble: float = 0.012
    shift: float = 0.006
    turn: float = 0.03
    shake: float = 0.003
    dropped: float = 0.14
    gap: float = 0.15


# As a machine finds the lines.
DETECTED = Hand((0.001, 0.001), (1, 1), 0, 0, 0, 0, 0, 0)
# What drawings to be judged by are made with: always a wobble, nothing left out.
STEADY = Hand((0.008, 0.016), (1, 2), 0.012, 0.006, 0.04, 0.004, 0, 0)


def by_hand(lines: Sequence[Polyline], hand: Hand, rng: np.random.Generator) -> list[Polyline]:
    """Polylines as this hand draws them."""
    if not lines:
        return []
    every = np.concatenate(lines)
    low = every.min(axis=0)
    extent = float(max((every.max(axis=0) - low).max(), 1e-6))
    simple = rng.uniform(*hand.simple) * extent
    strength = hand.wobble * rng.uniform(0.4, 1.6) * extent
    waves = [(rng.uniform(0.5, 2.5, (2, 2)) * rng.choice([-1, 1], (2, 2)), rng.uniform(0, 6.3, 2)) for _ in range(2)]
    longest = max(map(length, lines))
    drawn = []
    for number, line in enumerate(lines):
        chance = hand.dropped * (0.25 if length(line) > 0.5 * longest else 1)
        if rng.random() < chance and (number or len(lines) > 3):
            continue
        made = _rounded(_simplified(line, simple), int(rng.integers(*hand.rounded, endpoint=True)))
        place = 2 * np.pi * (made - low) / extent
        made = made + strength * sum(np.sin(place @ way + phase) for way, phase in waves) / 2
        made = _moved(made, hand, extent, rng)
        if rng.random() < hand.gap and len(made) > 5:
            at, missing = int(rng.integers(len(made))), max(1, int(len(made) * rng.uniform(0.05, 0.2)))
            drawn += [part for part in (made[:at], made[at + missing :]) if len(part) > 1]
        else:
            drawn.append(made)
    return [np.asarray(line, np.float32) for line in drawn]


def _simplified(line: Polyline, most: float) -> Polyline:
    """Fewer points, none of those left out further from the line than `most`; a closed line stays closed."""
    line = np.asarray(line, np.float32)
    if len(line) < 4 or np.hypot(*(line[0] - line[-1])) > most / 4:
        return np.asarray(cv2.approxPolyDP(line[:, None], most, False)[:, 0], np.float32)
    found = cv2.approxPolyDP(line[:-1, None], most, True)[:, 0]
    return np.asarray(np.concatenate([found, found[:1]]), np.float32)


def _rounded(line: Polyline, times: int) -> Polyline:
    """Corners cut (Chaikin 1974); the ends stay."""
    for _ in range(times if len(line) > 2 else 0):
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        line = np.concatenate([line[:1], np.stack([near, far], axis=1).reshape(-1, 2), line[-1:]])
    return line


def _moved(line: Polyline, hand: Hand, extent: float, rng: np.random.Generator) -> Polyline:
    """A stroke a little beside where it should be, its points shaken."""
    angle = hand.turn * rng.normal()
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = line.mean(axis=0)
    # A long line is turned less: its ends would be far away.
    share = min(1.0, 0.3 * extent / max(length(line), 1e-6))
    turned = (line - middle) @ (turn * share + np.eye(2) * (1 - share)) + middle
    shaken = extent * hand.shake * rng.normal(size=line.shape)
    return np.asarray(turned + extent * hand.shift * rng.normal(size=2) + shaken, np.float32)


def cut(lines: Sequence[Polyline], longest: float) -> list[Polyline]:
    """Polylines cut into strokes no longer than about `longest`, as a hand lifts the pen."""
    found = []
    for line in lines:
        pieces = max(1, round(length(line) / longest))
        way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        bounds = np.linspace(0, way[-1], pieces + 1)
        for first, last in pairwise(bounds):
            ends = [[np.interp(at, way, line[:, axis]) for axis in (0, 1)] for at in (first, last)]
            within = line[(way > first) & (way < last)]
            found.append(np.concatenate([ends[:1], within, ends[1:]]).astype(np.float32))
    return found


def shuffled(lines: Sequence[Polyline], rng: np.random.Generator) -> tuple[list[Polyline], list[NDArray[np.float64]]]:
    """The same strokes at random places within what they filled, turned; and how each was moved, [2, 3]."""
    every = np.concatenate(lines)
    low, high = every.min(axis=0), every.max(axis=0)
    made, moves = [], []
    for line in lines:
        angle, middle = rng.uniform(0, 2 * np.pi), line.mean(axis=0)
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s], [s, c]])
        to = rng.uniform(low, high)
        move = np.concatenate([turn, (to - turn @ middle)[:, None]], axis=1)
        made.append(np.asarray(line @ turn.T + move[:, 2], np.float32))
        moves.append(move)
    return made, moves


def drawing_of(lines: Sequence[Polyline], pressure: float = 0.5) -> Drawing:
    """A drawing of polylines whose places are in sides of the box."""
    strokes, now = [], 0.0
    for line in lines:
        points = []
        for x, y in np.clip(line, 0, 1):
            points.append(Point(round(float(x), 4), round(float(y), 4), round(now, 3), pressure))
            now += 0.01
        strokes.append(Stroke(tuple(points)))
    return Drawing(tuple(strokes))
