"""How a show's picture begins: dark light or a still, and the first dreams over it."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.video.tween import Tweener
from tests.video.scene import dream, seen, shown
from tests.video.tweening import FPS, MOTIONS, SIZE, difference, greys, inner, play


def test_first_picture_comes_up_slowly_however_fast_dreams_follow() -> None:
    """With a dream every 50 ms from the start, the dark moving light still gives way over a second or more."""
    tween = Tweener(SIZE)
    levels = [
        frame.mean() for frame in play(tween, [(d.time, d) for d in greys(*((230, n / 20) for n in range(80)))], 4.0)
    ]
    assert max(np.diff(levels)) < 15
    assert levels[-1] == pytest.approx(230, abs=1)
    assert levels[10] < 150


def test_frames_flow_before_the_first_dream() -> None:
    """Without any dream there is a dark picture that moves, and is the same each time at the same time."""
    frames = play(Tweener(SIZE), [], 3.0)
    assert all(difference(a, b) > 0.02 for a, b in itertools.pairwise(frames))
    assert 5 < frames.mean() < 90
    assert np.array_equal(frames, play(Tweener(SIZE), [], 3.0))
    assert Tweener(SIZE).frame(3e7).mean() > 5


def test_still_is_shown_until_the_first_dream() -> None:
    """A picture to begin with is the first frame, and moves on."""
    still = seen(Pose(), SIZE)
    tween = Tweener(SIZE, still)
    assert difference(tween.frame(0.0), shown(Pose(1.03 + 0j), SIZE)) < 8.0
    assert difference(tween.frame(0.1), tween.frame(0.0)) > 0.0
    assert difference(tween.frame(2.0), still) > 1.0


@pytest.mark.parametrize("interval", [0.05, 4.0])
@pytest.mark.parametrize("wait", [0.2, 100.0])
@pytest.mark.parametrize("motion", MOTIONS[:2])
def test_first_dreams_after_a_restart_are_registered(interval: float, wait: float, motion: Motion) -> None:
    """The first dream is the still, dreamed on: it lies exactly over it, the next one over that, and nothing jumps."""
    tween = Tweener(SIZE, seen(Pose(), SIZE))
    at = wait + interval
    arrivals = [
        (wait + n * interval, replace(dream(n * interval, motion, SIZE), time=at + n * interval)) for n in range(3)
    ]
    frames: deque[NDArray[np.uint8]] = deque(maxlen=4)
    begin = max(0.0, wait - 3.0)
    tween.frame(0.0)
    for index in range(round((wait - begin + 2 * interval + 3) * FPS)):
        t = begin + index / FPS
        while arrivals and arrivals[0][0] <= t:
            now, one = arrivals.pop(0)
            tween.push(one, now)
        frames.append(tween.frame(t))
        if len(frames) == 4:
            # The largest change is the camera's: 2 s to make up for how far it is behind.
            assert 0 < difference(frames[0], frames[-1]) < 25, t
            assert difference(frames[-2], frames[-1]) < 10, t
        assert inner(frames[-1]).std() > 40, t  # two shifted scenes over each other would have far less contrast


def test_still_that_was_a_dream_keeps_its_time() -> None:
    """A still that was in place at time 0 is on the path of the dreams that follow it, whatever the motion."""
    motion = Motion(1.2, 4.0)
    tween = Tweener(SIZE, seen(Pose(), SIZE), still_at=0.0)
    for number in range(1, 5):
        tween.push(dream(0.25 * number, motion, SIZE), 0.0)
    for index in range(30):
        t = index / FPS
        assert difference(inner(tween.frame(t)), inner(shown(motion.over(t), SIZE))) < 3.0, t
