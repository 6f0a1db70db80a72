"""The finish: edges become narrow, colours stay what they were, and nothing else happens."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.bench.sharpness import edge_widths, luminance
from dreamstream.video.finish import MOST_SCALE, Finish, crisp
from tests.video.shapes import crisp_shapes, softened

DREAM, VIDEO, LARGE = (640, 360), (1280, 720), (1920, 1080)


@pytest.mark.parametrize(("size", "soft", "narrow"), [(DREAM, 4.0, 2.0), (VIDEO, 8.0, 2.2), (LARGE, 12.0, 2.8)])
def test_edges_of_a_known_picture_become_narrow_and_stay_where_they_are(
    size: tuple[int, int], soft: float, narrow: float
) -> None:
    """Wide edges come close to the crisp picture's, which is nearer than by plain enlargement."""
    truth = crisp_shapes(size)
    dream = softened(crisp_shapes(LARGE), DREAM)
    plain = np.asarray(cv2.resize(dream, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    finished = crisp(dream, size)
    assert np.median(edge_widths(luminance(plain))) > soft
    assert np.median(edge_widths(luminance(finished))) < narrow
    assert np.abs(finished.astype(float) - truth).mean() < 0.7 * np.abs(plain.astype(float) - truth).mean()


@pytest.mark.parametrize("dream", [(320, 180), DREAM, VIDEO, LARGE])
def test_edges_are_as_narrow_however_large_the_dream_was(dream: tuple[int, int]) -> None:
    """What is soft by the same share of the canvas, 12 pixels of 720, becomes crisp on any."""
    soft = softened(crisp_shapes(dream), dream, 5.0 * dream[1] / 720)
    finished = Finish(VIDEO if dream != LARGE else LARGE)(soft)
    assert np.median(edge_widths(luminance(finished))) < 2.3


def test_small_spots_stay() -> None:
    """Eyes in a light face keep most of their area, which a pull from further away takes from them."""
    face = np.full((360, 640, 3), 210, np.uint8)
    for column in range(40, 640, 60):
        cv2.circle(face, (column, 180), 6, (20, 20, 30), -1, cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(face, (0, 0), 2.5), np.uint8)
    plain = cv2.resize(soft, VIDEO, interpolation=cv2.INTER_CUBIC)
    dark = [np.count_nonzero(picture[..., 1] < 130) for picture in (crisp(soft, VIDEO), plain)]
    assert dark[0] > 0.7 * dark[1]


@pytest.mark.parametrize("sigma", [0.7, 1.4, 2.0, 3.0])
def test_no_halos(sigma: float) -> None:
    """Nothing is brighter or darker than what was there nearby, by more than 2 % of the range."""
    dream = softened(crisp_shapes(VIDEO), DREAM, sigma)
    plain = cv2.resize(dream, VIDEO, interpolation=cv2.INTER_LINEAR)
    near = np.ones((31, 31), np.uint8)
    finished = crisp(dream, VIDEO).astype(int)
    beyond = np.maximum(finished - cv2.dilate(plain, near), cv2.erode(plain, near).astype(int) - finished)
    assert beyond.max() <= 0.02 * 255


def test_soft_light_and_flat_colours_stay_as_they_are() -> None:
    """A slow gradient is enlarged and nothing more; one colour stays that colour."""
    flat = np.full((90, 160, 3), (20, 130, 220), np.uint8)
    assert np.array_equal(crisp(flat, (320, 180)), np.full((180, 320, 3), (20, 130, 220), np.uint8))
    slow = np.broadcast_to(np.linspace(60, 180, 640)[None, :, None], (360, 640, 3)).astype(np.uint8)
    plain = cv2.resize(slow, VIDEO, interpolation=cv2.INTER_LINEAR)
    assert np.abs(crisp(slow, VIDEO).astype(int) - plain)[:, 16:-16].max() <= 2


def test_two_finishes_of_one_dream_are_the_same() -> None:
    """There is no chance and no memory in it: replays are exact."""
    first, other = (softened(crisp_shapes(VIDEO, seed), DREAM) for seed in (0, 1))
    finish = Finish(VIDEO)
    before = finish(first)
    finish(other)
    assert np.array_equal(finish(first), before)
    assert np.array_equal(Finish(VIDEO)(first), before)


def test_a_turned_dream_gives_a_turned_picture() -> None:
    """No direction is preferred."""
    dream = softened(crisp_shapes(VIDEO), DREAM)
    turned = crisp(np.ascontiguousarray(dream[::-1, ::-1]), VIDEO)[::-1, ::-1]
    difference = np.abs(turned.astype(int) - crisp(dream, VIDEO))
    assert difference.mean() < 0.2


@settings(max_examples=25, deadline=None)
@given(st.integers(48, 200), st.integers(48, 200), st.integers(48, 500))
def test_any_shape_keeps_its_scene(width: int, height: int, wanted: int) -> None:
    """The picture has the video's height, at most MOST_SCALE times its own, even sides and the dream's shape."""
    dream = np.full((2 * height, 2 * width, 3), 90, np.uint8)
    finished = Finish((16 * wanted, 2 * wanted))(dream)
    if wanted < height:
        assert finished is dream
        return
    rows, columns = finished.shape[:2]
    assert rows % 2 == columns % 2 == 0
    assert rows == min(2 * wanted, round(MOST_SCALE * 2 * height))
    assert abs(columns / rows - width / height) <= 2 / rows


def test_at_its_own_size_a_dream_becomes_crisp_and_no_larger() -> None:
    """A video of the canvas's size is finished, too."""
    dream = softened(crisp_shapes(VIDEO), DREAM)
    finished = Finish(DREAM)(dream)
    assert finished.shape == dream.shape
    assert np.median(edge_widths(luminance(finished))) < 0.5 * np.median(edge_widths(luminance(dream)))
