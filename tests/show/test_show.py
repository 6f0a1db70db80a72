"""The wiring: a whole show with a dreamer of plain colours; pictures, page, chat, files and the end."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from websockets.sync.client import connect

from dreamstream.core.dreamer import Dreamer
from dreamstream.core.status import PublicStatus
from dreamstream.dreamers.ascent.snapshot import Snapshot
from dreamstream.show.state import StateFolder
from tests.doubles import ColourDreamer
from tests.polling import until
from tests.show.running import Start


def test_pictures_move_before_the_dreamer_is_there(start: Start) -> None:
    """While the dreamer compiles the video flows, and health and readiness are told apart."""
    gate = threading.Event()

    def slow() -> Dreamer:
        gate.wait(30)
        return ColourDreamer()

    running = start(slow)
    assert running.get("healthz") == {"ok": True}
    with pytest.raises(urllib.error.HTTPError, match="503"):
        running.get("readyz")
    assert running.status()["dream"]["state"] == "starting"
    gate.set()
    until(lambda: running.status()["dream"]["state"] == "dreaming", 20, "the first dream")
    assert running.get("readyz") == {"ok": True}


def test_a_request_from_the_page_is_dreamed(start: Start) -> None:
    """What is asked on the page becomes current, with the name of who asked, and reaches the dreamer."""
    dreamers: list[ColourDreamer] = []

    def make() -> Dreamer:
        dreamers.append(ColourDreamer())
        return dreamers[-1]

    running = start(make)
    reply = running.get("api/ask", {"text": "!dream volcano", "who": "ada", "id": "1"})["reply"]
    assert "volcano" in reply
    until(lambda: running.status()["now"]["title"] == "volcano", 20, "volcano to be current")
    now = running.status()["now"]
    assert (now["who"], now["idle"], now["wishes"][0]["emoji"]) == ("ada", False, "🌋")
    until(lambda: dreamers[0].programmes[-1].title() == "volcano", 10, "the dreamer to be told")
    assert running.get("api/ask", {"text": "!dream volcano", "who": "ada", "id": "1"})["reply"] == reply
    assert running.status()["queue"] == []


def test_the_status_has_everything_the_page_shows(start: Start) -> None:
    """Every part of the documented schema is there, and figures grow."""
    running = start()
    until(lambda: running.status()["dream"]["per_second"] > 0, 20, "a dream rate")
    status = running.status()
    PublicStatus.model_validate(status)
    assert status["dream"]["cost"]["steps"] > 0
    whole = running.show.view.status()
    assert sum(whole.dream.times.counts) >= whole.dream.number > 0
    assert sum(whole.frames.lateness.counts) >= whole.frames.sent - 1 > 0
    assert status["frames"]["sent"] > 0
    assert status["memory"] > 10_000_000
    assert "disk_free" not in status
    assert whole.disk_free is not None
    assert whole.disk_free > 0
    running.show._bot.counts["unread"] = 17
    assert running.status()["unread"] == 17
    with urllib.request.urlopen(running.url + "metrics", timeout=10) as answer:
        assert re.search(r"^dreamstream_chat_unread_total{.*} 17\.0$", answer.read().decode(), re.MULTILINE)
    assert {sink["kind"] for sink in status["sinks"]} == {"preview", "stills"}


@pytest.mark.parametrize("way", ["video", "stills"])
def test_all_who_watch_are_counted(start: Start, way: str) -> None:
    """A viewer counts by video as by still pictures, in the status and in the metrics."""
    running = start()
    until(lambda: running.status()["frames"]["sent"] > 0, 20, "the first frame")
    assert running.status()["viewers"] == 0
    with connect(f"ws://127.0.0.1:{running.show.port}/ws/{way}", proxy=None, compression=None) as link:
        assert "width" in json.loads(link.recv(timeout=10))
        assert running.status()["viewers"] == 1
        with urllib.request.urlopen(running.url + "metrics", timeout=10) as answer:
            assert b'dreamstream_viewers{channel="main"} 1.0\n' in answer.read()
    until(lambda: running.status()["viewers"] == 0, 10, "the viewer leaving")


def test_classes_are_completed_then_searched(start: Start) -> None:
    """Names that begin with the query come first; everything for an empty one, up to the limit."""
    running = start()
    assert running.get("api/classes?q=volc")["classes"][0]["name"] == "volcano"
    assert len(running.get("api/classes?q=&limit=7")["classes"]) == 7


def test_the_end_is_quick_and_leaves_a_playable_recording(start: Start, tmp_path: Path) -> None:
    """Stopping closes the files within 5 s, also when the dreamer is stuck."""
    gate = threading.Event()

    def make() -> Dreamer:
        dreamer = ColourDreamer()
        dreamer.block = gate
        return dreamer

    running = start(make, record=tmp_path / "show.mp4")
    until(lambda: running.status()["frames"]["sent"] > 30, 20, "two seconds of pictures")
    running.stop()
    gate.set()
    assert running.error is None
    assert running.seconds_to_stop < 5
    with av.open(str(tmp_path / "show.mp4")) as container:
        frames = sum(1 for _ in container.decode(video=0))
        assert frames >= 30
        assert container.streams.audio


def test_the_next_show_goes_on_where_this_one_was(start: Start) -> None:
    """The queue, what is shown and the last canvas are taken up."""
    first = start(hold=600)
    first.get("api/ask", {"text": "volcano", "who": "ada"})
    until(lambda: first.status()["now"]["title"] == "volcano", 20, "volcano to be current")
    first.get("api/ask", {"text": "tree frog", "who": "bob"})
    until(lambda: first.status()["dream"]["number"] > 0, 20, "a dream")
    first.stop()
    dreamers: list[ColourDreamer] = []

    def make() -> Dreamer:
        dreamers.append(ColourDreamer())
        return dreamers[-1]

    second = start(make, hold=600)
    status = second.status()
    assert status["now"]["title"] == "volcano"
    assert [(item["title"], item["who"]) for item in status["queue"]] == [("tree frog", "bob")]
    until(lambda: bool(dreamers) and dreamers[0].restored is not None, 20, "the canvas to be restored")
    assert int(dreamers[0].restored or b"0") > 0


def test_a_restarted_show_begins_with_its_last_picture(start: Start, tmp_path: Path) -> None:
    """Until the first new dream, viewers see what they saw before; a canvas that cannot be read costs only that."""
    gate = threading.Event()

    def never() -> Dreamer:
        gate.wait(30)
        return ColourDreamer()

    def seen(name: str, canvas: bytes) -> np.ndarray[Any, Any]:
        state = StateFolder(tmp_path / name)
        state.save_canvas(canvas)
        state.close()
        running = start(never, state=tmp_path / name, record=tmp_path / f"{name}.mp4", overlay=False)
        until(lambda: running.status()["frames"]["sent"] > 8, 20, "pictures")
        running.stop()
        with av.open(str(tmp_path / f"{name}.mp4")) as container:
            return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24").mean(axis=(0, 1)))

    orange = np.full((90, 160, 3), (230, 120, 20), np.uint8)
    assert seen("kept", Snapshot(orange, [], 5).pack()) == pytest.approx([230, 120, 20], abs=12)
    assert seen("broken", b"no picture").max() < 100
    gate.set()


def test_zoom_is_turned_from_chat(start: Start) -> None:
    """The terminal, which is the broadcaster's, may turn a control within its range."""
    from dreamstream.core.message import Message

    made: list[ColourDreamer] = []

    def make() -> Dreamer:
        made.append(ColourDreamer())
        return made[-1]

    running = start(make)
    until(lambda: running.status()["dream"]["state"] == "dreaming", 20, "the first dream")

    def say(text: str) -> str:
        message = Message(text, "host", "console", roles=frozenset({"broadcaster"}))
        return running.show._bot.receive(message)[0].text

    assert say("!zoom fast") == "Say a number from 0.9 to 1.2."
    assert say("!zoom 3") == "Say a number from 0.9 to 1.2."
    assert say("!zoom 1.1") == "zoom is 1.1 now."
    until(lambda: made[0].controls.get("zoom") == 1.1, 10, "the dreamer to be turned")
