"""The multi-scale Student-t patch prior: how much a picture's 8x8 patches look like those of a kind of picture.

Energy of a patch: mean over filters of log(1 + z^2 / nu), z = W (patch - mu), with W the PCA whitening of such patches.
It is evaluated on the canvas mean-pooled by each scale. Student-t experts on patches: Welling, Hinton & Osindero 2003,
"Learning Sparse Topographic Representations with Products of Student-t Distributions"; as an image prior for
activation maximisation: the 2015 stream 317070.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks.pixels import mean_pool
from dreamstream.support.files import write_tensors

PATCH = 8
DIMENSIONS = PATCH * PATCH * 3
NU_2015, POOLS_2015 = 0.665248, (1, 4, 8, 16, 32)


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
            z = (patches - scale.mean[None]) @ scale.filters.T
            total += jnp.mean(jnp.log1p(z * z / scale.nu))
            count += 1
        return total / max(count, 1)

    def dense_energy(self, canvas: jax.Array) -> jax.Array:
        """Energy on every patch that lies wholly on the canvas, as the 2015 stream had it: a scalar.

        Without the mirrored border, pixels at the edge lie in fewer patches. Costs about 64 times what `energy` does.
        """
        total = jnp.zeros(())
        count = 0
        for scale in self.scales:
            pooled = mean_pool(canvas, scale.pool)
            if min(pooled.shape[:2]) < PATCH:
                continue
            kernel = jnp.asarray(scale.filters).reshape(DIMENSIONS, PATCH, PATCH, 3).transpose(1, 2, 3, 0)
            # Taken off before the products, the mean costs no digits where patches are nearly alike.
            z = (
                jax.lax.conv_general_dilated(
                    pooled[None] - 0.5, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                - ((scale.mean - 0.5) @ scale.filters.T)[None, None, None]
            )
            total += jnp.mean(jnp.log1p(z * z / scale.nu))
            count += 1
        return total / max(count, 1)

    def published(self) -> Prior:
        """This prior's finest filters in the form of the 2015 stream: one set for all of its scales, and its nu."""
        finest = self.scales[0]
        grey = np.full(DIMENSIONS, 128 / 255, np.float32)
        return Prior(tuple(Scale(pool, grey, finest.filters, NU_2015) for pool in POOLS_2015))


def write_prior(path: Path, prior: Prior) -> None:
    """Write a prior as safetensors, atomically. Raises UserError when it cannot be written."""
    tensors: dict[str, NDArray[np.float32]] = {}
    for scale in prior.scales:
        tensors[f"{scale.pool}.mean"] = scale.mean
        tensors[f"{scale.pool}.filters"] = scale.filters
        tensors[f"{scale.pool}.nu"] = np.array([scale.nu], np.float32)
    write_tensors(path, tensors, {"format": "dreamstream-prior-1"})


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
