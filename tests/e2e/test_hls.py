"""HLS in a real browser and a real player, from an ordinary web server."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dreamstream.video.hls import MASTER, HlsSink
from tests.conftest import missing
from tests.e2e.browser import chromium, eventually
from tests.polling import until
from tests.video.station import SIZE, Station

PAGE = f"<!doctype html><video id=v muted autoplay src='{MASTER}'></video>"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """As docs/outputs.md asks: Chromium takes a 304 for a playlist that it cannot read."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder behind Python's own web server; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_chromium_plays_the_folder(tmp_path: Path) -> None:
    """Picture and sound play on over several segments, in real time, without an error."""
    with Station() as station, served(tmp_path) as address:
        sink = HlsSink(tmp_path, station.encoder.info)
        station.hub.attach(sink)
        (tmp_path / "page.html").write_text(PAGE)
        until(lambda: len(list(tmp_path.glob("dream-*.m4s"))) >= 2, 20, "two segments")
        with chromium() as browser:
            page = browser.new_page()  # type: ignore[attr-defined]
            page.goto(f"{address}page.html")
            if not page.evaluate("v.canPlayType('application/vnd.apple.mpegurl')"):
                missing("this Chromium does not play HLS by itself")

            def look() -> dict[str, Any]:
                found: dict[str, Any] = page.evaluate(
                    "({time: v.currentTime, width: v.videoWidth, height: v.videoHeight, error: v.error?.message,"
                    " frames: v.getVideoPlaybackQuality().totalVideoFrames, sound: v.webkitAudioDecodedByteCount})"
                )
                assert not found["error"]
                return found

            eventually(lambda: look()["time"] > 5, "five seconds of playing")
            seen = look()
            assert (seen["width"], seen["height"]) == SIZE
            assert seen["frames"] > 100
            assert seen["sound"] > 0
        station.hub.detach(sink)
        sink.close()
