"""What goes wrong before and while a show runs: what ends it, and what it goes on without."""

from __future__ import annotations

import json
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from dreamstream.core.dreamer import Dreamer
from dreamstream.core.errors import UsageError, UserError
from dreamstream.show import state
from dreamstream.show.state import StateFolder
from tests.doubles import ColourDreamer
from tests.polling import until
from tests.show.running import Running, Start


def test_a_dreamer_that_fails_does_not_stop_the_pictures(start: Start) -> None:
    """It is started again; meanwhile frames go on and the status says why."""
    made: list[ColourDreamer] = []

    def make() -> Dreamer:
        made.append(ColourDreamer(fails=(2,) if len(made) < 2 else ()))
        return made[-1]

    running = start(make)
    until(lambda: len(made) == 3 and running.status()["dream"]["state"] == "dreaming", 20, "the third dreamer")
    sent = running.status()["frames"]["sent"]
    until(lambda: running.status()["frames"]["sent"] > sent, 5, "more frames")
    assert running.show.dreams.status.failures == 2


def test_a_mistake_found_by_the_dreamer_ends_the_show(start: Start) -> None:
    """A model that cannot be loaded is said, and the show does not go on without one."""

    def refuse() -> Dreamer:
        raise UsageError("This is no weight file.")

    running = Running(refuse)
    until(lambda: running.ended, 20, "the end")
    assert isinstance(running.error, UsageError)
    running.stop()


def test_a_taken_port_is_said_at_once(start: Start) -> None:
    """Nothing is started when the page has no port."""
    running = start()
    with pytest.raises(UserError, match="--port"):
        Running(ColourDreamer, port=running.show.port)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"audio": "/nowhere/song.mp3"}, "There is no sound file"),
        ({"record": "/nowhere/show.avi"}, "ends in .mp4 or .mkv"),
        ({"model": "/nowhere/weights"}, "There is no weight file"),
    ],
)
def test_what_is_wrong_is_said_before_the_show(keys: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    """A file that is not there is one sentence, and leaves no thread behind."""
    before = set(threading.enumerate())
    with pytest.raises(UserError, match=sentence):
        Running(ColourDreamer, state=tmp_path, **keys)
    until(lambda: set(threading.enumerate()) <= before, 5, "all threads to end")


def test_a_state_folder_that_cannot_be_written_costs_only_the_memory(start: Start, tmp_path: Path) -> None:
    """The show goes on, and says that its queue will not outlive it."""
    (tmp_path / "file").write_text("")
    running = start(state=tmp_path / "file" / "below")
    assert "next" in running.get("api/ask", {"text": "volcano", "who": "ada"})["reply"]
    until(lambda: running.status()["now"]["title"] == "volcano", 20, "volcano to be current")


def test_two_shows_cannot_share_a_state(start: Start) -> None:
    """The second is refused with a remedy."""
    start()
    with pytest.raises(UserError, match="--channel"):
        start()


def test_a_source_that_breaks_is_done_without(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in reading one chat leaves the show, its page and its queue alone."""
    from dreamstream.inputs.irc.protocol import IrcSource

    async def breaks(self: IrcSource, receive: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(IrcSource, "run", breaks)
    running = start(irc="irc://127.0.0.1:1/dream")
    sent = running.status()["frames"]["sent"]
    until(lambda: running.status()["frames"]["sent"] > sent + 5, 10, "the show to go on")


def test_a_queue_that_breaks_ends_the_show(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its queue it is no show; that is said, and the exit code will tell."""
    running = start()

    def breaks(now: float) -> bool:
        raise RuntimeError("a fault")

    monkeypatch.setattr(running.show.queue, "advance", breaks)
    until(lambda: running.ended, 20, "the end")
    assert type(running.error) is UserError


def test_a_state_folder_taken_away_comes_back(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The running show begins it anew, with the queue in it, and the next start finds what was asked for."""
    monkeypatch.setattr(state, "_LOOK", 0.2)
    running = start()
    running.get("api/ask", {"text": "!dream volcano", "who": "ada", "id": "1"})
    shutil.rmtree(tmp_path / "state")
    until(lambda: (tmp_path / "state" / "show.sqlite3").exists(), 20, "the folder")
    assert "was taken away while the show ran" in caplog.text
    running.get("api/ask", {"text": "!dream bee", "who": "bob", "id": "2"})
    running.stop()
    assert {"volcano", "bee"} <= set(re.findall("volcano|bee", json.dumps(start().status())))


def test_a_damaged_state_folder_starts_a_show(start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Database, canvas and token may all be rubbish."""
    kept = StateFolder(tmp_path / "state")
    kept.save("control token", {"a": [1]})
    kept.save("queue", ["no", "queue"])
    kept.save_canvas(b"rubbish")
    kept.close()
    running = start()
    until(lambda: running.status()["dream"]["state"] == "dreaming", 20, "the first dream")
    assert "control room's token" in caplog.text
    assert (tmp_path / "state" / "show.sqlite3.damaged").exists()
