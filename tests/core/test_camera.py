"""Poses are exact similarities, and a motion's poses compose."""

from __future__ import annotations

import cv2
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.camera import Motion, Pose
from dreamstream.networks.pixels import affine

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
    slow, usual = Motion(1.05, 8, 0.1, -0.2).slowed(0.25).over(4), Motion(1.05, 8, 0.1, -0.2).over(1)
    assert slow.apply(1 + 2j) == pytest.approx(usual.apply(1 + 2j))


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


def scene(sigma: float) -> np.ndarray:
    """A smooth random picture [144, 256, 3]."""
    noise = np.random.default_rng(0).normal(0, 1, (144, 256, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), sigma)
    return np.asarray(0.5 + 0.15 * blurred / blurred.std(), np.float32)


def seen(picture: np.ndarray, pose: Pose) -> np.ndarray:
    """What the engine shows of a picture after a pose."""
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(affine(jnp.asarray(picture), jnp.asarray(pose.inverse().matrix(size, size), jnp.float32)))


def rms(difference: np.ndarray, border: int) -> float:
    """The root mean square of a difference, without its border."""
    return float(np.sqrt((difference[border:-border, border:-border] ** 2).mean()))


def bound(picture: np.ndarray, warps: int) -> float:
    """The error that so many bilinear warps may make: each errs by at most an eighth of the second derivative along
    each axis, and errors add up.
    """
    bend = np.abs(np.diff(picture, 2, axis=0))[:, 1:-1] + np.abs(np.diff(picture, 2, axis=1))[1:-1]
    return warps * rms(bend, 1) / 8


@pytest.mark.parametrize("sigma", [3, 6])
def test_warping_step_by_step_is_warping_once(sigma: float) -> None:
    """Eight small warps show what one warp by their composition shows, to the error of bilinear interpolation."""
    picture = scene(sigma)
    motion = Motion(1.05, 3, 0.01, -0.02)
    many, whole = picture, Pose()
    for _ in range(8):
        many = seen(many, motion.over(0.125))
        whole = whole.then(motion.over(0.125))
    once = seen(picture, whole)
    assert rms(many - once, 16) < bound(picture, 9)
    assert rms(seen(picture, motion.over(0.7)) - once, 16) > 2 * bound(picture, 9)  # a wrong pose would be noticed


def test_zooming_in_and_out_returns_the_middle() -> None:
    """Falling in for two seconds and out again shows the middle of the picture as it was, to interpolation error."""
    picture = scene(6)
    motion = Motion(1.05, 3)
    there = picture
    for _ in range(8):
        there = seen(there, motion.over(0.25))
    back = there
    for _ in range(8):
        back = seen(back, motion.over(-0.25))
    assert rms(back - picture, 32) < bound(picture, 16)
    assert rms(there - picture, 32) > 5 * bound(picture, 16)
