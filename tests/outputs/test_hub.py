"""Tests of the packet hub and of the queue that sinks put before their threads."""

from __future__ import annotations

import threading
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.packet import AUDIO, VIDEO, Packet, StreamInfo
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.packet_queue import PacketQueue
from dreamstream.outputs.rtmp import wire


def video(pts: int, keyframe: bool = False, size: int = 10) -> Packet:
    """A packet of nothing in particular."""
    return Packet(VIDEO, bytes(size), pts, pts, 1, Fraction(1, 30), keyframe)


def audio(pts: int) -> Packet:
    """A packet of sound."""
    return Packet(AUDIO, bytes(5), pts, pts, 1024, Fraction(1, 48000), True)


class Collector:
    """A sink that keeps what it gets."""

    def __init__(self, name: str = "collector") -> None:
        self.name = name
        self.packets: list[Packet] = []
        self.closed = 0

    def put(self, packet: Packet) -> None:
        self.packets.append(packet)

    def state(self) -> dict[str, object]:
        return {"name": self.name, "kind": "test", "state": "live", "detail": ""}

    def close(self, timeout: float = 5.0) -> None:
        self.closed += 1


class Broken(Collector):
    """A sink that raises, with a secret in its error."""

    def put(self, packet: Packet) -> None:
        raise OSError("rtmp://host/app/secret-key failed")

    def close(self, timeout: float = 5.0) -> None:
        raise OSError("cannot close")


class Hanging(Collector):
    """A sink whose close does not return before it is let go."""

    def __init__(self) -> None:
        super().__init__("hanging")
        self.let_go = threading.Event()

    def close(self, timeout: float = 5.0) -> None:
        self.let_go.wait(30)


def test_every_sink_gets_every_packet() -> None:
    """All attached sinks get the packets in order; a detached one no more."""
    hub, one, two = PacketHub(), Collector("one"), Collector("two")
    hub.attach(one)
    hub.attach(two)
    hub.attach(two)
    hub.publish(video(0, True))
    assert hub.detach(one)
    assert not hub.detach(one)
    hub.publish(video(1))
    assert [packet.pts for packet in one.packets] == [0]
    assert [packet.pts for packet in two.packets] == [0, 1]
    assert hub.sinks == (two,)


def test_broken_sink_is_taken_off_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    """A sink that raises costs the others nothing, is gone afterwards, and its error's text is kept to itself."""
    hub, good = PacketHub(), Collector()
    hub.attach(Broken("broken"))
    hub.attach(good)
    for pts in range(3):
        hub.publish(video(pts))
    assert len(good.packets) == 3
    assert hub.sinks == (good,)
    (said,) = caplog.messages
    assert "'broken'" in said
    assert "secret-key" not in caplog.text


def test_newcomer_asks_for_a_keyframe() -> None:
    """Attaching calls on_join once; attaching again does not."""
    asked: list[int] = []
    hub, sink = PacketHub(on_join=lambda: asked.append(1)), Collector()
    hub.attach(sink)
    hub.attach(sink)
    assert asked == [1]


def test_sinks_may_come_and_go_while_packets_flow() -> None:
    """Attaching and detaching from other threads neither loses a packet of a steady sink nor raises."""
    hub, steady = PacketHub(), Collector()
    hub.attach(steady)
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            guest = Collector()
            hub.attach(guest)
            hub.detach(guest)

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for pts in range(2000):
        hub.publish(video(pts))
    stop.set()
    for thread in threads:
        thread.join(5)
    assert [packet.pts for packet in steady.packets] == list(range(2000))


def test_close_waits_for_no_one_too_long() -> None:
    """One sink that hangs and one that raises keep the others from closing no longer than the timeout."""
    hub, good, hanging = PacketHub(), Collector(), Hanging()
    for sink in (hanging, Broken("broken"), good):
        hub.attach(sink)
    begun = time.monotonic()
    hub.close(0.2)
    assert time.monotonic() - begun < 3
    assert good.closed == 1
    assert hub.sinks == ()
    hanging.let_go.set()


def test_queue_begins_at_a_keyframe() -> None:
    """What comes before the first key frame, sound included, is dropped."""
    queue = PacketQueue(1000)
    assert [queue.put(p) for p in (video(0), audio(0), video(1, True), audio(1), video(2))] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert [packet.pts for packet in queue.take()] == [1, 1, 2]
    assert queue.dropped == 2


def test_full_queue_drops_to_the_next_keyframe() -> None:
    """What does not fit empties the queue, and it takes packets again from a key frame on."""
    queue = PacketQueue(max_bytes=100)
    for pts in range(10):
        assert queue.put(video(pts, pts == 0))
    assert not queue.put(video(10))
    assert not queue.put(video(11))
    assert queue.take() == []
    assert queue.put(video(12, True))
    assert queue.put(video(13))
    assert [packet.pts for packet in queue.take()] == [12, 13]
    assert queue.dropped == 12


def test_keyframe_that_does_not_fit_begins_anew() -> None:
    """When it is a key frame that finds the queue full, nothing is lost but what waited."""
    queue = PacketQueue(max_bytes=10**6, max_packets=3)
    for pts in range(3):
        queue.put(video(pts, pts == 0))
    assert queue.put(video(3, True))
    assert [packet.pts for packet in queue.take()] == [3]


@given(st.lists(st.tuples(st.sampled_from("kva"), st.integers(1, 60)), max_size=80), st.integers(60, 200))
def test_queue_is_bounded_and_decodable(arrivals: list[tuple[str, int]], most: int) -> None:
    """Whatever comes: never more bytes than allowed, and after a hole nothing before the next key frame."""
    queue, taken = PacketQueue(most), list[Packet]()
    for pts, (kind, size) in enumerate(arrivals):
        packet = audio(pts) if kind == "a" else video(pts, kind == "k", size)
        queue.put(packet)
        if pts % 7 == 0:
            taken += queue.take()
    left = queue.take()
    assert sum(len(packet.data) for packet in left) <= most
    frames = [packet for packet in taken + left if packet.kind == VIDEO]
    last = -1
    for packet in frames:
        between = [p for p in range(last + 1, packet.pts) if arrivals[p][0] in "kv"]
        assert packet.keyframe or not between
        last = packet.pts


def test_waiting_on_a_queue_ends_with_its_packets_its_time_or_its_end() -> None:
    """wait() returns what comes, nothing after its timeout, and at once when the queue is closed."""
    queue = PacketQueue(1000)
    assert queue.wait(0.01) == []
    threading.Timer(0.05, queue.put, [video(0, True)]).start()
    assert len(queue.wait(5.0)) == 1
    threading.Timer(0.05, queue.close).start()
    begun = time.monotonic()
    assert queue.wait(5.0) == []
    assert time.monotonic() - begun < 4
    assert not queue.put(video(1, True))


@given(
    st.builds(
        Packet,
        st.sampled_from([VIDEO, AUDIO]),
        st.binary(max_size=200),
        st.integers(-(2**62), 2**62),
        st.integers(-(2**62), 2**62),
        st.integers(0, 2**31),
        st.fractions(min_value=Fraction(1, 10**6), max_value=1000, max_denominator=10**6),
        st.booleans(),
    )
)
def test_packets_cross_a_pipe_unchanged(packet: Packet) -> None:
    """What is packed is read back equal; a packet cut short is the end of the stream."""
    import io

    data = wire.pack(packet)
    stream = io.BytesIO(data + data)
    assert wire.read(stream) == packet
    assert wire.read(stream) == packet
    assert wire.read(stream) is None
    assert wire.read(io.BytesIO(data[:-1])) is None


def test_what_is_no_packet_is_refused() -> None:
    """Bytes that cannot be a packet raise instead of being waited for."""
    import io

    with pytest.raises(ValueError, match="no packet"):
        wire.read(io.BytesIO(b"\xff" * 64))


def test_stream_description_crosses_as_text() -> None:
    """Extradata with any bytes survives JSON."""
    import json

    info = StreamInfo(640, 360, 30, bytes(range(256)), b"\x11\x90")
    assert wire.info_from_json(json.dumps(wire.info_to_json(info))) == info
