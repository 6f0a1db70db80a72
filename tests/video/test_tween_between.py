"""Dreamers without a camera: what is between two dreams is a fade alone, or nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.dream import Dream
from dreamstream.core.programme import split
from dreamstream.video.tween import Tweener
from tests.video.scene import dream, seen, shown
from tests.video.tweening import FPS, SIZE, difference, greys, play


def unmoved(time: float, motion: Motion, tint: float = 0.0) -> Dream:
    """The same scene at any time, of a dreamer that speaks of a camera all the same."""
    return Dream(seen(Pose(), SIZE, tint=tint), time, motion, split(["scene"]))


def test_fades_alone_never_move_a_picture() -> None:
    """Of a dreamer without a camera: whatever motion dreams speak of, however long none comes, nothing is warped."""
    tween = Tweener(SIZE, still=shown(Pose(), SIZE), between="fade")
    motion = Motion(1.2, 10.0, 0.05, 0.02)
    frames = [play(tween, [], 4.0)]
    dreams = [(4.0 + n / 2, unmoved(4.5 + n / 2, motion)) for n in range(6)]
    frames.append(play(tween, dreams, 40.0, start=4.0))
    for frame in np.concatenate(frames)[::10]:
        assert difference(frame, shown(Pose(), SIZE)) < 2.0  # a fade rounds


def test_fades_alone_are_fades() -> None:
    """Between two dreams both are seen, and each alone in the end."""
    tween = Tweener(SIZE, between="fade")
    first, second = greys((40, 0.0), (200, 1.0))
    tween.push(first, -1.0)
    play(tween, [], 1.0, start=-1.0)
    tween.push(second, 0.0)
    levels = [float(frame.mean()) for frame in play(tween, [], 3.0)]
    assert levels[0] < 45
    assert sum(60 < level < 180 for level in levels) > 5
    assert np.diff(levels).min() > -0.5
    assert levels[-1] == pytest.approx(200, abs=1)


def test_what_passes_through_is_shown_as_it_is() -> None:
    """Each dream from its time on, whole and unmoved, until the next one's; one that is overtaken is never seen."""
    tween = Tweener(SIZE, between="none")
    motion = Motion(1.2, 10.0)
    pictures = [unmoved(time, motion, float(tint)) for tint, time in enumerate((0.0, 0.5, 0.52, 1.0))]
    frames = play(tween, [(0.0, one) for one in pictures], 60.0)
    for t, tint in ((0.0, 0), (0.4, 0), (0.6, 2), (0.96, 2), (1.1, 3), (59.0, 3)):
        assert difference(frames[round(t * FPS)], shown(Pose(), SIZE, tint=float(tint))) < 1.0, t


def test_another_dreamer_may_be_shown_another_way() -> None:
    """From a moving camera to fades alone: the camera comes to rest without a jump, and then rests."""
    tween = Tweener(SIZE)
    moving = Motion(1.05, 1.0)
    frames = [play(tween, [(n / 2, dream(n / 2 + 0.5, moving, SIZE)) for n in range(6)], 3.0)]
    tween.between = "fade"
    frames.append(play(tween, [(3.0 + n / 2, dream(3.5 + n / 2, moving, SIZE)) for n in range(10)], 8.0, start=3.0))
    film = np.concatenate(frames)
    assert max(difference(a, b) for a, b in itertools.pairwise(film[FPS:])) < 12
    assert difference(film[-1], film[-FPS]) < 0.5
