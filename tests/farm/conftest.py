"""What the farm's tests share: a stage, and one cluster for all, since it takes long to start."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.farm.cluster import RayCluster
from tests.farm.stage import Stage


@pytest.fixture(scope="package")
def cluster() -> Iterator[RayCluster]:
    """A Ray cluster of three nodes."""
    if importlib.util.find_spec("ray") is None:
        missing("Ray is not installed (pip install 'dreamstream[farm]')")
    made = RayCluster()
    yield made
    made.close()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A farm of three, not yet begun."""
    return Stage(tmp_path, monkeypatch)
