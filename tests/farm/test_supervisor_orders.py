"""What a farm's supervisor does when somebody says so: restart, stop, start, move, drain."""

from __future__ import annotations

import asyncio

import pytest

from dreamstream.core.errors import UserError
from dreamstream.farm.backends.backend import Node
from dreamstream.farm.supervisor import Supervisor
from tests.farm.stage import Stage


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
