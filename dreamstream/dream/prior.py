"""The multi-scale Student-t patch prior: how much a picture's 8x8 patches look like those of a kind of picture.

Energy of a patch: mean over filters of log(1 + z^2 / nu), z = W (patch - mu), with W the PCA whitening of such patches.
It is evaluated on the canvas mean-pooled by each scale. Student-t experts on patches: Welling, Hinton & Osindero 2003,
"Learning Sparse Topographic Representations with Products of Student-t Distributions"; as an image prior for
activation maximisation: the 2015 stream 317070.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.dream.pixels import mean_pool

PATCH = 8
DIMENSIONS = PATCH * PATCH * 3


@dataclass(frozen=True)
class Scale:
    """The prior of one scale: pool factor, mean [192], filters [192, 192] (rows are filters), and nu."""

    pool: int
    mean: NDArray[np.float32]
    filters: NDArray[np.float32]
    nu: float


@dataclass(frozen=True)
class Prior:
    """The prior of all its scales; its energy is the mean over them."""

    scales: tuple[Scale, ...]

    def energy(self, canvas: jax.Array, offset: jax.Array) -> jax.Array:
        """Energy on non-overlapping patches whose grid starts at offset (row, column), each 0 to 7: a scalar.

        The mean over all 64 offsets is the energy of all overlapping patches; so a fresh random offset at every step is
        an unbiased estimate for a 64th of the work. The canvas is mirrored at its border, so that every pixel lies in
        equally many patches. Scales too small for a patch are left out.
        """
        total = jnp.zeros(())
        count = 0
        for scale in self.scales:
            pooled = mean_pool(canvas, scale.pool)
            if min(pooled.shape[:2]) < PATCH:
                continue
            rows, columns = (-(-(side + PATCH - 1) // PATCH) for side in pooled.shape[:2])
            border = [
                (PATCH - 1, count * PATCH - side) for count, side in zip((rows, columns), pooled.shape, strict=False)
            ]
            mirrored = jnp.pad(pooled, [*border, (0, 0)], mode="symmetric")
            part = jax.lax.dynamic_slice(mirrored, (offset[0], offset[1], 0), (rows * PATCH, columns * PATCH, 3))
            patches = part.reshape(rows, PATCH, columns, PATCH, 3).transpose(0, 2, 1, 3, 4).reshape(-1, DIMENSIONS)
            z = (patches - scale.mean) @ scale.filters.T
            total += jnp.mean(jnp.log1p(z * z / scale.nu))
            count += 1
        return total / max(count, 1)


def _nu(z: NDArray[np.float64]) -> tuple[float, float]:
    """The maximum-likelihood degrees of freedom and scale of a Student-t distribution for samples z."""
    from scipy import optimize, stats

    def cost(x: NDArray[np.float64]) -> float:
        return -float(np.mean(stats.t.logpdf(z, df=np.exp(x[0]), scale=np.exp(x[1]))))

    best = optimize.minimize(cost, np.array([0.5, -0.5]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6})
    return float(np.exp(best.x[0])), float(np.exp(best.x[1]))


def fit(
    images: Sequence[NDArray[np.floating]],
    pools: Sequence[int] = (1, 2, 4),
    patches: int = 60000,
    floor: float = 2e-3,
    seed: int = 0,
) -> Prior:
    """Fit the prior to images [H, W, 3] in [0, 1].

    patches: how many are sampled for each scale. floor: standard deviation, in pixel values, below which a
    direction is not amplified further; it keeps quantisation noise out of the whitening.
    Raises ValueError when no image is large enough for a patch at some scale.
    """
    rng = np.random.default_rng(seed)
    scales = []
    for pool in pools:
        pooled = [np.asarray(mean_pool(jnp.asarray(image, jnp.float32), pool)) for image in images]
        pooled = [image for image in pooled if min(image.shape[:2]) >= PATCH]
        if not pooled:
            raise ValueError(f"no image is at least {PATCH * pool} pixels high and wide, which scale {pool} needs")
        sample = np.empty((patches, DIMENSIONS))
        for index in range(patches):
            image = pooled[rng.integers(len(pooled))]
            top = rng.integers(image.shape[0] - PATCH + 1)
            left = rng.integers(image.shape[1] - PATCH + 1)
            sample[index] = image[top : top + PATCH, left : left + PATCH].ravel()
        mean = sample.mean(axis=0)
        variance, directions = np.linalg.eigh(np.cov(sample - mean, rowvar=False))
        filters = directions.T / np.sqrt(np.maximum(variance, 0) + floor**2)[:, None]
        z = (sample[: min(patches, 4000)] - mean) @ filters.T
        nu, width = _nu(z[:, ::4].ravel())
        scales.append(Scale(pool, mean.astype(np.float32), (filters / width).astype(np.float32), nu))
    return Prior(tuple(scales))


def write_prior(path: Path, prior: Prior) -> None:
    """Write a prior as safetensors, atomically."""
    from safetensors.numpy import save

    tensors: dict[str, NDArray[np.float32]] = {}
    for scale in prior.scales:
        tensors[f"{scale.pool}.mean"] = scale.mean
        tensors[f"{scale.pool}.filters"] = np.ascontiguousarray(scale.filters)
        tensors[f"{scale.pool}.nu"] = np.array([scale.nu], np.float32)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(save(tensors, {"format": "dreamstream-prior-1"}))
    partial.replace(path)


def read_prior(path: Path) -> Prior:
    """Read a prior. Raises ValueError when the file is none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(path.read_bytes())
        pools = sorted(int(name.partition(".")[0]) for name in tensors if name.endswith(".nu"))
        scales = tuple(
            Scale(pool, tensors[f"{pool}.mean"], tensors[f"{pool}.filters"], float(tensors[f"{pool}.nu"][0]))
            for pool in pools
        )
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no prior: {error}") from None
    if not scales or any(s.mean.shape != (DIMENSIONS,) or s.filters.shape != (DIMENSIONS, DIMENSIONS) for s in scales):
        raise ValueError(f"{path} is no prior: it must hold a mean [192] and filters [192, 192] for each scale")
    return Prior(scales)
