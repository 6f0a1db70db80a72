"""Tests of the outputs by name: what a control room does to them, and what it is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.packet import Packet, Sink
from dreamstream.outputs.factory import Output, open_sink, parse_output
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.kind import ShowStream
from dreamstream.outputs.manager import MOST, Sinks
from dreamstream.outputs.status import SinkStatus
from tests.outputs.rtmp.station import encoded

KEY = "sk_live_51a7c0ffee"


class Notebook:
    """A sink that only remembers."""

    def __init__(self, output: Output, name: str) -> None:
        self.output, self.name = output, name
        self.packets: list[Packet] = []
        self.closed = 0
        self.breaks = False

    def put(self, packet: Packet) -> None:
        """Remember one packet, or break down."""
        if self.breaks:
            raise RuntimeError("broken")
        self.packets.append(packet)

    def state(self) -> dict[str, object]:
        """Live until closed."""
        return {"name": self.name, "kind": "notebook", "state": "closed" if self.closed else "live", "detail": ""}

    def close(self, timeout: float = 5.0) -> None:
        """Count."""
        self.closed += 1


@pytest.fixture
def made() -> list[Notebook]:
    """The sinks made so far."""
    return []


@pytest.fixture
def sinks(made: list[Notebook]) -> Sinks:
    """An empty registry whose sinks are notebooks."""

    def make(output: Output, name: str) -> Sink:
        made.append(Notebook(output, name))
        return made[-1]

    return Sinks(PacketHub(), make)


def test_outputs_get_names_of_their_own(sinks: Sinks) -> None:
    """Two targets at one server are told apart, a given name is kept, and none is taken twice."""
    assert sinks.add(f"rtmp://live.example/app/{KEY}") == "live.example"
    assert sinks.add(f"rtmp://live.example/app/{KEY}2") == "live.example-2"
    assert sinks.add("/tmp/show.mp4") == "show.mp4"
    assert sinks.add("rtmp://other.example/app/x", "second home") == "second home"
    with pytest.raises(UserError, match="already an output called 'second home'"):
        sinks.add("rtmp://other.example/app/x", "second home")
    assert sinks.names == ("live.example", "live.example-2", "show.mp4", "second home")


def test_output_is_stopped_and_started_again(sinks: Sinks, made: list[Notebook]) -> None:
    """A stopped output is closed, still listed, and gets a new sink when it is started."""
    name = sinks.add("a.mp4")
    sinks.start(name)
    assert len(made) == 1
    sinks.stop(name)
    sinks.stop(name)
    assert made[0].closed == 1
    assert sinks.get(name)["state"] == "stopped"
    sinks.start(name)
    assert sinks.get(name)["state"] == "live"
    assert made[1] is not made[0]
    sinks.remove(name)
    assert made[1].closed == 1
    assert sinks.states() == []
    for act in (sinks.start, sinks.stop, sinks.remove, sinks.get):
        with pytest.raises(UserError, match=r"no output 'a\.mp4'; there is none"):
            act(name)


def test_output_can_be_added_for_later(sinks: Sinks, made: list[Notebook]) -> None:
    """One that is not started yet takes nothing, and says so without its key."""
    name = sinks.add(f"rtmp://live.example/app/{KEY}", start=False)
    assert made == []
    assert sinks.get(name)["state"] == "stopped"
    assert KEY not in str(sinks.states())
    sinks.start(name)
    assert sinks.get(name)["state"] == "live"


def test_broken_output_is_told_and_can_be_started_again(made: list[Notebook]) -> None:
    """One that raises is taken off by the hub: it is listed as failed, and starting it makes a new sink."""
    hub = PacketHub()

    def make(output: Output, name: str) -> Sink:
        made.append(Notebook(output, name))
        return made[-1]

    sinks = Sinks(hub, make)
    name = sinks.add("a.mp4")
    made[0].breaks = True
    _, packets = encoded(2)
    hub.publish(packets[0])
    assert sinks.get(name)["state"] == "failed"
    sinks.start(name)
    hub.publish(packets[0])
    assert made[1].packets == [packets[0]]
    assert sinks.get(name)["state"] == "live"


def test_what_cannot_be_opened_is_not_added(tmp_path: Path) -> None:
    """A file in no place leaves no entry, and the sentence names it."""
    encoder, _ = encoded(1)
    stream = ShowStream(encoder.info, lambda: None)
    sinks = Sinks(PacketHub(), lambda output, name: open_sink(output, stream, name))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        sinks.add(str(tmp_path / "file" / "show.mp4"))
    assert sinks.names == ()


def test_there_is_a_bound(sinks: Sinks) -> None:
    """Nobody adds outputs without end."""
    for number in range(MOST):
        sinks.add(f"{number}.mp4")
    with pytest.raises(UserError, match="remove one first"):
        sinks.add("more.mp4")


def test_finished_recordings_do_not_count(sinks: Sinks) -> None:
    """A night of short recordings leaves room for a stream; the newest stay on the list, and none starts beyond it."""
    for number in range(3 * MOST):
        sinks.stop(sinks.add(f"{number}.mkv"))
    assert sinks.names[-1] == f"{3 * MOST - 1}.mkv"
    assert len(sinks.names) <= MOST + 1
    for number in range(MOST):
        sinks.add(f"rtmp://live.example/app/{number}")
    with pytest.raises(UserError, match="remove one first"):
        sinks.add("more.mp4")
    with pytest.raises(UserError, match="remove one first"):
        sinks.start(f"{3 * MOST - 1}.mkv")


def test_an_output_that_has_ended_can_be_taken_off_the_list(sinks: Sinks, made: list[Notebook]) -> None:
    """One that works is left alone; a stopped stream makes room for another."""
    names = [sinks.add(f"rtmp://live.example/app/{number}") for number in range(MOST)]
    with pytest.raises(UserError, match="still works; stop it first"):
        sinks.forget(names[3])
    assert made[3].closed == 0
    sinks.stop(names[3])
    sinks.forget(names[3])
    assert names[3] not in sinks.names
    with pytest.raises(UserError, match="There is no output"):
        sinks.forget(names[3])
    assert sinks.add("rtmp://live.example/app/another")


def test_states_list_other_sinks_of_the_hub_too(made: list[Notebook]) -> None:
    """The preview, which nobody named, is in the list, once."""
    hub = PacketHub()
    hub.attach(Notebook(parse_output("preview.mp4"), "preview"))
    sinks = Sinks(hub, Notebook)
    sinks.add("a.mp4")
    assert [state["name"] for state in sinks.states()] == ["preview", "a.mp4"]
    sinks.close()
    with pytest.raises(UserError, match="any more"):
        sinks.start("a.mp4")


def test_a_slow_stop_holds_up_neither_packets_nor_states(made: list[Notebook]) -> None:
    """While one output takes its time to end, the others get their packets and everyone's state can be read."""
    hub, release, stopping = PacketHub(), threading.Event(), threading.Event()

    class Slow(Notebook):
        def close(self, timeout: float = 5.0) -> None:
            stopping.set()
            release.wait(10)

    def make(output: Output, name: str) -> Sink:
        made.append((Slow if name == "slow.mp4" else Notebook)(output, name))
        return made[-1]

    sinks = Sinks(hub, make)
    sinks.add("slow.mp4")
    sinks.add("quick.mp4")
    stopper = threading.Thread(target=sinks.stop, args=("slow.mp4",))
    stopper.start()
    try:
        assert stopping.wait(10)
        _, packets = encoded(1)
        hub.publish(packets[0])
        assert made[1].packets == [packets[0]]
        assert len(sinks.states()) == 2
    finally:
        release.set()
        stopper.join(10)
    assert sinks.get("slow.mp4")["state"] == "stopped"


@pytest.mark.parametrize(
    ("address", "kind", "target"),
    [
        ("rtmp://a/b/c", "rtmp", "rtmp://a/b/c"),
        (" RTMPS://a/b/c ", "rtmp", "RTMPS://a/b/c"),
        ("rtmp:rtmp://a/b/c", "rtmp", "rtmp://a/b/c"),
        ("show.MKV", "recording", "show.MKV"),
        ("recording:/a/show.mp4", "recording", "/a/show.mp4"),
    ],
)
def test_addresses(address: str, kind: str, target: str) -> None:
    """Each form means what it says."""
    found = parse_output(address)
    assert (found.kind, found.target) == (kind, target)


@pytest.mark.parametrize(
    "address", ["", "show.avi", f"http://host/app/{KEY}", f"rtmp://host/{KEY}", f"rtmpx://h/a/{KEY}"]
)
def test_what_is_no_output_is_refused_without_its_key(address: str) -> None:
    """Whatever a person pasted, the sentence does not repeat it."""
    with pytest.raises(UserError) as refused:
        parse_output(address)
    assert KEY not in str(refused.value)


def test_output_does_not_print_its_key() -> None:
    """An output in a traceback or a log shows no key."""
    assert KEY not in repr(parse_output(f"rtmp://host/app/{KEY}"))
    assert KEY not in parse_output(f"rtmp://host/app/{KEY}").shown


def test_status_counts_and_hides(caplog: pytest.LogCaptureFixture) -> None:
    """States carry since when, reconnects and the last error; secrets are hidden, repeats not logged."""
    now = [100.0]
    status = SinkStatus(
        "home", "rtmp", "rtmp://h/a/***", lambda text: text.replace(KEY, "***"), lambda: now[0], lambda: 5000 + now[0]
    )
    caplog.set_level("INFO")
    status.connected("sending")
    now[0] = 110
    for _ in range(3):
        status.say("waiting", f"{KEY} was refused", "; trying again in 1 s")
    now[0] = 112
    shown = status.show(7)
    assert (shown["since"], shown["seconds"], shown["failures"], shown["reconnects"]) == (5110, 2, 3, 0)
    assert shown["detail"] == "*** was refused; trying again in 1 s"
    status.connected("sending")
    status.sent(1000)
    shown = status.show(8)
    assert (shown["state"], shown["reconnects"], shown["bytes"], shown["dropped"]) == ("live", 1, 1000, 8)
    assert shown["error"] == "*** was refused"
    assert KEY not in str(shown) + caplog.text
    assert caplog.text.count("was refused") == 1
