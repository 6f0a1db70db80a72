"""Arrays of different ranks meet only where the code says how: a forgotten axis is an error, not a broadcast."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def strict_ranks() -> Iterator[None]:
    """JAX refuses to promote ranks silently."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield
