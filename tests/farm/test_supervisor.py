"""A farm's supervisor, with processes and shows that a test plays, and a clock that it turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.status import PublicStatus
from dreamstream.farm import probe
from dreamstream.farm.backends.backend import Launch, Node, ProcessSight
from dreamstream.farm.channel import LOOP, Phase
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.plan import Plan, read_plan
from dreamstream.farm.supervisor import Supervisor
from dreamstream.support import machine
from tests.web.show import FakeShow

THREE = "farm = 1\n[channels.a]\n[channels.b]\n[channels.c]\n"


class Processes:
    """Processes that live until they are told to go, or a test takes them away."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self.launches: list[tuple[str, Launch]] = []
        self.ended: list[str] = []
        self.broken = ""
        self.machines: list[Node] = []
        self.places: dict[str, str] = {}
        self.settled: list[str] = []

    def start(self, name: str, launch: Launch) -> None:
        if self.broken:
            raise OSError(28, self.broken)
        assert name not in self.running
        self.launches.append((name, launch))
        self.running[name] = len(self.launches)
        free = [node.name for node in self.machines if node.alive and node.name not in launch.avoid]
        self.places[name] = launch.node or (free[0] if free else "")

    def sight(self, name: str) -> ProcessSight:
        pid = self.running.get(name, 0)
        return ProcessSight(bool(pid), None if pid else -9, pid, 1 << 20, node=self.places.get(name, ""))

    def end(self, name: str) -> None:
        self.ended.append(name)
        self.running.pop(name, None)

    def kill(self, name: str) -> None:
        self.running.pop(name, None)

    def adopt(self, name: str) -> bool:
        return name in self.running

    def forget(self, name: str) -> None:
        assert name not in self.running

    def settle(self, name: str) -> None:
        self.settled.append(name)

    def nodes(self) -> Sequence[Node]:
        return self.machines

    def close(self) -> None:
        pass


class Stage:
    """A supervisor on a stage where time passes when a test says so, and shows answer as it says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now, self.processes = folder, 0.0, Processes()
        self.home = FarmFolder(folder / "farm")
        assert self.home.open()
        self.silent: set[str] = set()
        self.supervisor = Supervisor(self.plan(THREE), self.home, self.processes, lambda: self.now)
        monkeypatch.setattr(machine, "cores", lambda: 2)
        monkeypatch.setattr(probe, "ask", self._answer)
        monkeypatch.setattr("dreamstream.farm.supervisor.TICK", 0.0)
        monkeypatch.setattr("dreamstream.farm.asking.AGAIN_AFTER", 0.0)

    def plan(self, text: str) -> Plan:
        path = self.folder / "farm.toml"
        path.write_text(text)
        return read_plan(path, 0)

    async def _answer(self, client: httpx.AsyncClient, page: str) -> PublicStatus | None:
        channels = json.loads((self.folder / "farm" / "ports.json").read_text())
        name = next(name for name, port in channels.items() if f":{port}/" in page)
        if name in self.silent or name not in self.processes.running:
            return None
        status = FakeShow().status().public()
        return status.model_copy(update={"channel": name, "healthy": True, "ready": True})

    async def pass_time(self, seconds: float) -> None:
        """Let the supervisor look twice a second."""
        async with httpx.AsyncClient() as client:
            for _ in range(round(2 * seconds)):
                self.now += 0.5
                self.supervisor._tick(client)
                for _ in range(4):
                    await asyncio.sleep(0)

    def phases(self) -> dict[str, str]:
        return {channel.name: channel.phase.value for channel in self.supervisor.status().channels}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A farm of three, not yet begun."""
    return Stage(tmp_path, monkeypatch)


def test_a_farm_comes_up_few_at_a_time(stage: Stage) -> None:
    """No more start at once than there are cores; each process gets its settings and none of another's."""

    async def story() -> None:
        assert stage.supervisor.take(stage.supervisor._plan) == "The farm has 3 channels: 3 new."
        await stage.pass_time(0.5)
        assert stage.phases() == {"a": "starting", "b": "starting", "c": "waiting"}
        await stage.pass_time(5)
        assert set(stage.phases().values()) == {"running"}

    asyncio.run(story())
    # Those that are up give way to those that start.
    assert stage.processes.settled == ["a", "b", "c"]
    name, launch = stage.processes.launches[0]
    settings = stage.home.read_settings(name)
    assert launch.command[-2:] == ["--config", str(stage.home.channel("a") / "settings.toml")]
    assert (settings["channel"], settings["port"]) == ("a", 8101)
    assert len(settings["control_token"]) >= 16
    assert (stage.home.channel("a") / "settings.toml").stat().st_mode & 0o077 == 0
    assert not any(key.startswith("DREAMSTREAM_") for key in launch.environ if key != "DREAMSTREAM_CACHE")
    targets = json.loads((stage.home.path / "targets.json").read_text())
    assert targets[0] == {"targets": ["127.0.0.1:8101"], "labels": {"channel": "a"}}


def test_the_dead_are_back_and_the_others_unmoved(stage: Stage) -> None:
    """One that is killed runs again; nobody else is touched."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        before = dict(stage.processes.running)
        del stage.processes.running["b"]
        await stage.pass_time(3)
        assert set(stage.phases().values()) == {"running"}
        after = stage.processes.running
        assert after["b"] != before["b"]
        assert {**after, "b": 0} == {**before, "b": 0}

    asyncio.run(story())
    assert stage.processes.ended == []


def test_one_begun_anew_elsewhere_is_not_running_by_what_the_other_said(stage: Stage) -> None:
    """The answer of the process before does not count for the one that has its place."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        stage.processes.running["b"] = 99
        await stage.pass_time(0.5)
        assert stage.phases()["b"] == "starting"
        await stage.pass_time(3)
        assert set(stage.phases().values()) == {"running"}

    asyncio.run(story())
    assert len(stage.processes.launches) == 3


def test_a_rolling_restart_has_one_down_at_most(stage: Stage) -> None:
    """The next waits until the one before runs; one that does not come back ends it, and is said."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        assert stage.supervisor.order("restart") == "3 channels are restarted, one after the other."
        for _ in range(40):
            await stage.pass_time(0.5)
            assert sum(phase != "running" for phase in stage.phases().values()) <= 1
        assert stage.processes.ended == ["a", "b", "c"]
        stage.supervisor.order("restart")
        stage.silent.add("b")
        for _ in range(3000):
            await stage.pass_time(1)
            if stage.phases()["b"] == "parked":
                break
            if "b" in stage.processes.running and stage.phases()["b"] == "starting":
                del stage.processes.running["b"]
        await stage.pass_time(1)
        assert stage.phases()["b"] == "parked"
        assert "ended at b" in stage.supervisor.status().note
        assert stage.processes.ended[3:] == ["a", "b"]

    asyncio.run(story())


def test_a_changed_plan_touches_only_what_changed(stage: Stage) -> None:
    """New ones start, changed ones are started anew, those that are gone end, and the rest goes on."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        before = dict(stage.processes.running)
        text = "farm = 1\n[channels.a]\n[channels.b.settings]\nfps = 12\n[channels.d]\n"
        said = stage.supervisor.take(stage.plan(text))
        assert said == "The farm has 3 channels: 1 new, 1 changed, 1 gone."
        await stage.pass_time(20)
        assert stage.phases() == {"a": "running", "b": "running", "d": "running"}
        assert stage.processes.running["a"] == before["a"]
        assert stage.processes.running["b"] != before["b"]
        assert "c" not in stage.processes.running
        assert stage.home.read_settings("b")["fps"] == 12
        assert stage.supervisor.take(stage.plan(text)) == "The farm has 3 channels: nothing changed."

    asyncio.run(story())


def test_the_next_farm_takes_them_over(stage: Stage) -> None:
    """After a farm was killed nothing is started twice; what runs with old settings is started anew."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        before = dict(stage.processes.running)
        stage.supervisor = Supervisor(stage.plan(THREE), stage.home, stage.processes, lambda: stage.now)
        stage.supervisor.take(stage.plan(THREE))
        await stage.pass_time(10)
        assert stage.processes.running == before
        assert set(stage.phases().values()) == {"running"}
        text = THREE + "[channels.c.settings]\nfps = 12\n"
        stage.supervisor = Supervisor(stage.plan(text), stage.home, stage.processes, lambda: stage.now)
        stage.supervisor.take(stage.plan(text))
        await stage.pass_time(10)
        assert {**stage.processes.running, "c": 0} == {**before, "c": 0}
        assert stage.processes.ended == ["c"]

    asyncio.run(story())


def test_orders_and_their_answers(stage: Stage) -> None:
    """A stopped one stays stopped; a name that there is not gets a near one."""

    async def story() -> None:
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        assert stage.supervisor.order("stop", "a") == "a is being stopped."
        await stage.pass_time(20)
        assert stage.phases() == {"a": "stopped", "b": "running", "c": "running"}
        stage.supervisor.order("start", "a")
        await stage.pass_time(10)
        assert stage.phases()["a"] == "running"
        with pytest.raises(UserError, match="There is no channel d"):
            stage.supervisor.order("stop", "d")
        assert await stage.supervisor.down()
        assert stage.processes.running == {}

    asyncio.run(story())


def test_a_full_disk_parks_and_says(stage: Stage) -> None:
    """What the system refuses is in the status, without a traceback."""

    async def story() -> None:
        stage.processes.broken = "No space left on device"
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(120)

    asyncio.run(story())
    for channel in stage.supervisor.status().channels:
        assert channel.phase is Phase.PARKED
        assert channel.starts == LOOP
        assert channel.why == "it cannot be started: No space left on device"


def test_another_show_at_the_port_is_not_believed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status of another channel does not make this one run."""

    async def other(client: httpx.AsyncClient, page: str) -> PublicStatus:
        return FakeShow().status().public().model_copy(update={"channel": "x", "healthy": True, "ready": True})

    async def story() -> None:
        monkeypatch.setattr(probe, "ask", other)
        stage.supervisor.take(stage.supervisor._plan)
        await stage.pass_time(10)
        assert stage.phases()["a"] == "starting"

    asyncio.run(story())


def test_channels_go_from_node_to_node(stage: Stage) -> None:
    """One is moved when somebody says so; a node that is drained is left by all, one at a time, and by none entered."""
    stage.processes.machines = [Node("aaaa1111", "10.0.0.1"), Node("bbbb2222", "10.0.0.2"), Node("cccc", "", False)]

    def places() -> dict[str, str]:
        return {channel.name: channel.node for channel in stage.supervisor.status().channels}

    async def story() -> None:
        farm = stage.supervisor
        farm.take(farm._plan)
        await stage.pass_time(10)
        assert set(places().values()) == {"aaaa1111"}
        assert farm.move("b", "bbbb") == "b goes to bbbb2222."
        await stage.pass_time(10)
        assert places() == {"a": "aaaa1111", "b": "bbbb2222", "c": "aaaa1111"}
        assert farm.move("b", "10.0.0.2").startswith("b is on bbbb2222 already")
        for name, node, words in (("x", "aaaa", "no channel x"), ("b", "z", "no node"), ("b", "cccc", "gone")):
            with pytest.raises(UserError, match=words):
                farm.move(name, node)
        assert farm.drain("aaaa") == "2 channels leave aaaa1111, one after the other."
        down = 0
        for _ in range(40):
            await stage.pass_time(0.5)
            down = max(down, sum(phase != "running" for phase in stage.phases().values()))
        assert down == 1
        assert set(places().values()) == {"bbbb2222"}
        assert [node.drained for node in farm.status().nodes] == [True, False, False]
        with pytest.raises(UserError, match="last node"):
            farm.drain("bbbb")
        with pytest.raises(UserError, match="drained"):
            farm.move("a", "aaaa")
        assert Supervisor(farm._plan, stage.home, stage.processes)._places.drained == {"aaaa1111"}
        farm.drain("aaaa", undo=True)
        assert farm.move("a", "aaaa") == "a goes to aaaa1111."

    asyncio.run(story())


def test_one_machine_has_nowhere_to_go(stage: Stage) -> None:
    """The local back end says so."""
    stage.supervisor.take(stage.supervisor._plan)
    with pytest.raises(UserError, match="one node, this machine"):
        stage.supervisor.move("a", "x")
    with pytest.raises(UserError, match="one node, this machine"):
        stage.supervisor.drain("x")
