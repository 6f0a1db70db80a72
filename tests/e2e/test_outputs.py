"""All outputs at once: hostile servers beside a healthy one, and the end of a show with everything stuck."""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path

import av

from tests.conftest import need_program
from tests.e2e.rtmp_soak import good, soak
from tests.e2e.served import Served
from tests.polling import until


def test_hostile_servers_cost_nobody_else_a_frame() -> None:
    """Mute, stalling, refusing, key-rejecting and vanishing servers, twice each: the healthy target and a viewer of the
    page get every frame. `python -m tests.e2e.rtmp_soak` does it twenty times.
    """
    need_program("nginx")
    found = soak(2, 90)
    assert good(found, 2), found


def test_the_end_closes_every_output_within_five_seconds(tmp_path: Path) -> None:
    """With a mute RTMP server and a stuck pipe, SIGTERM still ends all outputs properly; the key is nowhere."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    key = "sk_live_51a7c0ffee"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        options = ["--record", str(tmp_path / "show.mkv"), "--record-rotate", "4s", "--hls", str(tmp_path / "hls")]
        options += ["--mpegts", str(pipe), "--rtmp", f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/{key}"]
        with Served(tmp_path, *options) as show:
            until(lambda: show.sink("hls")["state"] == "live", 60, "the playlist", 0.3)
            kinds = {sink["kind"]: sink for sink in show.get("api/control")["sinks"]}
            assert kinds["recording"]["state"] == "live"
            assert kinds["recording"]["bytes"] > 0
            code, seconds = show.end()
            assert code == 0, show.log
            assert seconds < 5
            assert key not in show.log + str(kinds)
    os.close(reader)
    assert (tmp_path / "hls" / "media.m3u8").read_text().startswith("#EXTM3U")
    parts = sorted(tmp_path.glob("show-*.mkv"))
    assert len(parts) >= 2
    for part in [*parts, tmp_path / "hls" / "index.m3u8"]:
        with av.open(str(part)) as container:
            # A few frames: at the end of a stream that may go on, FFmpeg waits minutes for more.
            assert len(list(itertools.islice(container.decode(video=0), 10))) == 10
