"""A grid over pictures is found, whatever the pictures show, and what has none is not blamed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.train.learn.spectrum import pattern, spectrum

SIDE = 32


def world(count: int, seed: int) -> NDArray[np.float64]:
    """Noise whose power falls with the square of the frequency, as that of pictures does."""
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(count, SIDE, SIDE)))
    pitch = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    return np.asarray(np.fft.irfft2(noise / np.maximum(pitch, 1 / SIDE)) * 4)


def pictures(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    """As the measure takes them."""
    return np.asarray(np.clip(128 + grey[..., None].repeat(3, axis=-1), 0, 255), np.uint8)


@pytest.mark.parametrize("across", [True, False])
def test_a_grid_stands_out(across: bool) -> None:
    """A wave of four pixels, too weak to be seen in one picture, is found in its place."""
    real = spectrum(pictures(world(300, 0)))
    assert pattern(spectrum(pictures(world(300, 1))), real) < 1.6
    wave = 2 * np.sin(np.arange(SIDE) * np.pi / 2)
    laid = world(300, 1) + (wave[None, None] if across else wave[None, :, None])
    found = spectrum(pictures(laid))
    assert pattern(found, real) > 2
    where = np.unravel_index((found.over / np.maximum(real.over, 1)).argmax(), found.over.shape)
    assert tuple(map(int, where)) in ({(0, 8)} if across else {(8, 0), (24, 0)})


def test_a_chess_board_stands_out() -> None:
    """The finest pattern there is, where rings are no longer whole."""
    real = spectrum(pictures(world(300, 0)))
    board = 2 * (-1.0) ** np.add.outer(np.arange(SIDE), np.arange(SIDE))
    found = spectrum(pictures(world(300, 1) + board))
    assert pattern(found, real) > 2
    where = np.unravel_index(found.over.argmax(), found.over.shape)
    assert tuple(map(int, where)) == (SIDE // 2, SIDE // 2)


def test_what_frames_have_themselves_is_no_grid() -> None:
    """Stripes that stand in the frames may stand in the pictures."""
    wave = 2 * np.sin(np.arange(SIDE) * np.pi / 2)[None, None]
    real, made = (spectrum(pictures(world(300, seed) + wave)) for seed in (2, 3))
    assert pattern(made, real) < 1.6


def test_what_has_no_grain_has_no_grid() -> None:
    """A faint wave over pictures without the grain of real ones stands out of theirs, but would be lost in it."""
    rng = np.random.default_rng(4)
    real = spectrum(pictures(world(300, 0) + rng.normal(0, 8, (300, SIDE, SIDE))))
    wave = np.sin(np.arange(SIDE) * 3 * np.pi / 4)[None, None]
    made = spectrum(pictures(world(300, 1) / 2 + wave))
    assert (made.over / np.maximum(real.over, 1)).max() > 2
    assert pattern(made, real) < 1.5


def test_flat_pictures_have_none() -> None:
    """Nor have pictures too small for a ring."""
    for side in (2, SIDE):
        flat = spectrum(np.full((3, side, side, 3), 7, np.uint8))
        assert pattern(flat, flat) == 0
