"""HLS in a real browser and a real player, from an ordinary web server."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.outputs.hls import HlsSink
from tests.conftest import missing, need_program
from tests.e2e.browser import chromium, eventually
from tests.outputs.rtmp.station import SIZE, Station
from tests.polling import until
from tests.web.show import FakeShow, serving

# What every HLS player in a browser does: read the playlists, and append header and segments to a Media Source.
PAGE = """<!doctype html><video id=v muted autoplay></video><script>
const text = async (name) => (await fetch(name, {cache: "no-store"})).text();
const bytes = async (name) => (await fetch(name)).arrayBuffer();
const source = new MediaSource();
v.src = URL.createObjectURL(source);
source.onsourceopen = async () => {
  const master = await text("index.m3u8");
  const type = `video/mp4; codecs="${master.match(/CODECS="(.*?)"/)[1]}"`;
  const buffer = source.addSourceBuffer(type);
  const append = (data) => new Promise((done) => { buffer.onupdateend = done; buffer.appendBuffer(data); });
  const media = master.trim().split("\\n").pop(), had = new Set();
  for (;;) {
    const playlist = await text(media);
    for (const name of [playlist.match(/MAP:URI="(.*?)"/)[1], ...playlist.match(/^[^#].+$/gm)]) {
      if (had.has(name)) continue;
      had.add(name);
      await append(await bytes(name));
      if (!v.currentTime && v.buffered.length) v.currentTime = v.buffered.start(0);
    }
    window.playlist = playlist;
    await new Promise((done) => setTimeout(done, 500));
  }
};
</script>"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """As servers of HLS do, let pages of other servers read it."""
        self.send_header("Access-Control-Allow-Origin", "*")
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


def test_a_page_without_room_plays_the_copy_on_another_server(tmp_path: Path) -> None:
    """Chromium plays the playlist in the page, under its content policy, and says that it is behind."""
    with Station() as station, served(tmp_path) as address:
        info = station.encoder.info
        sink = HlsSink(tmp_path, info)
        station.hub.attach(sink)
        until(lambda: sink.state()["state"] == "live", 60, "the playlist")
        parts: dict[str, Any] = {"stills": Stills(info, max_viewers=0), "overflow": f"{address}index.m3u8"}
        with serving(FakeShow(), Preview(info, max_viewers=0), **parts) as server, chromium() as browser:
            page = browser.new_page()  # type: ignore[attr-defined]
            errors: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.goto(server.url)
            stats, text = "dreamstream.stats", "document.getElementById('state-text').textContent"
            until(lambda: page.evaluate(stats)["frames"] > 5, 90, "moving pictures from the other server")
            assert page.evaluate(stats)["way"] == "hls"
            until(lambda: page.evaluate(text) == "live, some seconds behind", 30, "the page to say so")
            # Without that server the room is just full.
            station.hub.detach(sink)
            sink.close()
            until(lambda: page.evaluate(text) == "waiting for a place", 90, "the page to wait for a place")
            assert errors == []


def test_chromium_plays_the_folder(tmp_path: Path) -> None:
    """Picture and sound play on over several segments, in real time, without an error."""
    with Station() as station, served(tmp_path) as address:
        sink = HlsSink(tmp_path, station.encoder.info)
        station.hub.attach(sink)
        (tmp_path / "page.html").write_text(PAGE)
        until(lambda: sink.state()["state"] == "live", 20, "the playlist")
        with chromium() as browser:
            page = browser.new_page()  # type: ignore[attr-defined]
            page.goto(f"{address}page.html")

            def look() -> dict[str, Any]:
                found: dict[str, Any] = page.evaluate(
                    "({time: v.currentTime, width: v.videoWidth, height: v.videoHeight, error: v.error?.message,"
                    " frames: v.getVideoPlaybackQuality().totalVideoFrames, sound: v.webkitAudioDecodedByteCount})"
                )
                assert not found["error"]
                return found

            begun = eventually(lambda: look()["time"], "the first picture")
            eventually(lambda: look()["time"] > begun + 10, "ten seconds of playing", 30)
            seen = look()
            assert (seen["width"], seen["height"]) == SIZE
            assert seen["frames"] > 100
            assert seen["sound"] > 0
            assert page.evaluate("v.buffered.length") == 1, "there is a gap between segments"
        station.hub.detach(sink)
        sink.close()


SHOW = """
import sys
from pathlib import Path
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.outputs.hls import HlsSink
from tests.outputs.rtmp.station import Station
with Station() as station:
    sink = HlsSink(Path(sys.argv[1]), station.encoder.info, wall=lambda: float(sys.argv[2]))
    station.hub.attach(sink)
    sys.stdin.read()
    station.hub.detach(sink)
    sink.close()
"""
HLS_JS = """<!doctype html><video id=v muted autoplay></video><script src="hls.js"></script><script>
const faults = [], hls = new Hls({ liveSyncDurationCount: 3 });
hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) faults.push(data.details); });
hls.loadSource("index.m3u8"); hls.attachMedia(v);
</script>"""


@pytest.fixture(scope="session")
def hls_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real hls.js, as npm has it."""
    (npm,) = need_program("npm")
    home = tmp_path_factory.mktemp("npm")
    if subprocess.run([npm, "pack", "hls.js@1"], cwd=home, capture_output=True, timeout=120).returncode:
        missing("hls.js cannot be had from npm")
    (archive,) = home.glob("*.tgz")
    with tarfile.open(archive) as pack:
        found = pack.extractfile("package/dist/hls.min.js")
        assert found is not None
        (home / "hls.js").write_bytes(found.read())
    return home / "hls.js"


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_hls_js_plays_on_after_a_restart(tmp_path: Path, hls_js: Path, end: str) -> None:
    """A show killed or stopped, and begun again with a clock of 1970: the same page plays on within 30 s."""

    def show(wall: float) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SHOW, str(tmp_path), str(wall)], stdin=subprocess.PIPE)

    shutil.copy(hls_js, tmp_path / "hls.js")
    (tmp_path / "page.html").write_text(HLS_JS)
    first = show(1.8e9)
    try:
        with served(tmp_path) as address, chromium() as browser:
            until((tmp_path / "media.m3u8").exists, 40, "the playlist")
            page = browser.new_page()  # type: ignore[attr-defined]
            page.goto(f"{address}page.html")
            eventually(lambda: page.evaluate("v.currentTime > 1 && v.videoWidth"), "the first picture", 30)
            if end == "kill":
                first.kill()
            assert first.stdin is not None
            first.stdin.close()
            first.wait(20)
            last = (tmp_path / "media.m3u8").read_text()
            again = show(0.0)
            until(lambda: (tmp_path / "media.m3u8").read_text() != last, 40, "the new show's playlist")
            try:
                before = page.evaluate("v.getVideoPlaybackQuality().totalVideoFrames")
                # 500 frames are more than the 12 s that the folder still held of the first show.
                frames = "v.getVideoPlaybackQuality().totalVideoFrames"
                eventually(lambda: page.evaluate(f"{frames} > {before} + 500"), "playing on", 30)
                assert page.evaluate("faults") == []
                assert "#EXT-X-DISCONTINUITY" in (tmp_path / "media.m3u8").read_text()
            finally:
                again.kill()
                again.wait(10)
    finally:
        first.kill()
        first.wait(10)
