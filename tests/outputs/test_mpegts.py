"""Tests of MPEG-TS to files, pipes, standard output and UDP, with readers good and bad."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import pytest

from dreamstream.core.errors import UserError
from dreamstream.outputs.address import check_mpegts
from dreamstream.outputs.mpegts import MpegTsSink
from dreamstream.support.backoff import Backoff
from tests.outputs.rtmp.station import FPS, encoded, endlessly
from tests.polling import until

QUICK = Backoff(0.1, 0.1)
TO_STDOUT = """
import sys, time
from dreamstream.outputs.mpegts import MpegTsSink
from tests.outputs.rtmp.station import encoded
encoder, packets = encoded(120)
sink = MpegTsSink("-", encoder.info)
print("this goes elsewhere", flush=True)
began = time.monotonic()
for _ in range(int(sys.argv[1])):
    for packet in packets:
        sink.put(packet)
        time.sleep(0.0002)
sink.close()
print(sink.state()["state"], sink.state()["detail"], file=sys.stderr)
"""


def frames_in(path: Path) -> int:
    """How many pictures decode."""
    with av.open(str(path), format="mpegts") as container:
        assert container.streams.audio
        return sum(1 for _ in container.decode(video=0))


def test_file_holds_every_frame_and_is_never_overwritten(tmp_path: Path) -> None:
    """A file gets everything; another show takes the next free name."""
    encoder, packets = encoded(100)
    for _ in range(2):
        sink = MpegTsSink(str(tmp_path / "show.ts"), encoder.info)
        for packet in packets:
            sink.put(packet)
        sink.close()
        assert sink.state()["state"] == "closed"
    assert frames_in(tmp_path / "show.ts") == frames_in(tmp_path / "show-1.ts") == 100


def test_named_pipe_whose_reader_comes_and_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It waits for a reader, notices when that goes, and begins anew for the next."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    encoder, packets = encoded(90)
    sink = MpegTsSink(str(pipe), encoder.info, backoff=QUICK)
    stop = threading.Event()

    def play() -> None:
        for packet in endlessly(packets, 90):
            sink.put(packet)
            if stop.wait(0.0005):
                return

    player = threading.Thread(target=play)
    player.start()
    try:
        until(lambda: "nobody reads pipe yet" in str(sink.state()["error"]), 10, "the wait for a reader")
        for turn in range(2):
            with pipe.open("rb") as reader:
                got = reader.read(200_000)
            (tmp_path / f"got{turn}.ts").write_bytes(got)
            assert frames_in(tmp_path / f"got{turn}.ts") > 5
            until(lambda turn=turn: caplog.text.count("the reader has gone") > turn, 10, "the loss of the reader")  # type: ignore[misc]
    finally:
        stop.set()
        player.join(10)
        began = time.monotonic()
        sink.close()
    assert time.monotonic() - began < 3


def test_reader_that_stops_reading(tmp_path: Path) -> None:
    """A reader that is stuck never holds put() up, is given up in time, and does not delay the end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    encoder, packets = encoded(150)
    sink = MpegTsSink(str(pipe), encoder.info, backoff=Backoff(0.2, 0.2), stall=0.5)
    longest = 0.0
    for packet in packets:
        began = time.perf_counter()
        sink.put(packet)
        longest = max(longest, time.perf_counter() - began)
    until(lambda: "has taken nothing" in str(sink.state()["error"]), 10, "the stall to be noticed")
    # Another attempt is stuck, too, when the end comes.
    for packet in packets:
        sink.put(packet)
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < 3
    assert longest < 0.1
    os.close(reader)


def test_standard_output_is_the_stream_alone(tmp_path: Path) -> None:
    """What is printed goes to standard error, and a player reads the pipe."""
    with (tmp_path / "out.ts").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", TO_STDOUT, "1"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
    assert frames_in(tmp_path / "out.ts") == 120
    assert "this goes elsewhere" in done.stderr
    assert "closed" in done.stderr


def test_reader_of_standard_output_that_leaves() -> None:
    """`dreamstream ... | head -c 1000`: that output ends, the program goes on to its own end."""
    command = f"{sys.executable} -c '{TO_STDOUT}' 4 | head -c 1000 | wc -c".replace('"-"', '"-"')
    done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "1000"
    assert "failed standard output is of no use any more: the reader has gone" in done.stderr


def test_udp_reaches_a_player() -> None:
    """Datagrams of seven transport packets, in order, that make the stream."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        encoder, packets = encoded(60)
        sink = MpegTsSink(f"udp://127.0.0.1:{receiver.getsockname()[1]}", encoder.info)
        got: list[bytes] = []

        def receive() -> None:
            while not sink.queue.closed or got:
                try:
                    got.append(receiver.recv(65536))
                except TimeoutError:
                    return

        for packet in packets:
            sink.put(packet)
        receive()
        sink.close()
        receive()
    assert all(len(datagram) % 188 == 0 and len(datagram) <= 1316 for datagram in got)
    with av.open(io.BytesIO(b"".join(got)), "r", format="mpegts") as container:
        assert sum(1 for _ in container.decode(video=0)) == 60


def test_udp_needs_nobody_to_listen() -> None:
    """Nobody at the port: the sink stays live."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    encoder, packets = encoded(2 * FPS)
    sink = MpegTsSink(f"udp://127.0.0.1:{port}", encoder.info)
    for packet in packets:
        sink.put(packet)
    until(lambda: int(str(sink.state()["bytes"])) > 10_000, 10, "bytes to be sent")
    sink.close()
    assert sink.state()["failures"] == 0


@pytest.mark.parametrize(
    "target", ["udp://host", "udp://:5000", "tcp://host:1", "udp://host:99999", "udp://h:1?ttl=900", ""]
)
def test_targets_that_cannot_be(target: str) -> None:
    """A sentence says what can be."""
    with pytest.raises(UserError, match="MPEG-TS"):
        check_mpegts(target)
