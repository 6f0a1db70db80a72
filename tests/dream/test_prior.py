"""The grid prior is an unbiased estimate of the dense one, and its fit knows a heavy tail from a Gaussian."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.dream.prior import DIMENSIONS, PATCH, Prior, Scale, fit, read_prior, write_prior
from dreamstream.weights.catalog import load_prior

RNG = np.random.default_rng(11)


def random_prior(*pools: int) -> Prior:
    """A prior with random filters."""
    return Prior(
        tuple(
            Scale(
                pool,
                RNG.uniform(0.3, 0.6, DIMENSIONS).astype(np.float32),
                RNG.normal(0, 0.5, (DIMENSIONS, DIMENSIONS)).astype(np.float32),
                0.665248,
            )
            for pool in pools
        )
    )


def dense(prior: Prior, canvas: np.ndarray) -> float:
    """The same energy on every patch of the mirrored canvas that any offset reaches, in float64 NumPy."""
    total = 0.0
    for scale in prior.scales:
        h, w = canvas.shape[0] // scale.pool, canvas.shape[1] // scale.pool
        pooled = canvas[: h * scale.pool, : w * scale.pool].reshape(h, scale.pool, w, scale.pool, 3).mean(axis=(1, 3))
        rows, columns = -(-(h + 7) // 8) * 8, -(-(w + 7) // 8) * 8
        pooled = np.pad(pooled, [(7, rows - h), (7, columns - w), (0, 0)], mode="symmetric")
        patches = np.array(
            [pooled[y : y + PATCH, x : x + PATCH].ravel() for y in range(rows) for x in range(columns)], np.float64
        )
        z = (patches - scale.mean) @ scale.filters.T.astype(np.float64)
        total += float(np.mean(np.log1p(z * z / scale.nu)))
    return total / len(prior.scales)


def test_mean_over_all_offsets_is_the_dense_energy_and_gradient() -> None:
    """The grid at a random offset is an unbiased estimate, for the energy and for its gradient."""
    prior = random_prior(1, 2)
    canvas = RNG.uniform(0, 1, (47, 55, 3)).astype(np.float32)
    offsets = jnp.asarray([(y, x) for y in range(8) for x in range(8)])
    energies = jax.jit(jax.vmap(prior.energy, in_axes=(None, 0)))(jnp.asarray(canvas), offsets)
    assert float(energies.mean()) == pytest.approx(dense(prior, canvas.astype(np.float64)), rel=1e-4)

    gradient = jax.jit(lambda c: jax.vmap(jax.grad(prior.energy), in_axes=(None, 0))(c, offsets).mean(axis=0))(canvas)
    direction = RNG.normal(0, 1, canvas.shape)
    step = 1e-4
    slope = (dense(prior, canvas + step * direction) - dense(prior, canvas - step * direction)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=2e-3)


def test_the_border_is_held_as_firmly_as_the_middle() -> None:
    """Over all offsets, noise feels the same pull everywhere: no strip at an edge is left to itself."""
    prior = random_prior(1, 2)
    noise = jnp.asarray(RNG.uniform(0, 1, (61, 83, 3)), jnp.float32)
    offsets = jnp.asarray([(y, x) for y in range(8) for x in range(8)])
    pull = jnp.abs(jax.vmap(jax.grad(prior.energy), in_axes=(None, 0))(noise, offsets).mean(axis=0)).mean(axis=2)
    middle = float(pull[16:-16, 16:-16].mean())
    for edge in (pull[:3], pull[-3:], pull[:, :3], pull[:, -3:]):
        assert float(edge.mean()) > 0.5 * middle


def test_offsets_change_the_energy() -> None:
    """One offset alone is not the dense energy: the test above could fail."""
    prior = random_prior(1)
    canvas = jnp.asarray(RNG.uniform(0, 1, (47, 55, 3)), jnp.float32)
    assert float(prior.energy(canvas, jnp.array([0, 0]))) != pytest.approx(
        float(prior.energy(canvas, jnp.array([3, 5]))), rel=1e-4
    )


def test_scales_too_coarse_for_a_patch_are_left_out() -> None:
    """A canvas smaller than a patch at some scale has the energy of the other scales."""
    fine, both = random_prior(1), random_prior(1)
    both = Prior((fine.scales[0], *random_prior(16).scales))
    canvas = jnp.asarray(RNG.uniform(0, 1, (40, 40, 3)), jnp.float32)
    assert float(both.energy(canvas, jnp.zeros(2, int))) == pytest.approx(float(fine.energy(canvas, jnp.zeros(2, int))))


def test_fit_prefers_pictures_of_its_own_kind(tmp_path: Path) -> None:
    """Fitted to smooth pictures with edges, the prior gives them less energy than noise, and nu is finite and small."""
    import cv2

    def blobs(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        picture = np.full((96, 96, 3), rng.uniform(0, 1, 3))
        for _ in range(8):
            colour = rng.uniform(0, 1, 3).tolist()
            cv2.circle(picture, rng.integers(0, 96, 2).tolist(), int(rng.integers(5, 30)), colour, -1, cv2.LINE_AA)
        return picture.astype(np.float32)

    prior = fit([blobs(i) for i in range(30)], pools=(1, 2), patches=4000)
    energy = jax.jit(prior.energy)
    own = float(energy(jnp.asarray(blobs(99)), jnp.array([1, 2])))
    noise = float(energy(jnp.asarray(RNG.uniform(0, 1, (96, 96, 3)), jnp.float32), jnp.array([1, 2])))
    assert own < 0.5 * noise
    assert all(scale.nu < 5 for scale in prior.scales)
    path = tmp_path / "prior.safetensors"
    write_prior(path, prior)
    again = read_prior(path)
    assert float(jax.jit(again.energy)(jnp.asarray(blobs(99)), jnp.array([1, 2]))) == pytest.approx(own, rel=1e-6)


def test_gaussian_noise_fits_a_light_tail() -> None:
    """White Gaussian noise has a much larger nu than natural patches have."""
    noise = [np.clip(RNG.normal(0.5, 0.1, (64, 64, 3)), 0, 1).astype(np.float32) for _ in range(20)]
    assert fit(noise, pools=(1,), patches=4000).scales[0].nu > 20


def test_fit_and_read_refuse_what_cannot_be(tmp_path: Path) -> None:
    """Pictures too small for a scale, and files that are no prior, are named."""
    with pytest.raises(ValueError, match="at least 32 pixels"):
        fit([np.zeros((16, 16, 3))], pools=(4,), patches=10)
    broken = tmp_path / "x.safetensors"
    broken.write_bytes(b"<html>not found</html>")
    with pytest.raises(ValueError, match="is no prior"):
        read_prior(broken)


def test_shipped_prior_is_heavy_tailed() -> None:
    """The shipped prior has the scales 1, 2, 4, each with a heavier tail than a Gaussian's."""
    prior = load_prior()
    assert [scale.pool for scale in prior.scales] == [1, 2, 4]
    assert all(0.1 < scale.nu < 10 for scale in prior.scales)
