"""A show that may open few files, and somebody who opens connections without end and says nothing."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import av
import httpx

from tests.e2e.served import Served
from tests.polling import until

LIMIT, SILENT = 1024, 1600


def test_a_thousand_silent_connections_stop_neither_page_nor_recording(tmp_path: Path) -> None:
    """With 1024 descriptors: the page answers, the recording goes on, and the log stays short."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    options = ["--record", str(tmp_path / "show.mkv"), "--record-rotate", "4s", "--hls", str(tmp_path / "hls")]
    try:
        with Served(tmp_path, *options, descriptors=LIMIT) as show, contextlib.ExitStack() as stack:
            until(lambda: show.sink("recording")["state"] == "live", 60, "the recording", 0.3)
            before, logged = show.sink("recording")["bytes"], len(show.log)
            parts = urlsplit(show.url)
            for _ in range(SILENT):
                sock = stack.enter_context(socket.socket())
                sock.settimeout(0.5)  # one after the other: a full backlog would make most of them wait for seconds
                with contextlib.suppress(OSError):
                    sock.connect((parts.hostname, parts.port))
            deadline, slowest = time.monotonic() + 12, 0.0
            while time.monotonic() < deadline:
                began = time.monotonic()
                assert httpx.get(f"{show.url}api/status", timeout=10).status_code == 200
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.2)
            assert slowest < 3
            until(lambda: show.sink("recording")["state"] == show.sink("hls")["state"] == "live", 30, "both files", 0.3)
            assert show.sink("recording")["bytes"] > before
            assert len(show.log) - logged < 5000
            assert "Traceback" not in show.log
            figures = httpx.get(f"{show.url}metrics").text
            assert 'web_refused_total{channel="main",reason="connections"}' in figures
            assert show.end()[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = sorted(tmp_path.glob("show-*.mkv"))
    assert len(files) >= 2
    with av.open(str(files[-1])) as film:
        assert sum(1 for _ in film.decode(video=0)) > 0
