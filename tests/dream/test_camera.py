"""Poses are exact similarities, and a motion's poses compose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.dream.camera import Motion, Pose

motions = st.builds(
    Motion,
    zoom=st.floats(0.8, 1.3),
    rotation=st.floats(-30, 30),
    pan_x=st.floats(-0.3, 0.3),
    pan_y=st.floats(-0.3, 0.3),
)
times = st.floats(-10, 10)
points = st.complex_numbers(max_magnitude=3, allow_nan=False)


@given(motions, times, times, points)
def test_motion_over_two_times_composes(motion: Motion, first: float, second: float, point: complex) -> None:
    """Moving for a and then for b is moving for a + b."""
    both = motion.over(first).then(motion.over(second)).apply(point)
    assert both == pytest.approx(motion.over(first + second).apply(point), rel=1e-9, abs=1e-9)


@given(motions, times, points)
def test_inverse_undoes(motion: Motion, seconds: float, point: complex) -> None:
    """A pose and its inverse leave every point where it was; the inverse of a motion's pose is the motion backward."""
    pose = motion.over(seconds)
    assert pose.inverse().apply(pose.apply(point)) == pytest.approx(point, rel=1e-9, abs=1e-9)
    assert pose.inverse().apply(point) == pytest.approx(motion.over(-seconds).apply(point), rel=1e-8, abs=1e-8)


def test_plain_motions() -> None:
    """Zoom multiplies per second, rotation turns clockwise on the screen, pan slides in picture heights."""
    assert Motion(1.05, 0).over(2).zoom == pytest.approx(1.05**2)
    assert Motion(1, 90).over(1).apply(1 + 0j) == pytest.approx(1j)  # y is down: right turns to below
    assert Motion(1, 0, 0.1, -0.2).over(3).apply(0j) == pytest.approx(0.3 - 0.6j)
    assert Motion(1, 0).over(5) == Pose()


@given(motions, st.floats(0, 4), st.integers(4, 50), st.integers(4, 50), st.integers(4, 50), st.integers(4, 50))
def test_matrix_agrees_with_apply(motion: Motion, seconds: float, sw: int, sh: int, tw: int, th: int) -> None:
    """The pixel matrix does to pixel centres what the pose does to points in picture heights."""
    pose = motion.over(seconds)
    x, y = sw * 0.3, sh * 0.8
    point = complex(x - (sw - 1) / 2, y - (sh - 1) / 2) / sh
    seen = pose.apply(point) * th + complex((tw - 1) / 2, (th - 1) / 2)
    assert pose.matrix((sw, sh), (tw, th)) @ np.array([x, y, 1]) == pytest.approx(
        [seen.real, seen.imag], rel=1e-6, abs=1e-6
    )


def test_zooming_in_and_out_returns_the_middle() -> None:
    """Warping in and back out shows the middle of a smooth picture again, to interpolation error."""
    picture = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 1, (90, 160, 3)).astype(np.float32), (0, 0), 4)
    pose = Motion(1.2, 5).over(1)
    size = (160, 90)
    there = cv2.warpAffine(picture, pose.matrix(size, size), size, flags=cv2.INTER_CUBIC)
    back = cv2.warpAffine(there, pose.inverse().matrix(size, size), size, flags=cv2.INTER_CUBIC)
    assert np.abs(back - picture)[25:-25, 40:-40].max() < 0.004
