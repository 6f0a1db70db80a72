"""The measures of sharpness and ground, on pictures whose figures are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.bench import sharpness
from tests.video.shapes import crisp_shapes


def blurred(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Under a Gaussian."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


@pytest.mark.parametrize("sigma", [2.0, 3.0, 4.0])
def test_a_gaussian_edge_has_its_width(sigma: float) -> None:
    """From 10 to 90 % a step under a Gaussian takes 2.56 standard deviations."""
    step = np.full((200, 300, 3), 40, np.uint8)
    step[:, 150:] = 210
    found = sharpness.edge_widths(sharpness.luminance(blurred(step, sigma)))
    assert np.median(found) == pytest.approx(2.563 * sigma, rel=0.06)


def test_weak_edges_are_none() -> None:
    """What rises by less than a fifth of the range is not counted, nor is nothing at all."""
    step = np.full((200, 300, 3), 100, np.uint8)
    assert np.isnan(sharpness.measure(step, height=200).edge)
    step[:, 150:] = 140
    assert len(sharpness.edge_widths(sharpness.luminance(step))) == 0


def test_blur_widens_edges_and_takes_fine_energy() -> None:
    """Both measures of sharpness see a blur."""
    crisp = sharpness.measure(crisp_shapes((1280, 720)))
    soft = sharpness.measure(blurred(crisp_shapes((1280, 720)), 3))
    assert crisp.edge < 2 < 7 < soft.edge
    assert crisp.fine > 10 * soft.fine


def test_a_picture_is_measured_at_the_height_asked_for() -> None:
    """Twice the picture has edges twice as wide in its own pixels."""
    picture = blurred(crisp_shapes((640, 360)), 2)
    assert sharpness.measure(picture, height=360).edge * 2 == pytest.approx(sharpness.measure(picture).edge, rel=0.1)


def test_the_ground_is_what_is_between_things() -> None:
    """A loud thing on a grey ground leaves the ground quiet; coloured blobs on it are a rainbow, a tint is none."""
    picture = np.full((720, 1280, 3), 90, np.uint8)
    cv2.circle(picture, (640, 360), 150, (255, 0, 0), -1)
    thing = (0.0, 0.0, 2.2 * 150 / 720 / 0.55 / 2)
    assert sharpness.measure(picture).chroma > 5
    quiet = sharpness.measure(picture, [thing])
    assert quiet.chroma < 1
    tinted = np.full((720, 1280, 3), (60, 90, 130), np.uint8)
    blobs = tinted.copy()
    for x in range(40, 1280, 80):
        cv2.circle(blobs, (x, 360 + (x // 80 % 2) * 60), 12, (230, 60, 200), -1)
    assert sharpness.measure(tinted).chroma > 15
    assert sharpness.measure(tinted).rainbow < 0.5 < 5 < sharpness.measure(blobs).rainbow


def test_without_a_ground_the_whole_picture_counts() -> None:
    """Things that cover everything leave nothing to look at between them."""
    assert sharpness.ground((90, 160), [(0.0, 0.0, 9.0)]).all()
