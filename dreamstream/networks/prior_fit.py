"""Fitting the patch prior to pictures: PCA whitening, and a Student-t distribution by maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.pixels import mean_pool
from dreamstream.networks.prior import DIMENSIONS, PATCH, Prior, Scale

JUDGED = 4000  # patches of which nu is fitted, and as many others on which the fit is judged
EVERY = 4  # of the filters' coefficients, one in so many takes part in these


@dataclass(frozen=True)
class Fitted:
    """How well one scale's whitened coefficients are described, on patches that took no part in the fit.

    nu: degrees of freedom of the Student-t fit; a Gaussian has infinitely many.
    student, gaussian: mean log-likelihood of a coefficient under each maximum-likelihood fit, in nats.
    """

    pool: int
    nu: float
    student: float
    gaussian: float


def fit(
    images: Sequence[NDArray[np.floating]],
    pools: Sequence[int] = (1, 2, 4),
    patches: int = 60000,
    floor: float = 2e-3,
    seed: int = 0,
) -> Prior:
    """The prior fitted to images [H, W, 3] in [0, 1].

    patches: how many are sampled for each scale. floor: standard deviation, in pixel values, below which a
    direction is not amplified further; it keeps quantisation noise out of the whitening.
    Raises ValueError when no image is large enough for a patch at some scale.
    """
    return fit_and_judge(images, pools, patches, floor, seed)[0]


def fit_and_judge(
    images: Sequence[NDArray[np.floating]],
    pools: Sequence[int] = (1, 2, 4),
    patches: int = 60000,
    floor: float = 2e-3,
    seed: int = 0,
) -> tuple[Prior, tuple[Fitted, ...]]:
    """The prior as `fit` makes it, and how well each of its scales describes other patches of the same images."""
    rng = np.random.default_rng(seed)
    scales, judged = [], []
    for pool in pools:
        pooled = [np.asarray(mean_pool(jnp.asarray(image, jnp.float32), pool)) for image in images]
        pooled = [image for image in pooled if min(image.shape[:2]) >= PATCH]
        if not pooled:
            raise ValueError(f"no image is at least {PATCH * pool} pixels high and wide, which scale {pool} needs")
        sample = _patches(pooled, patches, rng)
        mean = sample.mean(axis=0)
        variance, directions = np.linalg.eigh(np.cov(sample - mean, rowvar=False))
        filters = directions.T / np.sqrt(np.maximum(variance, 0) + floor**2)[:, None]
        z = ((sample[: min(patches, JUDGED)] - mean) @ filters.T)[:, ::EVERY].ravel()
        nu, width = _student(z)
        others = ((_patches(pooled, min(patches, JUDGED), rng) - mean) @ filters.T)[:, ::EVERY].ravel()
        scales.append(Scale(pool, mean.astype(np.float32), (filters / width).astype(np.float32), nu))
        judged.append(Fitted(pool, nu, *_likelihoods(others, z, nu, width)))
    return Prior(tuple(scales)), tuple(judged)


def _patches(images: Sequence[NDArray[np.float32]], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Patches [count, 192] from random places of random images."""
    sample = np.empty((count, DIMENSIONS))
    for index in range(count):
        image = images[int(rng.integers(len(images)))]
        top = rng.integers(image.shape[0] - PATCH + 1)
        left = rng.integers(image.shape[1] - PATCH + 1)
        sample[index] = image[top : top + PATCH, left : left + PATCH].ravel()
    return sample


def _student(z: NDArray[np.float64]) -> tuple[float, float]:
    """The maximum-likelihood degrees of freedom and scale of a Student-t distribution for samples z."""
    from scipy import optimize, stats

    def cost(x: NDArray[np.float64]) -> float:
        return -float(np.mean(stats.t.logpdf(z, df=np.exp(x[0]), scale=np.exp(x[1]))))

    best = optimize.minimize(cost, np.array([0.5, -0.5]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6})
    return float(np.exp(best.x[0])), float(np.exp(best.x[1]))


def _likelihoods(
    others: NDArray[np.float64], fitted_to: NDArray[np.float64], nu: float, width: float
) -> tuple[float, float]:
    from scipy import stats

    return (
        float(stats.t.logpdf(others, df=nu, scale=width).mean()),
        float(stats.norm.logpdf(others, loc=fitted_to.mean(), scale=fitted_to.std()).mean()),
    )
