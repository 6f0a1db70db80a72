"""What the farm's tests share: one cluster for all, since it takes long to start."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from tests.conftest import missing
from tests.farm.cluster import RayCluster


@pytest.fixture(scope="package")
def cluster() -> Iterator[RayCluster]:
    """A Ray cluster of three nodes."""
    if importlib.util.find_spec("ray") is None:
        missing("Ray is not installed (pip install 'dreamstream[farm]')")
    made = RayCluster()
    yield made
    made.close()
