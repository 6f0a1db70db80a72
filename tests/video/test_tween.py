"""Tests of the tweener: the camera is exact, and nothing ever jumps or freezes."""

from __future__ import annotations

import itertools
from collections import deque

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.dream import Dream
from dreamstream.core.programme import split
from dreamstream.video.tween import Tweener
from tests.video.scene import dream, seen, shown
from tests.video.tweening import FPS, MOTIONS, SIZE, difference, greys, inner, play


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("size", [(160, 90), (128, 72), (400, 226)])
def test_camera_is_exact_between_dreams(motion: Motion, size: tuple[int, int]) -> None:
    """With dreams in time, every frame is the scene under the camera's pose at that very time."""
    tween = Tweener(SIZE, margin=1.1)
    tween.push(dream(0.0, motion, size, 1.1), 0.0)
    for index in range(60):
        tween.frame(index / FPS - 2)
    for number in range(1, 4):
        tween.push(dream(0.5 * number, motion, size, 1.1), 0.0)
    for index in range(46):
        t = index / FPS
        truth = shown(motion.over(t), SIZE)
        assert difference(inner(tween.frame(t)), inner(truth)) < 3.0, t


def test_dream_in_place_is_shown_as_it_is() -> None:
    """At its very time a dream of the frames' size, without margin, is the frame."""
    tween, motion = Tweener(SIZE), Motion(1.05, 0.5)
    for now in (-3.0, -2.0):
        tween.push(dream(0.0, motion, SIZE), now)
    tween.frame(-2.0)
    tween.frame(-0.1)
    assert difference(tween.frame(0.0), shown(Pose(), SIZE)) < 1.0
    tween.push(dream(1.0, motion, SIZE, tint=2.0), 0.0)
    for index in range(1, 30):
        tween.frame(index / FPS)
    assert difference(tween.frame(1.0), shown(motion.over(1.0), SIZE, tint=2.0)) < 1.0


def test_fades_in_time_are_even() -> None:
    """From dream to dream the picture changes at one speed: there is no beat at the rate of the dreams."""
    tween = Tweener(SIZE)
    dreams = greys(*((40 + 40 * number, float(number)) for number in range(5)))
    tween.push(dreams[0], -2.0)
    play(tween, [], 2.0, start=-2.0)
    levels = np.array(
        [frame.mean() for frame in play(tween, [(dream.time - 1, dream) for dream in dreams[1:]], 4.0 + 1 / FPS)]
    )
    assert levels[0] == pytest.approx(40, abs=1)
    assert levels[-1] == pytest.approx(200, abs=1)
    steps = np.array([levels[index + 5] - levels[index] for index in range(len(levels) - 5)])[15:]
    assert steps.min() > 0.6 * steps.mean()
    assert steps.max() < 1.5 * steps.mean()


def test_late_fades_begin_and_end_gently() -> None:
    """A picture at rest is not pushed: a fade out of it has no slope at either end, and is fastest in the middle."""
    tween = Tweener(SIZE)
    first, late = greys((40, 0.0), (200, 1.0))
    tween.push(first, -1.0)
    play(tween, [], 2.5, start=-1.0)
    tween.push(late, 1.5)
    levels = np.array([float(frame.mean()) for frame in play(tween, [], 3.0, start=1.5)])
    end = int(np.argmax(levels > 199))
    tenth = end // 10
    assert levels[0] == pytest.approx(40, abs=1)
    assert levels[-1] == pytest.approx(200, abs=1)
    assert np.all(np.diff(levels) >= -0.5)
    assert levels[tenth] - 40 < 4
    assert 200 - levels[end - tenth] < 6
    assert levels[end // 2] == pytest.approx(120, abs=15)


def noise_dream(seed: int, time: float, motion: Motion) -> Dream:
    """Smooth noise, unlike any other seed's."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1.78, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    picture = np.zeros((*x.shape, 3))
    for _ in range(4):
        a, b, phase = rng.uniform(-9, 9), rng.uniform(-9, 9), rng.uniform(0, 6.3, 3)
        picture += np.sin(a * x[..., None] + b * y[..., None] + phase)
    return Dream(np.asarray(127.5 + 30 * picture, np.uint8), time, motion, split(["noise"]))


SPACINGS = st.lists(st.sampled_from([0.05, 0.2, 0.4, 1.0, 3.0, 8.0, 30.0]), min_size=2, max_size=6)
LATENESS = st.lists(st.floats(-1.5, 2.5), min_size=6, max_size=6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPACINGS, LATENESS, st.lists(st.sampled_from(MOTIONS), min_size=6, max_size=6), st.integers(0, 999))
def test_no_jump_and_no_freeze_whatever_arrives_when(
    spacings: list[float], lateness: list[float], motions: list[Motion], seed: int
) -> None:
    """Dreams early, late, crowded, apart or absent, under changing motions: frames go on changing, each a little."""
    tween = Tweener(SIZE)
    time, arrivals = 0.0, list[tuple[float, Dream]]()
    for number, spacing in enumerate(spacings):
        arrivals.append((time + lateness[number], noise_dream(seed + number, time, motions[number])))
        time += spacing
    arrivals.sort(key=lambda arrival: arrival[0])
    frames: deque[NDArray[np.uint8]] = deque(maxlen=6)
    for index in range(round((min(time, 45.0) + 8) * FPS)):
        t = -2.0 + index / FPS
        while arrivals and arrivals[0][0] <= t:
            now, one = arrivals.pop(0)
            tween.push(one, now)
        frames.append(tween.frame(t))
        if len(frames) > 1:
            change = difference(frames[-1], frames[-2])
            # Of two pictures some 60 levels apart, a fade of s seconds moves at most 1.9 / (30 s) in a frame; the
            # camera moves these smooth pictures by some levels more. A cut would be 60.
            bound = 6.0 + 60 * 1.9 / (FPS * max(0.5 * tween.interval, 1 / FPS))
            assert change < bound, (t, change, tween.interval)
        # Pictures this smooth may round to the same levels under a shift of a fraction of a pixel, but not for long.
        assert len(frames) < 6 or difference(frames[-1], frames[0]) > 0.0, t


def test_fades_begin_when_a_late_dream_arrives() -> None:
    """A dream that comes after its time is under the same camera, and begins with no weight at all."""
    motion = Motion(1.05, 0.5)
    late = Tweener(SIZE)
    late.push(dream(0.0, motion, SIZE), -2.0)
    play(late, [], 3.5, start=-2.0)
    before = late.frame(1.5)
    late.push(dream(1.0, motion, SIZE, tint=2.0), 1.5)
    assert difference(late.frame(1.5), before) == 0.0
    frames = play(late, [], 4.0, start=1.5)
    assert difference(inner(frames[-1]), inner(shown(motion.over(1.5 + 119 / FPS), SIZE, tint=2.0))) < 3.0


def test_dreams_faster_than_frames_go_straight_through() -> None:
    """With 100 dreams a second, each frame shows the newest one in place."""
    tween, motion = Tweener(SIZE), Motion(1.05, 0.5)
    play(tween, [(n / 100, dream(n / 100, motion, SIZE)) for n in range(200)], 2.0)
    for index in range(60, 75):
        t = index / FPS
        for step in range(3):
            tween.push(dream(t - 0.02 + step / 100, motion, SIZE, tint=0.1 * index), t)
        assert difference(tween.frame(t), shown(motion.over(t), SIZE, tint=0.1 * index)) < 1.5


def test_change_of_motion_keeps_the_camera_continuous() -> None:
    """The scene under two motions one after the other: no frame is farther from the last than the motion explains."""
    first, second = Motion(1.05, 0.0), Motion(1.15, 8.0, 0.05, 0.0)
    corner = first.over(1.0)
    turned = Dream(seen(corner.then(second.over(1.0)), SIZE), 2.0, second, split(["scene"]))
    # It arrives late, when the camera has already gone on for half a second the old way.
    frames = play(
        Tweener(SIZE), [(-2.0, dream(0.0, first, SIZE)), (0.0, dream(1.0, first, SIZE)), (1.5, turned)], 6.0, start=-2.0
    )
    steps = np.array([difference(a, b) for a, b in itertools.pairwise(frames[60:])])
    assert steps.max() < 4 * np.median(steps) + 2


def test_dead_dreamer_leaves_a_picture_that_lives_and_stays_sharp() -> None:
    """Minutes and days after the last dream the picture still moves, and is as detailed as at first."""
    for motion in MOTIONS:
        tween = Tweener(SIZE)
        tween.push(noise_dream(1, 0.0, motion), 0.0)
        detail = []
        for start in (3.0, 40.0, 300.0, 5 * 86400.0):
            frames = play(tween, [], 20.0, start=start, fps=10)
            assert min(difference(a, b) for a, b in itertools.pairwise(frames)) > 0, (motion, start)
            detail.append(np.mean([np.abs(np.diff(frame.astype(float), axis=1)).mean() for frame in frames[::10]]))
        assert min(detail) > 0.4 * detail[0], (motion, detail)


def test_dream_after_a_long_pause_is_welcome() -> None:
    """After an hour without dreams, one that is an hour late is faded in at its own scale."""
    tween, motion = Tweener(SIZE), Motion(1.05, 0.0)
    tween.push(dream(0.0, motion, SIZE), 0.0)
    play(tween, [], 5.0)
    play(tween, [], 5.0, start=3600.0)
    tween.push(Dream(np.full((90, 160, 3), 250, np.uint8), 10.0, motion, split(["white"])), 3605.0)
    frames = play(tween, [], 10.0, start=3605.0)
    assert frames[-1].min() > 240


def test_future_dream_shows_where_it_has_pixels() -> None:
    """A dream from 8 s ahead is a small picture in the middle; around it the one before goes on, softly."""
    motion = Motion(1.05, 0.0)
    tween = Tweener(SIZE)
    black, white = (
        Dream(np.full((90, 160, 3), level, np.uint8), time, motion, split(["x"]))
        for level, time in ((10, 0.0), (250, 8.0))
    )
    tween.push(black, -3.0)
    play(tween, [], 3.0, start=-3.0)
    tween.push(white, 0.0)
    frames = play(tween, [], 9.0)
    middle, corner = frames[6 * FPS, 45, 80].mean(), frames[6 * FPS, 1, 1].mean()
    assert middle > 150
    assert corner < 20
    assert np.abs(np.diff(frames[6 * FPS, 45, :, 0].astype(float))).max() < 60
    assert frames[-1].min() > 240


def test_margin_below_one_and_odd_sizes_are_refused() -> None:
    """A canvas that shows less than the output would leave a border, and video has even sides."""
    with pytest.raises(ValueError, match="161x90"):
        Tweener((161, 90))
    with pytest.raises(ValueError, match="margin"):
        Tweener(SIZE, margin=0.9)
