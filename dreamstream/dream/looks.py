"""Where each ascent step looks: windows on the living objects, taking turns, and a few anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from dreamstream.dream.anchors import Anchor, Habits, wish_at
from dreamstream.dream.objective import Glimpse, Mixture
from dreamstream.dream.prior import PATCH
from dreamstream.dream.programme import Programme

JITTER = 1 / 14  # of a window's side: how far each look at an object may be off its place


def plan(
    anchors: Sequence[Anchor],
    programme: Programme,
    ids: Mapping[str, int],
    size: tuple[int, int],
    mixture: Mixture,
    habits: Habits,
    steps: int,
    rng: np.random.Generator,
) -> Glimpse:
    """What `steps` steps look at, as a Glimpse of arrays with a leading axis of that length.

    All anchors are seen equally often. ids: the model's class numbers by name. size: the canvas (width, height).
    """
    width, height = size
    shown = min(mixture.windows, len(anchors))
    rounds = -(-steps * shown // len(anchors))
    chosen = np.concatenate([rng.permutation(len(anchors)) for _ in range(rounds)])[: steps * shown].reshape(
        steps, shown
    )
    places = np.array([[a.centre.real, a.centre.imag, a.side] for a in anchors])[chosen]
    places[..., :2] += rng.uniform(-JITTER, JITTER, (steps, shown, 2)) * places[..., 2:]
    places[..., 2] *= rng.uniform(0.93, 1.07, (steps, shown))
    wishes = np.array([a.wish for a in anchors])[chosen]
    strength = np.ones((steps, shown))
    if mixture.strays:
        stray, wanted = _strays(programme, width / height, mixture.strays, habits, steps, rng)
        places, wishes = np.concatenate([places, stray], axis=1), np.concatenate([wishes, wanted], axis=1)
        strength = np.concatenate([strength, np.full(wanted.shape, mixture.stray_weight)], axis=1)
    boxes = places * height
    boxes[..., 0] += (width - 1) / 2
    boxes[..., 1] += (height - 1) / 2
    classes = np.array([ids[wish.what] for wish in programme.wishes], np.int32)[wishes]
    weights = np.array([wish.weight for wish in programme.wishes])[wishes] * strength
    offsets = rng.integers(0, PATCH, (steps, 2)).astype(np.int32)
    return Glimpse(*map(jnp.asarray, (boxes.astype(np.float32), classes, weights.astype(np.float32), offsets)))


def _strays(
    programme: Programme, aspect: float, count: int, habits: Habits, steps: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Windows anywhere: places [steps, count, 3] in picture heights, and the wish of each place [steps, count].

    One falls into each vertical strip of the canvas, so that a few cover it evenly.
    """
    strip = aspect / count
    x = (rng.uniform(0, 1, (steps, count)) + np.arange(count)) * strip - aspect / 2
    y = rng.uniform(-0.5, 0.5, (steps, count))
    side = rng.uniform(habits.born[0], habits.largest, (steps, count))
    wishes = [
        [wish_at(complex(a, b), programme, aspect, rng) for a, b in zip(*pair, strict=True)]
        for pair in zip(x, y, strict=True)
    ]
    return np.stack([x, y, side], axis=-1), np.array(wishes)
