"""RTMP against a real server, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dreamstream.outputs.rtmp.sink import RtmpSink, RtmpTimeouts
from tests.conftest import need_program
from tests.e2e.conftest import RtmpServer, free_port
from tests.e2e.live import begins_with_a_key_frame, pictures, probe, video_packets
from tests.outputs.rtmp.station import FPS, SIZE, Station
from tests.polling import until

KEY = "sk_live_51a7c0ffee"
QUICK = RtmpTimeouts(connect=3.0, stall=2.0, first=0.2, longest=0.5)
# Publishing takes microseconds; this much is left for a busy machine. A server that could hold the interpreter up
# would hold it for seconds.
BOUND = 0.1


@contextmanager
def sink_on(station: Station, url: str, timeouts: RtmpTimeouts = QUICK) -> Iterator[RtmpSink]:
    """A sink attached to the station, closed at the end."""
    sink = RtmpSink(url, station.encoder.info, station.encoder.request_keyframe, timeouts=timeouts)
    station.hub.attach(sink)
    try:
        yield sink
    finally:
        station.hub.detach(sink)
        sink.close()


def is_state(sink: RtmpSink, state: str) -> bool:
    """Whether the sink says so of itself."""
    return sink.state()["state"] == state


def test_server_receives_the_stream(rtmp_server: RtmpServer) -> None:
    """ffprobe reads H.264 at the size and rate, key frames every 2 s, AAC, and pictures that differ."""
    with Station() as station, sink_on(station, rtmp_server.url(KEY)) as sink:
        until(lambda: is_state(sink, "live"), 15, "the stream to be live")
        found = probe(rtmp_server.url(KEY), 7)
        video, audio = sorted(found["streams"], key=lambda stream: stream["codec_type"], reverse=True)
        assert (video["codec_name"], video["width"], video["height"]) == ("h264", *SIZE)
        assert video["r_frame_rate"] == f"{FPS}/1"
        assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "48000", 2)
        packets = video_packets(found)
        times = np.array([float(packet["pts_time"]) for packet in packets])
        # FLV counts milliseconds.
        assert np.allclose(np.diff(times), 1 / FPS, atol=0.0011)
        keys = [float(packet["pts_time"]) for packet in packets if packet["flags"].startswith("K")]
        assert len(keys) >= 3
        # The first one was asked for by the newcomer and need not be on the beat.
        assert np.allclose(np.diff(keys[1:]), 2.0, atol=0.0011)
        frames = pictures(rtmp_server.url(KEY), 5, SIZE).astype(float)
        assert len(frames) == 5
        assert all(np.abs(b - a).mean() > 1.0 for a, b in itertools.pairwise(frames))
        assert station.longest_publish < BOUND


def test_stream_returns_when_the_server_does(rtmp_server: RtmpServer) -> None:
    """The server is killed and started again: the stream is back, from a key frame, and no frame waited."""
    with Station() as station, sink_on(station, rtmp_server.url(KEY)) as sink:
        until(lambda: is_state(sink, "live"), 15, "the stream to be live")
        sent = station.clock.stats.sent
        rtmp_server.kill()
        until(lambda: is_state(sink, "waiting"), 10, "the loss to be noticed")
        rtmp_server.start()
        until(lambda: is_state(sink, "live"), 15, "the stream to be live again")
        assert begins_with_a_key_frame(rtmp_server.url(KEY))
        assert sink.state()["connections"] == 2
        assert station.clock.stats.sent > sent
        assert station.longest_publish < BOUND


def test_close_ends_the_broadcast_at_the_server(rtmp_server: RtmpServer) -> None:
    """Closing says goodbye, so the server ends the stream at once instead of waiting for it."""
    with Station() as station:
        with sink_on(station, rtmp_server.url(KEY)) as sink:
            until(lambda: is_state(sink, "live"), 15, "the stream to be live")
        assert sink.state()["state"] == "closed"
        until(lambda: "deleteStream" in rtmp_server.log, 5, "nginx to hear the goodbye")


def test_planned_reconnect_begins_a_new_broadcast(rtmp_server: RtmpServer) -> None:
    """After its time a broadcast is ended and a new one begun, without a failure."""
    timeouts = RtmpTimeouts(connect=5.0, stall=5.0, first=0.2, longest=0.5, renew=6)
    with Station() as station, sink_on(station, rtmp_server.url(KEY), timeouts) as sink:
        until(lambda: sink.state()["connections"] == 2, 20, "the second broadcast")
        state = sink.state()
        assert state["failures"] == 0
        assert state["renewals"] == 1
        # What is asked of the next key frame: the goodbye, a handshake, and no start of a process between them.
        assert 0 < float(str(state["renewal_gap"])) < 2.5
        assert begins_with_a_key_frame(rtmp_server.url(KEY))


def test_broadcast_is_renewed_before_twitch_cuts_it_off(rtmp_server: RtmpServer) -> None:
    """At 47 h it still runs, at 47.5 h another is begun: by a clock that is set forward."""
    now = [1000.0]
    with Station() as station:
        timeouts = RtmpTimeouts(connect=5.0, stall=5.0, first=0.2, longest=0.5)
        sink = RtmpSink(
            rtmp_server.url(KEY),
            station.encoder.info,
            station.encoder.request_keyframe,
            "home",
            timeouts,
            lambda: now[0],
        )
        station.hub.attach(sink)
        try:
            until(lambda: is_state(sink, "live"), 15, "the stream to be live")
            now[0] += 47 * 3600
            sent = int(str(sink.state()["bytes"]))
            until(lambda: int(str(sink.state()["bytes"])) > sent + 100_000, 15, "the stream to go on")
            assert sink.state()["connections"] == 1
            now[0] += 1900
            until(lambda: sink.state()["connections"] == 2, 15, "the new broadcast")
            assert (sink.state()["renewals"], sink.state()["failures"]) == (1, 0)
        finally:
            station.hub.detach(sink)
            sink.close()


def test_refused_key_is_said_and_hidden(rtmp_server: RtmpServer, caplog: pytest.LogCaptureFixture) -> None:
    """A server that refuses the key: the state says to check it, and nowhere is it written."""
    caplog.set_level(logging.DEBUG)
    with Station() as station, sink_on(station, rtmp_server.url(KEY, "closed")) as sink:
        until(lambda: is_state(sink, "waiting"), 15, "the refusal")
        assert "key" in str(sink.state()["detail"])
        until(lambda: int(str(sink.state()["failures"])) >= 2, 15, "another attempt")
        assert KEY not in str(sink.state())
        assert station.longest_publish < BOUND
    assert "check" in caplog.text
    assert KEY not in caplog.text


def test_nobody_listening() -> None:
    """Nothing at the address: it is said, tried again, and nobody waits."""
    with Station() as station, sink_on(station, f"rtmp://127.0.0.1:{free_port()}/live/{KEY}") as sink:
        until(lambda: int(str(sink.state()["failures"])) >= 2, 15, "two attempts")
        assert "nothing answers" in str(sink.state()["detail"])
        assert station.longest_publish < BOUND


def test_mute_server() -> None:
    """A server that accepts and never says a word is given up on in time, and nobody waits."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Station() as station:
        with sink_on(station, f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/{KEY}") as sink:
            until(lambda: is_state(sink, "waiting"), 15, "the sink to give up")
            assert "did not answer within 3 s" in str(sink.state()["detail"])
            assert station.longest_publish < BOUND
        assert is_state(sink, "closed")


def test_stalling_server(rtmp_server: RtmpServer) -> None:
    """A server that stops reading midway: dropped after the stall time, no frame waits, and it comes back."""
    # A high rate, so that the stall shows before the kernel's buffers have swallowed half a minute.
    with Station(bitrate_kbps=20_000) as station, sink_on(station, rtmp_server.url(KEY)) as sink:
        until(lambda: is_state(sink, "live"), 15, "the stream to be live")
        os.kill(rtmp_server.pid, signal.SIGSTOP)
        try:
            until(lambda: is_state(sink, "waiting"), 40, "the stall to be noticed")
        finally:
            os.kill(rtmp_server.pid, signal.SIGCONT)
        assert "2 s" in str(sink.state()["detail"])
        until(lambda: is_state(sink, "live"), 20, "the stream to be live again")
        assert station.longest_publish < BOUND


def test_closing_during_a_stall_is_quick(rtmp_server: RtmpServer) -> None:
    """The end of the show does not wait for a server that has stopped."""
    with Station() as station, sink_on(station, rtmp_server.url(KEY)) as sink:
        until(lambda: is_state(sink, "live"), 15, "the stream to be live")
        os.kill(rtmp_server.pid, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            sink.close()
            assert time.monotonic() - begun < 5
            assert is_state(sink, "closed")
        finally:
            os.kill(rtmp_server.pid, signal.SIGCONT)


@contextmanager
def tls_before(port: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """A TLS door before a plain loopback port, with a certificate of its own: its port and the certificate."""
    (openssl,) = need_program("openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, outer), carry(inner, writer))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(visit, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], certificate
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def test_rtmps_checks_the_certificate(rtmp_server: RtmpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS a server with a certificate nobody vouches for is refused, and one that is vouched for is used."""
    with tls_before(rtmp_server.port, tmp_path) as (port, certificate), Station() as station:
        url = f"rtmps://localhost:{port}/live/{KEY}"
        with sink_on(station, url) as sink:
            until(lambda: is_state(sink, "waiting"), 15, "the certificate to be refused")
            assert sink.state()["connections"] == 0
        assert "publish" not in rtmp_server.log
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with sink_on(station, url) as sink:
            until(lambda: is_state(sink, "live"), 15, "the stream to be live")
