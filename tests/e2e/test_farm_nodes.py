"""A farm on a Ray cluster of three nodes, of which one dies twice: its channels go on elsewhere."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import missing
from tests.e2e.test_farm import WITHIN, Farm
from tests.farm.cluster import RayCluster
from tests.polling import until
from tests.processes import lives

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ray of other systems")


@pytest.fixture
def cluster() -> Iterator[RayCluster]:
    """Its nodes."""
    if importlib.util.find_spec("ray") is None:
        missing("Ray is not installed (pip install 'dreamstream[farm]')")
    made = RayCluster()
    yield made
    made.close()


class NodeFarm(Farm):
    """A farm on a cluster."""

    def __init__(self, home: Path, cluster: RayCluster) -> None:
        self.address = cluster.address
        super().__init__(home)

    def plan(self, restart: str = "always") -> None:
        """Write the plan."""
        super().plan(restart)
        path = self.home / "farm.toml"
        text = path.read_text().replace("farm = 1", 'farm = 1\nbackend = "ray"', 1)
        path.write_text(f'{text}\n[ray]\naddress = "{self.address}"\n')

    def moves(self, before: dict[str, Any]) -> bool:
        """Whether a channel is said to be down, or to be elsewhere already: Ray may be quicker than whoever asks."""
        now = self.channels()[before["name"]]
        return bool(now["phase"] != "running" or now["pid"] != before["pid"])

    def runs_off(self, node: str) -> bool:
        """Whether both channels run, and none on a node."""
        return self.runs() and all(each["node"] != node for each in self.channels().values())


@pytest.fixture
def farm(tmp_path: Path, cluster: RayCluster) -> Iterator[NodeFarm]:
    """A farm of two channels, which is ended before its cluster."""
    made = NodeFarm(tmp_path, cluster)
    yield made
    if made.process is not None:
        made.process.terminate()
        made.process.wait(60)


def wishes(channel: dict[str, Any]) -> str:
    """What a channel dreams and what waits."""
    said = httpx.get(f"{channel['page']}api/status", trust_env=False, timeout=30).json()
    return json.dumps([said["now"], said["queue"]])


def test_a_node_dies_and_its_channels_go_on_elsewhere(farm: NodeFarm, cluster: RayCluster) -> None:
    """Twice; the status says so meanwhile, and an accepted wish is dreamed elsewhere. Then a node is drained."""
    farm.up()
    until(farm.runs, WITHIN, "the channels", every=1)
    for word in ("pizza", "bee"):
        bees = farm.channels()["bees"]
        asked = httpx.post(f"{bees['page']}api/ask", json={"text": f"!dream {word}", "who": "ada"}, trust_env=False)
        assert word in asked.json()["reply"]
        cluster.kill(bees["node"])
        until(lambda before=bees: farm.moves(before), WITHIN, "the truth", every=0.5)  # type: ignore[misc]
        cluster.add()
        until(lambda node=bees["node"]: farm.runs_off(node), WITHIN, "both elsewhere", every=1)  # type: ignore[misc]
        after = farm.channels()["bees"]
        assert after["pid"] != bees["pid"]
        assert not lives(bees["pid"])
        assert word in wishes(after)
    node = farm.channels()["owls"]["node"]
    assert "leave" in farm.run("drain", node).stdout
    until(lambda: farm.runs_off(node), WITHIN, "a node without channels", every=1)
    assert f"node {node}" in farm.run("status").stdout
    pids = [each["pid"] for each in farm.channels().values()]
    assert farm.process is not None
    farm.process.terminate()
    assert farm.process.wait(WITHIN) == 0
    until(lambda: not any(lives(pid) for pid in pids), WITHIN, "the end of all")
