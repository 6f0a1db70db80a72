"""How a latent moves: drawn by a spring to what is wished, wandering where nothing certain is. Pure.

States of a walker, by what it is told (`advance`):

    roaming  no point is wished  -> to one known point after another, slowly; held when a point is wished
    held     at a point          -> a little about it, as something alive; roaming when none is wished any more
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.points import corner_shares

Latent = NDArray[np.float64]

# How stiff the springs are, in 1/s: a wish is seen within half a second, and mostly there after one and a half.
TO_A_WISH, ROAMING = 3.5, 1.1
# Seconds from one point to the next while roaming.
LEG = (2.5, 5.0)
# How far it moves about a point, beside latents of mean square 1, and how fast, in radians per second.
ABOUT, RATES = 0.12, (0.7, 1.1, 1.7)
# Seconds in which it goes across the square between four corners and back, and down and back.
SWINGS = (16.0, 16.0 * 0.5 * (1 + 5**0.5))
LONGEST_STEP = 1.0  # seconds; after a longer pause it goes on as if it had been one


@dataclass(frozen=True)
class Walker:
    """Where a latent is, how fast it moves (per second), how many legs it has walked, the seconds left of this one,
    and the time that it has lived, in its own seconds.
    """

    place: Latent
    speed: Latent
    legs: int = 0
    left: float = 0.0
    lived: float = 0.0


def advance(
    walker: Walker, points: Latent, seed: tuple[int, ...], wish: Latent | None, dt: float, pace: float = 1.0
) -> Walker:
    """The walker `dt` seconds later. points: known ones, [N, latent]. wish: the latent that is wished; None for none.

    pace: how fast its time goes. seed and the walker decide everything.
    """
    dt = min(max(dt, 0.0), LONGEST_STEP) * pace
    legs, left, lived = walker.legs, walker.left - dt, walker.lived + dt
    if wish is not None:
        aim, stiff, left = wish + about(len(wish), lived, seed), TO_A_WISH, 0.0
    else:
        if left <= 0:
            legs += 1
            left = float(np.random.default_rng([*seed, legs]).uniform(*LEG))
        aim, stiff = points[_target(len(points), seed, legs)], ROAMING
    place, speed = spring(walker.place, walker.speed, aim, stiff, dt)
    return Walker(place, speed, legs, left, lived)


def spring(place: Latent, speed: Latent, aim: Latent, stiff: float, dt: float) -> tuple[Latent, Latent]:
    """Place and speed after `dt` under a critically damped spring: exact, so that it is the same at any frame rate."""
    off = place - aim
    pull = speed + stiff * off
    decay = np.exp(-stiff * dt)
    return aim + (off + pull * dt) * decay, (speed - stiff * pull * dt) * decay


def about(size: int, lived: float, seed: tuple[int, ...]) -> Latent:
    """A small offset that wanders smoothly with the time that was lived."""
    ways = np.random.default_rng([*seed, 0]).normal(size=(len(RATES), size))
    waves = np.sin(np.asarray(RATES) * lived)
    return np.asarray(ABOUT * (waves[:, None] * ways).sum(0) / len(RATES) ** 0.5)


def square(lived: float) -> Latent:
    """How much of each of four corners there is, [4]: about the whole square between them, from corner to corner.

    Across and down swing at rates whose ratio is no simple fraction, so that no path comes twice.
    """
    across, down = ((1 - np.cos(2 * np.pi * lived / each)) / 2 for each in SWINGS)
    return np.asarray(corner_shares(across, down))


def drawn(points: Latent, seed: int, known: bool, few: bool = False) -> Latent:
    """The point that a number draws. known: between three of `points`; else anywhere, each coordinate normal.

    few: of the coordinates, so that each is anywhere between -1 and 1.
    """
    rng = np.random.default_rng([seed, 2])
    if few:
        return np.asarray(rng.uniform(-1, 1, points.shape[1]))
    if not known:
        return np.asarray(rng.normal(size=points.shape[1]))
    return np.asarray(rng.dirichlet(np.ones(3)) @ points[rng.integers(len(points), size=3)])


def far_apart(points: Latent, count: int) -> NDArray[np.int_]:
    """Which `count` of the points are far from each other: the first, then always the one farthest from those."""
    chosen = [0]
    nearest = np.full(len(points), np.inf)
    while len(chosen) < count:
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(nearest.argmax()))
    return np.asarray(chosen)


def _target(count: int, seed: tuple[int, ...], leg: int) -> int:
    """The point of a leg."""
    return int(np.random.default_rng([*seed, 1, leg]).integers(count))
