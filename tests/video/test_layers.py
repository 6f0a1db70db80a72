"""Tests of the pixel work: exact poses, exact edges, contrast that lasts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.camera import Motion, Pose
from dreamstream.video import layers, yuv
from tests.video.scene import seen, shown


def test_warp_at_rest_changes_nothing() -> None:
    """The identity pose of a picture of the output's size is the picture, to the level."""
    picture = np.random.default_rng(0).integers(0, 256, (135, 160), np.uint8)
    assert np.array_equal(layers.warp(picture, Pose(), (160, 90)), picture)


def test_margin_is_left_out() -> None:
    """Of a canvas with a quarter more scene, the middle is shown, at the output's size."""
    canvas = yuv.from_rgb(seen(Pose(), (200, 112), 1.25))
    middle = yuv.to_rgb(layers.warp(canvas, Pose(), (160, 90), 1.25))
    assert np.abs(middle.astype(int) - shown(Pose(), (160, 90))).mean() < 2


@pytest.mark.parametrize("size", [(80, 45), (448, 256), (160, 90), (161, 91), (640, 360)])
def test_prepare_brings_any_canvas_to_the_outputs_density(size: tuple[int, int]) -> None:
    """Smaller and larger canvases show the same scene afterwards, with about one pixel for one."""
    canvas = layers.prepare(seen(Pose(), size, 1.1), (160, 90), 1.1)
    assert 0.7 <= 1.1 * 90 / yuv.size_of(canvas)[1] <= 1.2
    frame = yuv.to_rgb(layers.warp(canvas, Pose(), (160, 90), 1.1))
    assert np.abs(frame.astype(int) - shown(Pose(), (160, 90))).mean() < 4


def test_smootherstep_is_flat_at_both_ends() -> None:
    """0 and 1 beyond the ends, a half in the middle, and no slope where it begins and ends."""
    assert [layers.smooth(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0, 0, 0.5, 1, 1]
    assert layers.smooth(0.001) < 1e-8
    assert 1 - layers.smooth(0.999) < 1e-8


@given(st.floats(-10, 10), st.floats(-20, 20), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(1.0, 1.3))
def test_gap_is_how_far_the_edge_is_inside(seconds: float, turn: float, x: float, y: float, margin: float) -> None:
    """There is a gap exactly when some pixel of the frame is not covered by the canvas."""
    plain = np.full((90, 160), 255, np.uint8)
    pose = Motion(1.05, turn, x, y).over(seconds)
    import cv2

    place = layers.matrix(pose, (160, 90), (160, 90), margin)
    covered = cv2.warpAffine(plain, place, (160, 90), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    gap = layers.gap(yuv.empty((160, 90)), pose, (160, 90), margin)
    if gap == 0:
        assert covered.min() == 255
    if gap > 2:
        assert covered.min() == 0


def test_soft_edge_is_nothing_outside_and_everything_inside() -> None:
    """The mask is 0 where the canvas has no pixels, 1 a feather inside, and has no hard step."""
    mask = layers.soft_edge(yuv.empty((640, 360)), Pose(0.5 + 0j), (640, 360), 1.0, 60.0)
    assert mask[:80].max() < 0.02
    assert mask[180, 320] == 1
    assert np.abs(np.diff(mask, axis=0)).max() < 0.05


def test_fade_keeps_contrast() -> None:
    """Half way between two unlike pictures the contrast is nearly theirs; the ends are exact."""
    rng = np.random.default_rng(1)
    a, b = (rng.normal(128, 30, (135, 160)).clip(0, 255).astype(np.uint8) for _ in range(2))
    alike = layers.likeness(a, b)
    assert alike[0] < 0.1
    assert np.array_equal(layers.fade(a, b, 0.0, alike), a)
    assert np.array_equal(layers.fade(a, b, 1.0, alike), b)
    half, plain = layers.fade(a, b, 0.5, alike), (a.astype(float) + b) / 2
    assert plain.std() < 0.75 * a.std()
    assert half.std() > 0.85 * a.std()
    assert half.mean() == pytest.approx(a.mean(), abs=2)


@given(st.floats(0, 1), st.floats(0, 1))
def test_gain_is_never_a_loss_and_bounded(weight: float, correlation: float) -> None:
    """Like pictures need no gain, unlike ones a limited one, and the ends none."""
    assert 1.0 - 1e-9 <= layers.gain(weight, correlation) <= layers.MOST_GAIN
    assert layers.gain(weight, 1.0) == pytest.approx(1.0)
    assert layers.gain(0.0, correlation) == layers.gain(1.0, correlation) == pytest.approx(1.0)


def test_over_keeps_both_sides_of_the_mask() -> None:
    """In luma and chroma alike: where the mask is 1 the upper picture, where it is 0 the lower one."""
    a, b = np.full((135, 160), 200, np.uint8), np.full((135, 160), 50, np.uint8)
    mask = np.zeros((90, 160), np.float32)
    mask[:, :80] = 1
    for plane in yuv.planes(layers.over(a, mask, b)):
        half = plane.shape[1] // 2
        assert plane[:, :half].min() >= 199
        assert plane[:, half:].max() <= 51


def test_planar_and_rgb_agree() -> None:
    """Smooth pictures survive the way to planar and back; known colours have the standard's values."""
    picture = shown(Pose(), (160, 90))
    assert np.abs(yuv.to_rgb(yuv.from_rgb(picture)).astype(int) - picture).mean() < 2
    white, black = (yuv.from_rgb(np.full((4, 4, 3), level, np.uint8)) for level in (255, 0))
    assert [int(plane[0, 0]) for plane in yuv.planes(white)] == [235, 128, 128]
    assert [int(plane[0, 0]) for plane in yuv.planes(black)] == [16, 128, 128]
