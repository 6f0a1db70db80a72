"""What a training's pictures are judged against: some of the footage, and pictures of another world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamstream.train.learn.features import Features, built_in
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.painter import Painter
from dreamstream.train.learn.quality import Judge
from dreamstream.weights.generators import Subject

Picture = NDArray[np.uint8]
Kind = TypeVar("Kind", bound=np.generic)
# How many pictures a generator makes to be judged, and how many of each part of the footage they are compared with.
SAMPLES, MOST_JUDGED = 500, 1000


def evenly(all_of_them: NDArray[Kind], most: int) -> NDArray[Kind]:
    """At most so many of them [N, ...], evenly spread from the first to the last."""
    chosen: NDArray[Kind] = all_of_them[np.linspace(0, len(all_of_them) - 1, min(most, len(all_of_them))).astype(int)]
    return chosen


def compared(footage: Footage, most: int = MOST_JUDGED) -> list[Picture]:
    """Frames from all of it, those that are taught, and those that are held out, as `Judge` takes them."""
    return [evenly(part, most) for part in (footage.frames, footage.taught, footage.judged)]


def judge_of(
    pictures: Sequence[Picture], world: Subject, features: Callable[[Picture], list[Features]] = built_in
) -> Judge:
    """What compares with pictures, as `compared` gives them.

    world: whose pictures are another world. features: as `Judge` takes them.
    """
    frames, taught, held = pictures
    other = Painter(world.shape)
    return Judge(frames, taught, held, other(world.generator, other.latents(SAMPLES)), features)
