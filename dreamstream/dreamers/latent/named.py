"""A latent as text, by which wishes and logs hold what a name stands for: 16-bit floats in Base64."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError

_TYPE = np.dtype("<f2")


def coded(latent: NDArray[np.float64]) -> str:
    """The text of a latent."""
    return base64.b64encode(latent.astype(_TYPE).tobytes()).decode()


def decoded(text: str, size: int) -> NDArray[np.float64]:
    """The latent of so many numbers that a text holds. Raises UsageError where it holds none."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    latent = np.frombuffer(data[: len(data) // 2 * 2], _TYPE).astype(np.float64)
    if latent.shape != (size,) or not np.isfinite(latent).all() or not latent.any():
        raise UsageError("A named point is of another subject, or damaged; name it anew.")
    return latent
