"""Pairs: what is drawn is what is shown, in one place and one light; the same number is the same batch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dreamstream.train.pix2pix import pairs
from dreamstream.train.pix2pix.hand import DETECTED
from dreamstream.train.pix2pix.pairs import Artwork, Frames, lines_of, lit_alike


def disc(colour: tuple[int, int, int]) -> pairs.Picture:
    """A sprite of one colour."""
    sprite = np.zeros((160, 160, 4), np.uint8)
    cv2.circle(sprite, (80, 80), 76, (*colour, 255), -1)
    return sprite


def artwork(size: int = 64) -> Artwork:
    """Two words, of which one hand draws one only."""
    return Artwork(["sun", "moon"], {"a": {"sun": [disc((230, 40, 40))]}, "b": {"moon": [disc((40, 40, 230))]}}, size)


def test_a_batch_depends_on_its_number_alone() -> None:
    """And its parts are of the sizes and kinds that are promised."""
    one, other, third = artwork().batch(4, 7), artwork().batch(4, 7), artwork().batch(4, 8)
    for part, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(part, same)
    assert not np.array_equal(one[0], third[0])
    assert [part.shape for part in one] == [(4, 64, 64), (4,), (4, 64, 64, 4)]


def test_the_picture_lies_within_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Framed alike: the matte's edge is where the ink is, and the colour is the word's."""
    monkeypatch.setattr(pairs, "SHUFFLED", 0.0)
    lines, words, pictures = artwork().batch(24, 1)
    assert set(words.tolist()) == {0, 1, 2}  # 0: some are not told
    for sheet, word, picture in zip(lines, words, pictures, strict=True):
        inside = picture[..., 3] > 127
        edge = inside ^ cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        near = cv2.dilate((sheet < 128).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        assert near[edge].mean() > 0.6
        red, _, blue = picture[32, 32, :3].astype(int)
        assert word == 0 or (red > blue) == (word == 1)


def test_shuffled_strokes_take_their_pieces_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is filled lies around the strokes, and nowhere else."""
    monkeypatch.setattr(pairs, "SHUFFLED", 1.0)
    lines, _, pictures = artwork().batch(8, 2)
    for sheet, picture in zip(lines, pictures, strict=True):
        far = cv2.distanceTransform((sheet > 128).astype(np.uint8), cv2.DIST_L2, 5) > 0.25 * 64
        assert not (picture[..., 3] > 127)[far].any()
        assert (picture[..., 3] > 127).any()


def test_light_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor that rises across the picture, another for each colour; what is drawn in it stays."""
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.uniform(40, 160, (32, 32, 3)).astype(np.float32), (0, 0), 3)
    x = np.linspace(-0.5, 0.5, 32)[None, :, None]
    lit = [
        scene * np.exp(a * x + b + np.array([c, 0, -c])) for a, b, c in ((0.4, 0.1, 0.1), (-0.4, -0.1, -0.1), (0, 0, 0))
    ]
    frames = np.clip(np.stack(lit), 0, 255).astype(np.uint8)
    alike = lit_alike(frames, frames).astype(int)
    assert np.abs(frames[0].astype(int) - frames[1]).max() > 60
    assert np.abs(alike[0] - alike[1]).max() <= 12
    even = lit_alike(frames, frames, evenly=True).astype(int)
    assert np.abs(even[0].mean() - even[1].mean()) < 4 < np.abs(even[0] - even[1]).max()


def test_frames_are_whole_and_without_words() -> None:
    """Lines of a frame, its picture opaque; a machine's lines are always the same; a plain frame has none."""
    frames = np.full((3, 48, 48, 3), 200, np.uint8)
    frames[:2, 12:36, 12:36] = (30, 60, 200)
    lines, words, pictures = Frames(frames).batch(5, 0)
    assert not words.any()
    assert (pictures[..., 3] == 255).all()
    assert lines.shape == (5, 48, 48)
    one, other = (lines_of(frames[0], DETECTED, np.random.default_rng(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(one, other)
    assert one.min() < 60
    assert (lines_of(frames[2], DETECTED, np.random.default_rng(1)) == 255).all()
