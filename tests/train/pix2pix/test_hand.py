"""Outlines are found where they are, and drawn as a hand draws: near them, within the box, never twice the same."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from dreamstream.core.drawing import from_json
from dreamstream.train.pix2pix.hand import DETECTED, Hand, by_hand, cut, drawing_of, shuffled
from dreamstream.train.pix2pix.outlines import joined, length, outlines, traced


def test_thin_edges_are_traced_from_end_to_end() -> None:
    """An open line, a closed one, and two that cross: straight on."""
    edges = np.zeros((40, 40), bool)
    edges[5, 3:20] = True
    (line,) = traced(edges)
    assert sorted(map(tuple, (line[0], line[-1]))) == [(3, 5), (19, 5)]
    circle = np.zeros((40, 40), np.uint8)
    cv2.circle(circle, (20, 20), 10, 1)
    (ring,) = traced(circle > 0)
    np.testing.assert_array_equal(ring[0], ring[-1])
    cross = np.zeros((41, 41), bool)
    cross[20, 5:36] = cross[5:36, 20] = True
    found = traced(cross)
    assert max(map(length, found)) == pytest.approx(30, abs=1)


def test_lines_whose_ends_are_near_become_one() -> None:
    """Turned where they must be; those further apart stay two."""
    one, other = np.array([[0, 0], [10, 0]], np.float32), np.array([[20, 0], [11, 0]], np.float32)
    (line,) = joined([one, other], 2)
    assert length(line) == pytest.approx(20)
    assert len(joined([one, other], 0.5)) == 2


def test_a_sprite_has_the_outline_of_its_matte_and_its_inner_edges() -> None:
    """A red disc with a blue eye on nothing: two rings, the outer one where the matte ends."""
    sprite = np.zeros((160, 160, 4), np.uint8)
    cv2.circle(sprite, (80, 80), 60, (220, 30, 30, 255), -1)
    cv2.circle(sprite, (100, 70), 12, (20, 30, 230, 255), -1)
    found = sorted(outlines(sprite, 0.8, 100), key=length)
    assert len(found) == 2
    for line, middle, radius in zip(found, ((100, 70), (80, 80)), (12, 60), strict=True):
        np.testing.assert_allclose(np.hypot(*(line - np.array(middle)).T), radius, atol=3)


def test_a_hand_stays_near_and_a_machine_does_not_move() -> None:
    """And a closed line stays closed, whoever draws it."""
    angle = np.linspace(0, 2 * np.pi, 80)
    ring = np.stack([0.5 + 0.3 * np.cos(angle), 0.5 + 0.3 * np.sin(angle)], axis=1).astype(np.float32)
    ring[-1] = ring[0]
    rng = np.random.default_rng(3)
    (exact,) = by_hand([ring], DETECTED, rng)
    np.testing.assert_allclose(np.hypot(*(exact - 0.5).T), 0.3, atol=0.005)
    (drawn,) = by_hand([ring], replace(Hand(), gap=0.0), rng)
    apart = np.abs(np.hypot(*(drawn - 0.5).T) - 0.3)
    assert 0.001 < apart.max() < 0.06
    assert np.hypot(*(drawn[0] - drawn[-1])) < 0.02
    assert by_hand([], Hand(), rng) == []


def test_strokes_are_cut_and_shuffled_whole() -> None:
    """No longer than asked, as long together; shuffled, each is as long as before and lies within the same box."""
    line = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], np.float32)
    strokes = cut([line], 0.3)
    assert len(strokes) == 5
    assert sum(map(length, strokes)) == pytest.approx(1.6, abs=1e-5)
    moved, moves = shuffled(strokes, np.random.default_rng(1))
    for before, after, move in zip(strokes, moved, moves, strict=True):
        assert length(after) == pytest.approx(length(before), abs=1e-5)
        np.testing.assert_allclose(before @ move[:, :2].T + move[:, 2], after, atol=1e-5)


def test_it_is_a_drawing_as_the_page_sends_them() -> None:
    """Whatever leaves the box is drawn at its edge; times never fall."""
    drawing = drawing_of([np.array([[-0.2, 0.5], [0.5, 1.3]], np.float32), np.array([[0.1, 0.1]], np.float32)])
    assert from_json(drawing.to_json()).key() == drawing.key()
