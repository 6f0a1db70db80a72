"""Resampling equals what SciPy and plain arithmetic give."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from dreamstream.networks.pixels import affine, mean_pool, to_bytes, windows

RNG = np.random.default_rng(3)


def test_mean_pool_averages_whole_blocks() -> None:
    """Blocks are averaged; a rest that fills no block is left out."""
    canvas = RNG.uniform(0, 1, (7, 10, 3)).astype(np.float32)
    pooled = mean_pool(jnp.asarray(canvas), 3)
    assert pooled.shape == (2, 3, 3)
    assert pooled[1, 2] == pytest.approx(canvas[3:6, 6:9].mean(axis=(0, 1)), rel=1e-5)


def test_affine_equals_scipy() -> None:
    """Bilinear, edges repeated: as scipy.ndimage.affine_transform with order 1 and mode nearest."""
    canvas = RNG.uniform(0, 1, (20, 30, 3)).astype(np.float32)
    matrix = np.array([[0.93, 0.04, 1.7], [-0.05, 0.95, -2.2]], np.float32)
    found = affine(jnp.asarray(canvas), jnp.asarray(matrix))
    swapped = np.array([[matrix[1, 1], matrix[1, 0]], [matrix[0, 1], matrix[0, 0]]])
    for channel in range(3):
        wanted = ndimage.affine_transform(
            canvas[..., channel], swapped, matrix[::-1, 2], order=1, mode="nearest", output_shape=(20, 30)
        )
        assert np.asarray(found[..., channel]) == pytest.approx(wanted, abs=2e-5)


def test_windows_of_their_own_size_are_crops() -> None:
    """A window as large as its output, at whole pixels, is a plain crop."""
    canvas = RNG.uniform(0, 1, (40, 60, 3)).astype(np.float32)
    found = windows(jnp.asarray(canvas), jnp.asarray([[20.5, 15.5, 16.0]]), 16, 24)
    assert np.asarray(found[0]) == pytest.approx(canvas[8:24, 13:29], abs=1e-5)


def test_a_negative_side_mirrors_a_window() -> None:
    """Left for right, and nothing else; also where it lies across the canvas's edge."""
    canvas = jnp.asarray(RNG.uniform(0, 1, (40, 60, 3)), jnp.float32)
    for x, y, side in ((20.5, 15.5, 16.0), (31.2, 17.9, 27.0), (3.0, 3.0, 30.0)):
        plain, turned = windows(canvas, jnp.asarray([[x, y, side], [x, y, -side]]), 16, 32)
        assert np.asarray(turned) == pytest.approx(np.asarray(plain)[:, ::-1], abs=1e-5)


@pytest.mark.parametrize("box", [(3.0, 3.0, 30.0), (57.0, 38.0, 22.0), (-4.0, 50.0, 12.0)])
def test_windows_keep_the_range_and_a_plain_colour(box: tuple[float, float, float]) -> None:
    """Also beyond the edges: averages of what is there, so a plain colour stays and nothing leaves [0, 1]."""
    plain = jnp.full((40, 60, 3), 0.3)
    assert np.asarray(windows(plain, jnp.asarray([box]), 16, 32)) == pytest.approx(0.3, abs=1e-5)
    noise = jnp.asarray(RNG.uniform(0, 1, (40, 60, 3)), jnp.float32)
    found = windows(noise, jnp.asarray([box]), 16, 32)
    assert 0 <= float(found.min()) <= float(found.max()) <= 1 + 1e-6


def test_windows_do_not_alias() -> None:
    """A fine checkerboard seen from far is grey, and every pixel of the window gets a share of the gradient."""
    y, x = np.mgrid[0:64, 0:64]
    board = jnp.asarray(np.repeat(((x + y) % 2)[..., None], 3, axis=2), jnp.float32)
    box = jnp.asarray([[32.0, 32.0, 48.0]])
    assert np.asarray(windows(board, box, 16, 48))[0, 2:-2, 2:-2] == pytest.approx(0.5, abs=0.02)
    gradient = jax.grad(lambda c: windows(c, box, 16, 48).sum())(board)
    assert float(jnp.abs(gradient[12:52, 12:52]).min()) > 0.05


def test_to_bytes_rounds_and_clips() -> None:
    """Values are rounded to the nearest of 256 and never wrap."""
    found = to_bytes(jnp.asarray([-0.2, 0.0, 0.5, 1.0, 1.3, 0.0039]))
    assert found.dtype == jnp.uint8
    assert found.tolist() == [0, 0, 128, 255, 255, 1]
