"""Several nodes: where channels are started, what is said of a node that dies, and where they are then."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dreamstream.core.errors import UserError
from dreamstream.farm.backends import ray_connection
from dreamstream.farm.backends.backend import ProcessSight
from dreamstream.farm.backends.ray_cluster import RayProcesses
from tests.farm.cluster import RayCluster
from tests.farm.test_backends import launch
from tests.polling import until
from tests.processes import lives

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ray of other systems")

WAIT = "import os, time; print(os.environ['JAX_PLATFORMS'], flush=True); time.sleep(600)\n"


@pytest.fixture
def farm(cluster: RayCluster, tmp_path: Path) -> Iterator[RayProcesses]:
    """A back end that leaves nothing behind."""
    made = RayProcesses(tmp_path, cluster.address)
    yield made
    for record in tmp_path.glob("*.json"):
        made.kill(record.stem)
    made.close()


def there(farm: RayProcesses, name: str) -> ProcessSight:
    """What is seen of a channel when it is there."""
    until(lambda: farm.sight(name).pid, 60, f"{name} to be there")
    return farm.sight(name)


def test_channels_are_spread_and_come_up_elsewhere(cluster: RayCluster, farm: RayProcesses, tmp_path: Path) -> None:
    """Each on the node with the fewest; one whose node dies is said to be gone, and runs on another within a minute."""
    for name in "ab":
        farm.start(name, launch(tmp_path, WAIT))
        there(farm, name)
    a, b = there(farm, "a"), there(farm, "b")
    assert {a.node, b.node} == set(cluster.nodes)
    until(lambda: (tmp_path / "log").read_text().split() == ["cpu", "cpu"], 60, "what JAX is told")
    # Three more nodes' worth of trouble: the one that is asked for, one that is avoided, one that nobody has.
    farm.start("c", replace(launch(tmp_path, WAIT), node=a.node))
    assert there(farm, "c").node == a.node
    farm.start("d", replace(launch(tmp_path, WAIT), avoid=frozenset({a.node})))
    assert there(farm, "d").node == b.node
    farm.start("e", replace(launch(tmp_path, WAIT), cpus=99.0))
    until(lambda: not farm.sight("e").alive, 60, "the refusal")
    assert farm.sight("e").why == "no node that is not drained has 99 cores"

    cluster.kill(a.node)
    seen: list[ProcessSight] = []

    def gone_or_elsewhere() -> bool:
        """On a busy machine Ray may have it up elsewhere before anybody has looked."""
        seen.append(farm.sight("a"))
        return not seen[-1].alive or seen[-1].pid not in (0, a.pid)

    until(gone_or_elsewhere, 150, "the truth")
    assert farm.sight("b").alive
    if not seen[-1].alive:
        assert "gone" in seen[-1].why
        farm.start("a", launch(tmp_path, WAIT))  # as a supervisor does, who sees that it is not there
    until(lambda: farm.sight("a").pid not in (0, a.pid), 60, "another process")
    assert there(farm, "a").node == b.node
    assert not lives(a.pid)
    assert there(farm, "b") == replace(b, memory=farm.sight("b").memory)
    assert not next(node for node in farm.nodes() if node.name == a.node).alive
    cluster.add()


def test_one_whose_keeper_dies_does_not_run_twice(farm: RayProcesses, tmp_path: Path) -> None:
    """The kernel ends the process with its keeper; Ray begins both anew."""
    import psutil

    farm.start("a", launch(tmp_path, WAIT))
    first = there(farm, "a")
    psutil.Process(psutil.Process(first.pid).ppid()).kill()
    until(lambda: farm.sight("a").pid not in (0, first.pid), 60, "another process")
    assert not lives(first.pid)


def test_what_is_no_cluster_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Ray, a Ray of another version, no cluster, another user's, one of another version: each a sentence."""

    def refused(error: Exception | None = None, version: str = "2.60.0") -> str:
        def init(**_: object) -> None:
            raise error or AssertionError

        monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(__version__=version, init=init))
        monkeypatch.setattr(ray_connection, "_check_answers", lambda address: None)
        with pytest.raises(UserError) as caught:
            ray_connection.connected("a farm", "10.0.0.1:6379")
        return str(caught.value)

    assert "ray start --head" in refused(ConnectionError("Could not find any running Ray instance."))
    assert "another user's: /tmp/ray is closed" in refused(PermissionError(13, "denied", "/tmp/ray"))
    mismatch = RuntimeError("Version mismatch: The cluster was started with:\n Ray: 2.51.0")
    assert "of another version than Ray 2.60.0 here" in refused(mismatch)
    assert "This is Ray 2.9.3, and 2.50 or later, below 3 is needed: pip" in refused(version="2.9.3")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'dreamstream\[farm\]'"):
        ray_connection.connected("a farm", "auto")


def test_an_address_where_nobody_is_is_said_at_once() -> None:
    """Ray itself waits for minutes, and ends the process then."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(UserError, match="There is no Ray cluster at"):
            ray_connection.connected("a farm", f"127.0.0.1:{closed.getsockname()[1]}")
