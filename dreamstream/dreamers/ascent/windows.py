"""Where each ascent step looks: windows on the living objects, taking turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import LIVING, MAX_WISHES, Programme, Wish
from dreamstream.dreamers.ascent.anchors import NO_MASKS, Anchor, Masks
from dreamstream.dreamers.ascent.objective import StepWindows
from dreamstream.dreamers.ascent.presets import Mixture
from dreamstream.dreamers.ascent.regions import distance
from dreamstream.networks.prior import PATCH

VIEWS = (np.radians(5), 0.05, 0.06)  # turn in radians, scale, and shift in the canvas's sides, at most
JITTER = 1 / 14  # of a window's side: how far each look at an object may be off its place


def plan(
    anchors: Sequence[Anchor],
    programme: Programme,
    ids: Mapping[str, int],
    size: tuple[int, int],
    mixture: Mixture,
    steps: int,
    rng: np.random.Generator,
    masks: Masks = NO_MASKS,
) -> StepWindows:
    """What `steps` steps look at, as a Glimpse of arrays with a leading axis of that length.

    All anchors are seen equally often. ids: the model's class numbers by name. size: the canvas (width, height).
    masks: by the names that wishes have for them. A programme without classes has no anchors, and looks nowhere.
    """
    width, height = size
    aspect = width / height
    if not anchors:
        grid = rng.integers(0, PATCH, (steps, 2)).astype(np.int32)
        none = np.zeros((steps, 0), np.float32)
        nowhere, nothing = (np.zeros((steps, 0, n), np.float32) for n in (3, MAX_WISHES))
        return StepWindows(nowhere, none.astype(np.int32), none, nothing, grid, views(steps, size, mixture.jitter, rng))
    shown = min(mixture.windows, len(anchors))
    rounds = -(-steps * shown // len(anchors))
    chosen = np.concatenate([rng.permutation(len(anchors)) for _ in range(rounds)])[: steps * shown].reshape(
        steps, shown
    )
    places = np.array([[a.centre.real, a.centre.imag, a.side] for a in anchors])[chosen]
    wishes = np.array([a.wish for a in anchors])[chosen]
    pictured = np.array([wish.kind == LIVING for wish in programme.wishes])[wishes]
    # A picture is looked for in its very place: what is off it by a little would blur it.
    off = np.where(pictured[..., None], 0.0, rng.uniform(-JITTER, JITTER, (steps, shown, 2)))
    places[..., :2] += off * places[..., 2:]
    places[..., 2] *= np.where(pictured, 1.0, rng.uniform(0.93, 1.07, (steps, shown)))
    boxes = places * height
    boxes[..., 0] += (width - 1) / 2
    boxes[..., 1] += (height - 1) / 2
    if mixture.mirrored:
        boxes[..., 2] *= np.where((rng.random((steps, shown)) < mixture.mirrored) & ~pictured, -1, 1)
    classes = np.array([ids[wish.what] if wish.kind == "class" else 0 for wish in programme.wishes], np.int32)[wishes]
    weights = np.array([max(wish.weight, 0.0) for wish in programme.wishes])[wishes]
    if any(wish.mask for wish in programme.wishes):
        weights *= _shares(programme, places, wishes, aspect, masks)
    against = _against(programme, places, aspect, masks)
    offsets = rng.integers(0, PATCH, (steps, 2)).astype(np.int32)
    f32 = np.float32
    view = views(steps, size, mixture.jitter, rng)
    colourless = None
    if mixture.colourless:
        colourless = ((rng.random((steps, shown)) < mixture.colourless) & ~pictured).astype(f32)
    told = StepWindows(
        boxes.astype(f32),
        classes,
        np.where(pictured, 0, weights).astype(f32),
        against.astype(f32),
        offsets,
        view,
        colourless=colourless,
    )
    if not any(wish.kind == LIVING for wish in programme.wishes):
        return told
    return told._replace(pictures=wishes.astype(np.int32), likenesses=np.where(pictured, weights, 0).astype(f32))


def views(steps: int, size: tuple[int, int], jitter: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """How each of `steps` steps looks at the whole canvas: affines [steps, 2, 3] from what it sees to the canvas.

    jitter: a factor on VIEWS; 0 looks straight, and draws nothing.
    """
    straight = np.tile(np.eye(2, 3, dtype=np.float32), (steps, 1, 1))
    if not jitter:
        return straight
    turned, scaled, moved = (jitter * share for share in VIEWS)
    factor = np.exp(1j * rng.uniform(-turned, turned, steps)) / rng.uniform(1 - scaled, 1 + scaled, steps)
    centre = complex((size[0] - 1) / 2, (size[1] - 1) / 2)
    shift = rng.uniform(-moved, moved, steps) * size[0] + 1j * rng.uniform(-moved, moved, steps) * size[1]
    offset = centre + shift - factor * centre
    rows = [[factor.real, -factor.imag, offset.real], [factor.imag, factor.real, offset.imag]]
    return np.asarray(np.moveaxis(np.array(rows), 2, 0), np.float32)


def _shares(
    programme: Programme, places: np.ndarray, wishes: np.ndarray, aspect: float, masks: Masks
) -> NDArray[np.float64]:
    """How much the mask of each place's wish wants of that place: [steps, windows], from 0 to 1."""

    def share(x: float, y: float, wish: Wish) -> float:
        return masks[wish.mask].share(complex(x, y), aspect) if wish.mask else 1.0

    flat = zip(places.reshape(-1, 3), wishes.ravel(), strict=True)
    return np.array([share(x, y, programme.wishes[wish]) for (x, y, _), wish in flat]).reshape(wishes.shape)


def _against(programme: Programme, places: np.ndarray, aspect: float, masks: Masks) -> NDArray[np.float64]:
    """How much each class wish of negative weight is to be kept out of each window: [steps, windows, MAX_WISHES].

    The last axis counts the class wishes, as `Wanted.classes` does.
    """
    found = np.zeros((*places.shape[:2], MAX_WISHES))
    for index, wish in enumerate(wish for wish in programme.wishes if wish.kind == "class"):
        if wish.weight < 0:
            mask = masks[wish.mask] if wish.mask else None
            reached = [distance(wish.region, mask, complex(x, y), aspect) == 0 for x, y, _ in places.reshape(-1, 3)]
            found[..., index] = -wish.weight * np.reshape(reached, places.shape[:2])
    return found
