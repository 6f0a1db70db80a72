"""A farm on a stage: processes and shows that a test plays, and a clock that it turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from dreamstream.core.status import PublicStatus
from dreamstream.farm import probe
from dreamstream.farm.backends.backend import Launch, Node, ProcessSight
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
