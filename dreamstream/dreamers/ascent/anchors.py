"""Anchors: squares of the scene at which an object is dreamed. They ride the camera from birth to release.

A life, one `advance` to the next:

    born      at the freest of CANDIDATES places, for the wish whose region is there
    riding    moved and grown by the camera's pose; of the same wish until the programme changes, then of the one there
    released  larger than the rules allow, too small, its middle about to leave the picture, or outside every mask
There are always `AnchorRules.count` of them, or none for a programme without classes. One that was released because it
leaves the picture is remembered until it has left (`leaving`): no object is dreamed there any more.

Pure Python and NumPy with a random generator passed in. Centres and sides are in picture heights, origin at the
picture's centre (see camera.py), so the same anchors serve any canvas size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dreamstream.core.camera import Pose
from dreamstream.core.programme import THINGS, Programme, Wish
from dreamstream.dreamers.ascent.regions import Mask, distance

CANDIDATES = 48  # places tried for a birth; the one with most free space wins
FITTING = 150  # as many where objects fit their places (`AnchorRules.fitting`)

# Masks by the names under which wishes speak of them.
Masks = Mapping[str, Mask]
NO_MASKS: Masks = {}


@dataclass(frozen=True)
class AnchorRules:
    """How objects live. Sides are in picture heights.

    count: anchors kept. born: smallest and largest side at birth. largest: the side at which one is released.
    fitting: whether one that would lie upon its neighbours is born smaller. The camera moves all alike, so what was
    born apart stays apart.
    """

    count: int = 10
    born: tuple[float, float] = (0.24, 0.34)
    largest: float = 0.56
    fitting: bool = False


@dataclass(frozen=True)
class Anchor:
    """One object's place: centre, side, and the wish (index into the programme) that it fulfils.

    age: how many usual dreams have been climbed for that wish. lived: how many since it was born; inf for what was
    found, not born.
    largest: the side at which it is released, where the rules would do so before; 0 leaves that to them.
    """

    centre: complex
    side: float
    wish: int = 0
    age: float = 0.0
    largest: float = 0.0
    lived: float = math.inf


def _distance(wish: Wish, point: complex, aspect: float, masks: Masks) -> float:
    return distance(wish.region, masks[wish.mask] if wish.mask else None, point, aspect)


def _candidates(programme: Programme) -> list[int]:
    """The wishes that an object can fulfil: for things, those not wanted only when there are no others."""
    classes = [i for i, wish in enumerate(programme.wishes) if wish.kind in THINGS]
    return [i for i in classes if programme.wishes[i].weight > 0] or classes


def wish_at(
    point: complex, programme: Programme, aspect: float, rng: np.random.Generator, masks: Masks = NO_MASKS
) -> int:
    """Which wish an object at `point` fulfils: the one whose region is nearest; among several, by weight."""
    wishes = programme.wishes
    distances = {i: _distance(wishes[i], point, aspect, masks) for i in _candidates(programme)}
    nearest = [i for i, d in distances.items() if d <= min(distances.values()) + 1e-9]
    weights = np.array([max(wishes[i].weight, 1e-6) for i in nearest])
    return int(rng.choice(nearest, p=weights / weights.sum()))


def outside(point: complex, programme: Programme, aspect: float, masks: Masks) -> float:
    """How far a point is from every mask in which an object is wanted (0 where one is wanted without a mask)."""
    wishes = [programme.wishes[i] for i in _candidates(programme)]
    if not all(wish.mask for wish in wishes):
        return 0.0
    return min(_distance(wish, point, aspect, masks) for wish in wishes)


def _birth(
    others: Sequence[Anchor],
    programme: Programme,
    aspect: float,
    habits: AnchorRules,
    grown: bool,
    rng: np.random.Generator,
    masks: Masks,
) -> Anchor:
    low, high = habits.born
    side = float(rng.uniform(low, habits.largest * 0.85 if grown else high))
    reach_x, reach_y = max(aspect / 2 - side * 0.42, 0.0), max(0.5 - side * 0.42, 0.0)
    best, room = 0j, -np.inf
    for _ in range(FITTING if habits.fitting else CANDIDATES):
        place = complex(rng.uniform(-reach_x, reach_x), rng.uniform(-reach_y, reach_y))
        gap = min((abs(place - other.centre) - 0.5 * (side + other.side) for other in others), default=1.0)
        gap -= 10 * outside(place, programme, aspect, masks)
        if gap > room:
            best, room = place, gap
    if habits.fitting:
        side = max(low, min(side, side + 2 * room))
    return Anchor(best, side, wish_at(best, programme, aspect, rng, masks), lived=0.0)


def _moved(anchor: Anchor, pose: Pose, age: float, climbed: float = 0.0) -> Anchor:
    centre, side = pose.apply(anchor.centre), anchor.side * pose.zoom
    return replace(anchor, centre=centre, side=side, age=age, lived=anchor.lived + climbed)


def _is_whole(anchor: Anchor, aspect: float) -> bool:
    """Whether an object can be seen whole: not where its middle is about to leave the picture."""
    x, y = abs(anchor.centre.real), abs(anchor.centre.imag)
    return x < aspect / 2 - 0.12 * anchor.side and y < 0.5 - 0.12 * anchor.side


def leaving(
    before: Sequence[Anchor], after: Sequence[Anchor], gone: Sequence[Anchor], pose: Pose, aspect: float
) -> list[Anchor]:
    """Where things are on their way out of the picture: anchors of which a part is still seen.

    before, after: the anchors before and after the camera moved by `pose`. gone: what this returned the last time.
    """
    kept = {anchor.centre for anchor in after}
    moved = [_moved(anchor, pose, anchor.age) for anchor in (*before, *gone)]

    def seen(anchor: Anchor) -> bool:
        x, y, half = abs(anchor.centre.real), abs(anchor.centre.imag), anchor.side / 2
        return x < aspect / 2 + half and y < 0.5 + half

    return [anchor for anchor in moved if anchor.centre not in kept and not _is_whole(anchor, aspect) and seen(anchor)]


def advance(
    anchors: Sequence[Anchor],
    pose: Pose,
    programme: Programme,
    aspect: float,
    habits: AnchorRules,
    rng: np.random.Generator,
    changed: bool = False,
    masks: Masks = NO_MASKS,
    climbed: float = 0.0,
) -> list[Anchor]:
    """The anchors after the camera moved by `pose`: moved along, released when too large or gone, and refilled.

    aspect: width over height of the canvas. changed: the programme is not the one of the last call; every object
    then takes the wish of the place where it is, and is young again. masks: by the names that wishes have for them.
    climbed: usual dreams since the last call.
    """
    if not _candidates(programme):
        return []
    kept: list[Anchor] = []
    for anchor in anchors:
        moved = _moved(anchor, pose, 0.0 if changed else anchor.age + climbed, climbed)
        inside = _is_whole(moved, aspect) and not outside(moved.centre, programme, aspect, masks)
        if inside and habits.born[0] * 0.7 < moved.side <= max(habits.largest, anchor.largest):
            wish = (
                wish_at(moved.centre, programme, aspect, rng, masks)
                if changed or moved.wish >= len(programme.wishes)
                else moved.wish
            )
            kept.append(replace(moved, wish=wish))
    start = not anchors
    while len(kept) < habits.count:
        kept.append(_birth(kept, programme, aspect, habits, start, rng, masks))
    return kept[: habits.count]
