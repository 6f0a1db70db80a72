"""The main job, end to end: one command; dreams, stream, page, chat, files, and what happens when things break."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.browser import chromium
from tests.e2e.conftest import RtmpServer
from tests.e2e.live import begins_with_a_key_frame, pictures, probe, video_packets
from tests.e2e.ngircd import IrcServer, IrcUser
from tests.e2e.served import Served
from tests.polling import until

KEY = "live_317070_s3cr3t"
# The picture as the page shows it, as a PNG.
GRAB = """() => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
# Notes the longest time for which the page's video clock stood still, in seconds.
WATCH = """() => {
  const video = document.querySelector("video");
  const seen = { time: video.currentTime, at: performance.now() };
  window.stillest = 0;
  window.watching = setInterval(() => {
    const now = performance.now();
    window.stillest = Math.max(window.stillest, (now - seen.at) / 1000);
    if (video.currentTime !== seen.time) Object.assign(seen, { time: video.currentTime, at: now });
  }, 50);
}"""


@dataclass
class Stage:
    """A show with all that it talks to."""

    show: Served
    rtmp: RtmpServer
    irc: IrcServer
    page: Any

    def picture(self) -> NDArray[np.uint8]:
        """What the page shows now, uint8 [H, W, 3]."""
        image = Image.open(io.BytesIO(base64.b64decode(self.page.evaluate(GRAB))))
        return np.asarray(image.convert("RGB"))

    def current(self) -> str:
        """What the page says is dreamed."""
        return " ".join(str(self.page.text_content("#title")).split())

    def ask_on_the_page(self, text: str) -> None:
        """Type a wish into the page's box, which comes back when the mouse moves."""
        self.page.mouse.move(600, 300)
        self.page.mouse.move(620, 320)
        self.page.fill("#wish", text)
        self.page.click(".send")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """nginx, ngircd, a show that streams to and listens to them, and a browser on its page."""
    home = tmp_path_factory.mktemp("stage")
    rtmp, irc = RtmpServer(tmp_path_factory.mktemp("nginx")), IrcServer(tmp_path_factory.mktemp("ngircd"))
    rtmp.start()
    irc.start()
    options = ["--rtmp", rtmp.url(KEY), "--irc", irc.url(), "--hold", "60"]
    try:
        with Served(home, *options) as show, chromium() as browser:
            show.until_dreaming()
            page = browser.new_page(viewport={"width": 1280, "height": 720})  # type: ignore[attr-defined]
            page.goto(f"{show.url}?video=mse")  # the tests below look into its video element
            until(
                lambda: page.evaluate("document.querySelector('video').currentTime > 0.5"), 30, "the page to play", 0.2
            )
            yield Stage(show, rtmp, irc, page)
    finally:
        irc.stop()
        rtmp.kill()


def test_the_stream_arrives(stage: Stage) -> None:
    """nginx gets H.264 at the set size and rate with a key frame every 2 s, AAC, and pictures that all differ."""
    until(lambda: stage.show.sink("rtmp")["state"] == "live", 30, "the stream to be live", 0.2)
    found = probe(stage.rtmp.url(KEY), 7)
    video, audio = sorted(found["streams"], key=lambda stream: stream["codec_type"], reverse=True)
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 640, 360)
    assert video["r_frame_rate"] == "20/1"
    assert audio["codec_name"] == "aac"
    packets = video_packets(found)
    keys = [float(packet["pts_time"]) for packet in packets if packet["flags"].startswith("K")]
    assert len(keys) >= 3
    assert np.allclose(np.diff(keys[1:]), 2.0, atol=0.0011)
    frames = pictures(stage.rtmp.url(KEY), 10, (640, 360))
    assert all((a != b).mean() > 0.05 for a, b in itertools.pairwise(frames))


def test_asking_for_volcano_makes_volcanoes(stage: Stage) -> None:
    """A wish in the page's box becomes current, and soon the network sees much more volcano in the picture.

    On a quiet machine after some seconds; a busy one dreams seldom.
    """
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer

    dreamer = AscentDreamer("builtin", (640, 360))

    def volcano() -> float:
        return float(np.mean([dreamer.score(stage.picture(), "volcano") for _ in range(4)]))

    assert "volcano" not in stage.current()
    before = volcano()
    stage.ask_on_the_page("!dream volcano")
    until(lambda: stage.current() == "volcano", 20, "volcano to be current", 0.1)
    until(lambda: volcano() > max(0.05, 3 * before), 60, "volcanoes to be seen", 0.5)


def test_a_wish_on_irc_is_dreamed(stage: Stage) -> None:
    """`!dream tree frog` from another client is answered there and stands in the queue, then in the title."""
    until(lambda: stage.show.status()["sources"][0]["state"] == "live", 20, "the show to be on IRC", 0.1)
    viewer = IrcUser(stage.irc, "ann")
    viewer.say("!dream tree frog")
    viewer.hears("@ann tree frog is next")
    viewer.leave()

    def known() -> bool:
        status = stage.show.status()
        return "tree frog" in [status["now"]["title"], *(request["title"] for request in status["queue"])]

    until(known, 5, "the wish to be in the show")
    until(lambda: "ann" in str(stage.page.text_content("body")), 10, "the name on the page")


def test_the_stream_returns_and_the_page_never_stalls(stage: Stage) -> None:
    """nginx is killed and started again: the stream is back from a key frame, and the page went on all the time."""
    until(lambda: stage.show.sink("rtmp")["state"] == "live", 30, "the stream to be live", 0.2)
    stage.page.evaluate(WATCH)
    stage.rtmp.kill()
    until(lambda: stage.show.sink("rtmp")["state"] == "waiting", 20, "the loss to be noticed", 0.1)
    stage.rtmp.start()
    until(lambda: stage.show.sink("rtmp")["state"] == "live", 60, "the stream to be live again", 0.2)
    assert begins_with_a_key_frame(stage.rtmp.url(KEY))
    assert stage.page.evaluate("clearInterval(window.watching), window.stillest") < 1.5


def test_the_key_is_nowhere_to_be_seen(stage: Stage) -> None:
    """Neither log nor status, metrics or page hold the stream key."""
    assert ": sending" in stage.show.log
    with_metrics = subprocess.run(["curl", "-s", stage.show.url + "metrics"], capture_output=True, check=False).stdout
    for text in (
        stage.show.log,
        json.dumps(stage.show.get("api/control")),
        with_metrics.decode(),
        stage.page.content(),
    ):
        assert KEY not in text


def test_a_wish_typed_in_the_terminal_is_dreamed(tmp_path: Path) -> None:
    """Whoever started the show may type into it, without the !dream, and is answered there."""
    ours, theirs = pty.openpty()
    try:
        with Served(tmp_path, terminal=theirs) as show:
            os.write(ours, b"tree frog\n")
            until(lambda: show.status()["now"]["title"] == "tree frog", 20, "the typed wish to be current")
            assert show.process.stdout is not None
            assert "tree frog is next" in show.process.stdout.readline()
            assert show.end(signal.SIGINT)[0] == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_the_end_is_clean(tmp_path: Path) -> None:
    """SIGTERM: exit code 0 within 5 s, and a recording that plays to its end."""
    with Served(tmp_path, "--record", str(tmp_path / "show.mp4")) as show:
        until(lambda: show.status()["frames"]["sent"] > 60, 60, "three seconds of pictures", 0.1)
        sent = show.status()["frames"]["sent"]
        code, seconds = show.end()
    assert code == 0, show.log
    assert seconds < 5
    with av.open(str(tmp_path / "show.mp4")) as file:
        assert sum(1 for _ in file.decode(video=0)) >= sent
    assert "Traceback" not in show.log


def test_ctrl_c_twice_ends_at_once(tmp_path: Path, rtmp_server: RtmpServer) -> None:
    """The first one waits for a server that has stopped answering; the second one does not."""
    with Served(tmp_path, "--rtmp", rtmp_server.url(KEY)) as show:
        until(lambda: show.sink("rtmp")["state"] == "live", 60, "the stream to be live", 0.2)
        os.kill(rtmp_server.pid, signal.SIGSTOP)
        try:
            show.process.send_signal(signal.SIGINT)
            until(lambda: "Stopping." in show.log, 5, "the end to begin", 0.01)
            code, seconds = show.end(signal.SIGINT)
        finally:
            os.kill(rtmp_server.pid, signal.SIGCONT)
    assert code == 128 + signal.SIGINT
    assert seconds < 1


def test_a_killed_show_goes_on_where_it_was(tmp_path: Path) -> None:
    """kill -9, start again: what was dreamed and who waited are as before."""
    with Served(tmp_path, "--hold", "600") as show:
        show.ask("!dream volcano", "ada")
        until(lambda: show.status()["now"]["title"] == "volcano", 20, "volcano to be current")
        show.ask("!dream tree frog", "bob")
        show.ask("!dream bee + pizza", "eve")
        before = show.status()
        assert show.end(signal.SIGKILL)[0] == -signal.SIGKILL
    with Served(tmp_path, "--hold", "600", name="second") as show:
        after = show.status()
    assert after["now"]["title"] == "volcano"
    assert after["now"]["who"] == "ada"
    waiting = [(request["title"], request["who"]) for request in before["queue"]]
    assert waiting == [("tree frog", "bob"), ("bee + pizza", "eve")]
    assert [(request["title"], request["who"]) for request in after["queue"]] == waiting
