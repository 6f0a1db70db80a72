"""The U-Net and what stands around it: shapes, words, frames; a picture lies where its drawing lies."""

from __future__ import annotations

import functools

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.networks.pix2pix.frame import FILLED, LARGEST, frame_of
from dreamstream.networks.pix2pix.painter import Painter
from dreamstream.networks.pix2pix.patches import PatchDiscriminator
from dreamstream.networks.pix2pix.unet import Shape, UNet
from dreamstream.networks.stylegan2.layers import applied

SIDE = 32
SHAPE = Shape(SIDE, 3, (4, 6, 8), 5)


@functools.cache
def painter(framed: bool = True) -> Painter:
    """A small one, not taught."""
    params = jax.jit(UNet(SHAPE).init)(jax.random.key(0), jnp.zeros((1, SIDE, SIDE, 1)), jnp.zeros(1, jnp.int32))
    return Painter(("cat", "bee"), SHAPE, params, framed=framed)


def box(left: int, top: int, right: int, bottom: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Lines around a rectangle."""
    lines = np.full((side, side), 255, np.uint8)
    cv2.rectangle(lines, (left, top), (right, bottom), 0, 1)
    return lines


def test_words_change_the_picture() -> None:
    """The same lines with no word, with one, and with another: three pictures of the right kind."""
    made = [painter().paint(box(8, 8, 24, 24), word) for word in (None, "cat", "bee")]
    assert all(each.shape == (SIDE, SIDE, 4) and each.dtype == np.uint8 for each in made)
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])
    np.testing.assert_array_equal(made[1], painter().paint(box(8, 8, 24, 24), "cat"))


def test_an_unknown_word_is_refused_with_the_nearest() -> None:
    """As a sentence; and lines of another size are a mistake of the program."""
    with pytest.raises(UsageError, match=r"No drawing can be filled as .cats.; did you mean cat\?"):
        painter().paint(box(8, 8, 24, 24), "cats")
    with pytest.raises(ValueError, match="32x32"):
        painter().paint(np.zeros((16, 16), np.uint8))


def test_no_ink_makes_nothing() -> None:
    """A framed painter leaves an empty sheet transparent; one of whole pictures paints it."""
    empty = np.full((SIDE, SIDE), 255, np.uint8)
    assert not painter().paint(empty).any()
    assert painter(framed=False).paint(empty).any()


@given(st.integers(0, 100), st.integers(0, 100), st.integers(20, 127), st.floats(0.3, 1.0, allow_nan=False))
def test_a_frame_brings_a_drawing_to_its_middle_and_its_picture_back(
    left: int, top: int, width: int, shape: float
) -> None:
    """The longer side fills the frame; a square painted over the framed drawing lies on the drawing again."""
    side = 128
    height = max(2, round(width * shape))
    left, top = left % (side - min(width, side - 1)), top % (side - min(height, side - 1))
    right, bottom = min(side - 1, left + width), min(side - 1, top + height)
    lines = box(left, top, right, bottom, side)
    frame = frame_of(lines)
    rows, columns = (np.flatnonzero((frame.into(lines) < 200).any(axis=axis)) for axis in (1, 0))
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    assert abs(extent - min(FILLED * side, LARGEST * (max(right - left, bottom - top) + 1))) <= 3 + frame.scale
    assert abs((rows[0] + rows[-1]) / 2 - (side - 1) / 2) <= 1 + frame.scale / 2
    picture = np.zeros((side, side, 4), np.uint8)
    picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = (200, 100, 50, 255)
    back = frame.back(picture)
    seen = np.argwhere(back[..., 3] > 127)
    np.testing.assert_allclose(seen.min(axis=0), (top, left), atol=2)
    np.testing.assert_allclose(seen.max(axis=0), (bottom, right), atol=2)
    middle = back[(top + bottom) // 2, (left + right) // 2]
    np.testing.assert_allclose(middle, (200, 100, 50, 255), atol=2)


def test_a_patch_is_judged_by_itself() -> None:
    """A score for each eighth; what is far away does not change it."""
    judge = PatchDiscriminator((4, 4, 4))
    seen = jax.random.normal(jax.random.key(0), (2, 64, 64, 5))
    params = jax.jit(judge.init)(jax.random.key(1), seen)
    scores = applied(judge, params, seen)
    assert scores.shape == (2, 8, 8)
    other = applied(judge, params, seen.at[:, 48:].set(0.0))
    np.testing.assert_allclose(scores[:, :2], other[:, :2], atol=1e-6)
    assert float(jnp.abs(scores[:, 6:] - other[:, 6:]).max()) > 1e-3
