"""What a farm's supervisor does by itself: who starts when, what comes back, and what a changed plan changes."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from dreamstream.core.status import PublicStatus
from dreamstream.farm import probe
from dreamstream.farm.channel import LOOP, Phase
from dreamstream.farm.supervisor import Supervisor
from tests.farm.stage import THREE, Stage
from tests.web.show import FakeShow


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
