"""The grid prior is an unbiased estimate of the dense one, and its fit knows a heavy tail from a Gaussian."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dreamstream.networks.prior import DIMENSIONS, PATCH, Prior, Scale, read_prior, write_prior
from dreamstream.networks.prior_fit import fit, fit_and_judge
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


def dense(prior: Prior, canvas: np.ndarray, mirrored: bool = True) -> tuple[float, np.ndarray]:
    """The energy on all overlapping patches and its gradient [H, W, 3], in float64 NumPy, by the definition.

    mirrored: on every patch of the mirrored canvas that any offset of the grid reaches; otherwise on the canvas alone.
    """
    total, gradient = 0.0, np.zeros_like(canvas, np.float64)
    scales = [s for s in prior.scales if min(canvas.shape[:2]) // s.pool >= PATCH]
    for scale in scales:
        p = scale.pool
        h, w = canvas.shape[0] // p, canvas.shape[1] // p
        pooled = canvas[: h * p, : w * p].astype(np.float64).reshape(h, p, w, p, 3).mean(axis=(1, 3))
        rows, columns = (-(-(h + 7) // 8) * 8, -(-(w + 7) // 8) * 8) if mirrored else (h - 7, w - 7)
        border = [(7, rows - h), (7, columns - w)] if mirrored else [(0, 0), (0, 0)]
        # Where each pixel of the mirrored picture comes from, to bring its gradient home.
        origin = np.pad(np.arange(h * w).reshape(h, w), border, mode="symmetric")
        picture = pooled.reshape(-1, 3)[origin]
        filters = scale.filters.astype(np.float64)
        number = rows * columns * DIMENSIONS
        spread = np.zeros((h * w, 3))
        for y in range(rows):
            for x in range(columns):
                z = filters @ (picture[y : y + PATCH, x : x + PATCH].ravel() - scale.mean)
                total += np.log1p(z * z / scale.nu).sum() / number / len(scales)
                pull = (filters.T @ (2 * z / (scale.nu + z * z))).reshape(PATCH * PATCH, 3)
                np.add.at(spread, origin[y : y + PATCH, x : x + PATCH].ravel(), pull / number / len(scales))
        home = np.repeat(np.repeat(spread.reshape(h, w, 3), p, axis=0), p, axis=1) / p**2
        gradient[: h * p, : w * p] += home
    return total, gradient


@pytest.mark.parametrize("pools", [(1,), (1, 2, 4)])
def test_mean_over_all_offsets_is_the_dense_energy_and_gradient(pools: tuple[int, ...]) -> None:
    """The grid at a random offset is an unbiased estimate: of the energy, and of its gradient at every pixel."""
    prior = random_prior(*pools)
    canvas = RNG.uniform(0, 1, (45, 53, 3)).astype(np.float32)
    offsets = jnp.asarray([(y, x) for y in range(8) for x in range(8)])
    whole = jax.jit(jax.vmap(jax.value_and_grad(prior.energy), in_axes=(None, 0)))
    energies, gradients = whole(jnp.asarray(canvas), offsets)
    energy, gradient = dense(prior, canvas)
    assert float(energies.mean()) == pytest.approx(energy, rel=1e-5)
    assert np.abs(np.asarray(gradients.mean(axis=0)) - gradient).max() < 1e-4 * np.abs(gradient).max()


def test_dense_energy_and_gradient_agree_with_float64() -> None:
    """Every patch on the canvas, at scales of which the coarsest does not fit."""
    prior = random_prior(1, 2, 4, 8)
    canvas = RNG.uniform(0, 1, (45, 53, 3)).astype(np.float32)
    found, pull = jax.jit(jax.value_and_grad(prior.dense_energy))(jnp.asarray(canvas))
    energy, gradient = dense(prior, canvas, mirrored=False)
    assert float(found) == pytest.approx(energy, rel=1e-5)
    assert np.abs(np.asarray(pull) - gradient).max() < 1e-4 * np.abs(gradient).max()


def test_the_border_is_held_as_firmly_as_the_middle() -> None:
    """Over all offsets, noise feels the same pull everywhere: no strip at an edge is left to itself."""
    prior = random_prior(1, 2)
    noise = jnp.asarray(RNG.uniform(0, 1, (61, 83, 3)), jnp.float32)
    offsets = jnp.asarray([(y, x) for y in range(8) for x in range(8)])
    pull = jnp.abs(jax.jit(jax.vmap(jax.grad(prior.energy), in_axes=(None, 0)))(noise, offsets).mean(axis=0)).mean(
        axis=2
    )
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


def test_photographs_fit_a_heavy_tail_better_than_a_gaussian() -> None:
    """On other patches of the same photograph the Student-t fit is the likelier one; on noise it gains nothing."""
    from skimage import data

    _, (figures,) = fit_and_judge([data.coffee() / np.float32(255)], pools=(2,), patches=6000)
    assert figures.nu < 3
    assert figures.student > figures.gaussian + 0.1
    noise = [RNG.normal(0.5, 0.1, (64, 64, 3)).astype(np.float32) for _ in range(20)]
    _, (figures,) = fit_and_judge(noise, pools=(1,), patches=6000)
    assert figures.student == pytest.approx(figures.gaussian, abs=0.01)


@pytest.mark.parametrize(("model", "pools"), [("builtin", [1, 2, 4]), ("vgg16", [1, 2, 4, 8])])
def test_shipped_priors_are_heavy_tailed(model: str, pools: list[int]) -> None:
    """The built-in network has a prior of its own, all others that of photographs; both have heavy tails."""
    prior = load_prior(model)
    assert [scale.pool for scale in prior.scales] == pools
    assert all(0.1 < scale.nu < 10 for scale in prior.scales)


def test_a_photograph_has_less_energy_than_noise_under_the_natural_prior() -> None:
    """A photograph that took no part in the fit is closer to its kind than noise of the same mean and variance."""
    from skimage import data

    photo = data.retina()[300:800, 300:900].astype(np.float32) / 255
    noise = RNG.normal(photo.mean(axis=(0, 1)), photo.std(axis=(0, 1)), photo.shape).astype(np.float32)
    energy = jax.jit(load_prior("vgg16").energy)
    offset = jnp.array([3, 5])
    assert float(energy(jnp.asarray(photo), offset)) < 0.5 * float(energy(jnp.asarray(noise), offset))
