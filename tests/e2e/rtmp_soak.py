"""Hostile RTMP servers, each many times in a row, beside a healthy one and a viewer of the page: who loses a frame?

    python -m tests.e2e.rtmp_soak --rounds 20

A mute, a stalling, a refusing, a key-rejecting and a vanishing server are tried at the same time, each by a target of
its own, until each has failed so many times. Meanwhile nginx-rtmp records what the healthy target gets, and a viewer
watches the preview. Prints JSON; the exit code is 1 when either of them lost a frame, or the frame thread was held up.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av

from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.rtmp.sink import RtmpSink, RtmpTimeouts
from tests.e2e.conftest import CONFIG, RtmpServer, free_port
from tests.outputs.rtmp.station import FPS, Station

# A server that held the interpreter up would do so for seconds; a busy machine takes some of this.
LONGEST_PUBLISH_MS = 700
KEY = "sk_live_51a7c0ffee"
QUICK = RtmpTimeouts(connect=1.5, stall=1.0, first=0.1, longest=0.2)


class Gate:
    """A loopback port before a real server, slammed (vanishing) or clogged (stalling) after so many bytes."""

    def __init__(self, port: int, clog: bool, after: int = 300_000) -> None:
        self._port, self._clog, self._after = port, clog, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                outer, _ = self._listener.accept()
                if self._clog:
                    # A small window, so that the stall shows before the kernel has swallowed half a minute.
                    outer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                inner = socket.create_connection(("127.0.0.1", self._port))
                over = threading.Event()
                for pair in ((outer, inner), (inner, outer)):
                    threading.Thread(target=self._carry, args=(*pair, over), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, over: threading.Event) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(0.1)
            carried = 0
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    data = source.recv(65536)
                    if not data:
                        break
                    target.sendall(data)
                    carried += len(data)
                    if carried > self._after:
                        over.set()
        if self._clog and over.is_set():
            # The server is rid of the stream, and may be given it anew; the publisher finds nobody reading.
            inward = source.getsockname()[1] == self.port
            with contextlib.suppress(OSError):
                (target if inward else source).shutdown(socket.SHUT_RDWR)
            time.sleep(30)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


async def watch(preview: Preview, stop: threading.Event, seen: list[int]) -> None:
    """View the preview as a browser's socket does, and note the numbers of the frames."""
    viewer = preview.subscribe()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, stop.wait).add_done_callback(lambda _: viewer.close())
    async for data in viewer:
        # mfhd's sequence number is at a fixed place in the moof that begins each fragment.
        seen.append(int.from_bytes(data[20:24], "big"))


@contextlib.contextmanager
def recording_server(folder: Path) -> Iterator[RtmpServer]:
    """nginx that also records its application `kept`."""
    server = RtmpServer(folder)
    config = (folder / "nginx.conf").read_text()
    kept = (
        f"application kept {{ live on; record all; record_path {folder}; record_suffix .flv; }}\n    application live"
    )
    (folder / "nginx.conf").write_text(config.replace("application live", kept, 1))
    server.start()
    try:
        yield server
    finally:
        server.kill()


def soak(rounds: int, limit: float = 900.0) -> dict[str, object]:
    """The figures of so many failures of each kind, or of `limit` seconds."""
    assert "application live" in CONFIG
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o777)
        server = stack.enter_context(recording_server(folder))
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=512))
        stalling, vanishing = Gate(server.port, clog=True), Gate(server.port, clog=False)
        stack.callback(stalling.close)
        stack.callback(vanishing.close)
        urls = {
            "mute": f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/{KEY}",
            "stalling": f"rtmp://127.0.0.1:{stalling.port}/live/{KEY}1",
            "refusing": f"rtmp://127.0.0.1:{free_port()}/live/{KEY}",
            "rejecting": server.url(KEY, "closed"),
            "vanishing": f"rtmp://127.0.0.1:{vanishing.port}/live/{KEY}2",
        }
        # A high rate, so that the stall is felt soon.
        station = stack.enter_context(Station(bitrate_kbps=12_000))
        preview = Preview(station.encoder.info)
        station.hub.attach(preview)
        healthy = RtmpSink(server.url("healthy", "kept"), station.encoder.info, station.encoder.request_keyframe)
        station.hub.attach(healthy)
        stop, seen = threading.Event(), list[int]()
        viewer = threading.Thread(target=lambda: asyncio.run(watch(preview, stop, seen)), daemon=True)
        viewer.start()
        deadline = time.monotonic() + limit
        while healthy.state()["state"] != "live" and time.monotonic() < deadline:
            time.sleep(0.05)
        began, sent = time.monotonic(), station.clock.stats.sent
        sinks = {}
        for kind, url in urls.items():
            sinks[kind] = RtmpSink(url, station.encoder.info, station.encoder.request_keyframe, kind, QUICK)
            station.hub.attach(sinks[kind])
        running = dict(sinks)
        while running and time.monotonic() < deadline:
            time.sleep(0.1)
            for kind, sink in tuple(running.items()):
                if int(str(sink.state()["failures"])) >= rounds:
                    running.pop(kind)
                    station.hub.detach(sink)
                    sink.close()
        seconds = time.monotonic() - began
        states = {kind: sink.state() for kind, sink in sinks.items()}
        state = healthy.state()
        sent = station.clock.stats.sent - sent
        for sink in (*running.values(), healthy):
            station.hub.detach(sink)
            sink.close()
        stop.set()
        viewer.join(10)
        time.sleep(0.5)
        recordings = list(folder.glob("*.flv"))
        times = []
        for path in recordings:
            with av.open(str(path)) as container:
                times += [float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None]
        gaps = sum(round((b - a) * FPS) - 1 for a, b in itertools.pairwise(times))
        missed = sum(b - a - 1 for a, b in itertools.pairwise(seen))
        return {
            "rounds": rounds,
            "seconds": round(seconds, 1),
            "failures": {kind: each["failures"] for kind, each in states.items()},
            "reasons": {kind: each["error"] for kind, each in states.items()},
            "frames_made": sent,
            "frames_late": station.clock.stats.late,
            "longest_publish_ms": round(1000 * station.longest_publish, 1),
            "healthy": {
                "state": state["state"],
                "failures": state["failures"],
                "recordings": len(recordings),
                "frames_received": len(times),
                "frames_missing": gaps,
            },
            "page": {"frames_seen": len(seen), "frames_missing": missed},
            "key_shown": KEY in json.dumps([states, state]),
            "cores": os.cpu_count(),
        }


def good(found: dict[str, object], rounds: int) -> bool:
    """Whether nobody lost anything."""
    healthy, page, failures = found["healthy"], found["page"], found["failures"]
    assert isinstance(healthy, dict)
    assert isinstance(page, dict)
    assert isinstance(failures, dict)
    return (
        min(failures.values()) >= rounds
        and healthy["failures"] == healthy["frames_missing"] == page["frames_missing"] == 0
        and min(healthy["frames_received"], page["frames_seen"]) >= int(str(found["frames_made"]))
        and float(str(found["longest_publish_ms"])) < LONGEST_PUBLISH_MS
        and not found["key_shown"]
    )


def main() -> int:
    """Run, print, judge."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=20, help="failures of each kind (default 20)")
    rounds = arguments.parse_args().rounds
    found = soak(rounds)
    print(json.dumps(found, indent=2))
    return 0 if good(found, rounds) else 1


if __name__ == "__main__":
    with contextlib.suppress(subprocess.SubprocessError):
        sys.exit(main())
