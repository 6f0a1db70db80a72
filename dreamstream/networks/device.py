"""Where a dream is computed and in what type: one device, or the rows of the canvas spread over several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from dreamstream.core.arguments import DTYPES, check_rows
from dreamstream.core.errors import UsageError
from dreamstream.networks.vgg.network import Params, ready

ROWS = "rows"  # the mesh's only axis
# Convolutions, too, are recorded into CUDA graphs: a step is then started all at once, not by hundreds of calls.
GRAPHED = {"xla_gpu_enable_command_buffer": "FUSION,CUBLAS,CUBLASLT,CUDNN,CUSTOM_CALL,CONVOLUTION"}


@dataclass(frozen=True)
class ComputeTarget:
    """Devices and compute type.

    dtype: the network's compute type; canvas, prior and update stay float32. mesh: the devices that share a canvas by
    rows, and a batch of windows by windows; None for a single device.
    """

    dtype: Any = jnp.float32
    mesh: Mesh | None = None

    @property
    def on_cpu(self) -> bool:
        """Whether it computes on a CPU."""
        return jax.default_backend() == "cpu"

    @property
    def options(self) -> dict[str, Any]:
        """Options of the compiler for a step of ascent."""
        return dict(GRAPHED) if jax.default_backend() == "gpu" and _knows(tuple(GRAPHED.items())) else {}

    @property
    def rows(self) -> NamedSharding | None:
        """How a canvas lies on the devices; None for a single device."""
        return None if self.mesh is None else NamedSharding(self.mesh, PartitionSpec(ROWS))

    @property
    def count(self) -> int:
        """How many devices share a canvas."""
        return 1 if self.mesh is None else self.mesh.size

    def params(self, params: Params) -> dict[str, dict[str, jax.Array]]:
        """A network's parameters as `activations` runs them best here, on every device."""
        placed = self.everywhere(ready(params, self.dtype, transform=self.on_cpu and self.mesh is None))
        return dict(placed)

    def canvas(self, canvas: Any) -> jax.Array:
        """A canvas [H, W, 3], its rows spread over the devices."""
        placed: jax.Array = jax.device_put(canvas, self.rows)
        return placed

    def everywhere(self, tree: Any) -> Any:
        """Arrays on every device. An explicit transfer: none is left for JAX to make unasked."""
        return jax.device_put(tree, None if self.mesh is None else NamedSharding(self.mesh, PartitionSpec()))


@cache
def _knows(options: tuple[tuple[str, Any], ...]) -> bool:
    """Whether the compiler takes these options; their names change from version to version."""
    try:
        jax.jit(lambda: jnp.zeros(()), compiler_options=dict(options)).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def place(dtype: str = "auto", devices: int = 1, height: int | None = None) -> ComputeTarget:
    """The place for these choices; "auto" is bfloat16 on an accelerator and float32 on a CPU.

    height: rows of the canvas that `devices` are to share. Raises UserError for an unknown type, for more devices than
    there are, and for a height that they cannot share evenly.
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype is {dtype!r}, but must be one of {', '.join(DTYPES)}.")
    if dtype == "auto":
        dtype = "float32" if jax.default_backend() == "cpu" else "bfloat16"
    available = jax.devices()
    if not 1 <= devices <= len(available):
        raise UsageError(f"devices is {devices}, but JAX has {len(available)} here ({available[0].platform}).")
    if height is not None:
        check_rows(height, devices)
    mesh = Mesh(np.array(available[:devices]), (ROWS,)) if devices > 1 else None
    return ComputeTarget(jnp.dtype(dtype), mesh)


def share_batch(batch: jax.Array, mesh: Mesh) -> jax.Array:
    """A batch [N, ...] spread over a mesh's devices, padded with copies of its last entry to a multiple of them."""
    short = -batch.shape[0] % mesh.size
    padded = jnp.concatenate([batch, jnp.repeat(batch[-1:], short, axis=0)]) if short else batch
    shared: jax.Array = jax.lax.with_sharding_constraint(padded, NamedSharding(mesh, PartitionSpec(ROWS)))
    return shared
