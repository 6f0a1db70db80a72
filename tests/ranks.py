"""Arrays of different ranks or types meet only where the code says how: a forgotten axis or cast is an error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def strict_ranks(request: pytest.FixtureRequest) -> Iterator[None]:
    """JAX refuses to promote ranks silently; types, too, but for what is marked as `promotes`."""
    with jax.numpy_rank_promotion("raise"), contextlib.ExitStack() as stack:
        if request.node.get_closest_marker("promotes") is None:
            stack.enter_context(jax.numpy_dtype_promotion("strict"))
        yield
