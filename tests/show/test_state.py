"""The state folder: what survives, who may have it, and what happens when the disk does not play along."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.core.errors import UserError
from dreamstream.core.message import Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.state import StateFolder
from dreamstream.support import files
from dreamstream.wishes.vocabulary import Vocabulary


def test_everything_comes_back(tmp_path: Path) -> None:
    """Queue, values and canvas are there when the folder is opened again."""
    state = StateFolder(tmp_path / "deep" / "main")
    assert not state.warning
    assert (state.load_queue(), state.load_canvas()) == (None, None)
    assert state.save_queue({"queue": {"waiting": [1, "ü"]}})
    assert state.save("look", [1.5, None])
    assert state.save_canvas(b"old")
    assert state.save_canvas(b"picture")
    state.close()
    state.close()
    again = StateFolder(tmp_path / "deep" / "main")
    assert again.load_queue() == {"queue": {"waiting": [1, "ü"]}}
    assert again.load("look") == [1.5, None]
    assert again.load("nothing") is None
    assert again.load_canvas() == b"picture"
    assert {path.name.partition("-")[0] for path in again.path.iterdir()} == {"canvas.bin", "show.lock", "show.sqlite3"}
    again.close()


def test_a_closed_folder_takes_nothing(tmp_path: Path) -> None:
    """After close, saving says no and loading says nothing; neither fails."""
    state = StateFolder(tmp_path)
    state.close()
    assert not state.save_queue({})
    assert not state.save_canvas(b"x")
    assert state.load_queue() is None


def test_two_shows_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second is told which folder and what to do; when the first is gone, the folder is free."""
    first = StateFolder(tmp_path)
    with pytest.raises(UserError, match=r"Another show is using .*--state or --channel"):
        StateFolder(tmp_path)
    first.close()
    StateFolder(tmp_path).close()


CHILD = """
import random, sys
from dreamstream.chat.bot import Bot
from dreamstream.core.message import Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.state import StateFolder
from dreamstream.wishes.vocabulary import Vocabulary

state = StateFolder(sys.argv[1])
words = Vocabulary.builtin()
queue = RequestQueue(words, cooldown=0.0, limit_total=1000, rng=random.Random(1))
bot = Bot(queue, words, lambda: 0.0, on_change=lambda: state.save_queue(bot.snapshot()))
names = [entry.name for entry in words]
for k in range(10**6):
    what = f"{names[k % 100]} + {names[(k // 100 + k + 1) % 100]}"
    for reply in bot.receive(Message(f"!dream {what}", f"v{k}", "page", str(k))):
        if reply.kind == "accepted":
            print(k, flush=True)  # the viewer reads the answer: from here on the wish must not be lost
"""


def test_kill_9_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    """A show killed in the middle of a rush knows every request whose answer was seen."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert child.stdout is not None
    seen = [int(child.stdout.readline()) for _ in range(60 + random.randrange(40))]
    child.send_signal(signal.SIGKILL)
    seen += [int(line) for line in child.stdout.read().split("\n") if line]
    child.wait(timeout=10)
    child.stdout.close()
    state = StateFolder(tmp_path)
    words = Vocabulary.builtin()
    queue = RequestQueue(words, limit_total=1000)
    bot = Bot(queue, words, lambda: 0.0)
    assert bot.restore(state.load_queue()) >= len(seen) > 50
    credited = {name for request in queue.waiting for name in request.viewers}
    assert {f"page:v{k}" for k in seen} <= credited
    state.close()


def test_a_folder_that_cannot_be_written_costs_only_memory(tmp_path: Path) -> None:
    """A file stands where the folder should be: a warning, and a show that runs."""
    (tmp_path / "file").write_text("in the way")
    state = StateFolder(tmp_path / "file" / "main")
    assert "will not outlive a restart" in state.warning
    assert not state.save_queue({})
    assert not state.save_canvas(b"x")
    assert state.load_canvas() is None
    queue = RequestQueue(Vocabulary.builtin(), rng=random.Random(1))

    def keep() -> None:
        state.save_queue(bot.snapshot())

    bot = Bot(queue, queue.vocabulary, lambda: 0.0, on_change=keep)
    assert bot.receive(Message("!dream bee", "ann", "page"))[0].kind == "accepted"
    state.close()


def test_a_disk_that_fills_up_is_survived_and_forgiven(tmp_path: Path) -> None:
    """Writing fails with a warning, is not tried at every request, and works again when there is room."""
    now = [0.0]
    state = StateFolder(tmp_path, clock=lambda: now[0])
    assert state.save("queue", "small")
    assert state._database is not None
    pages = state._database.execute("PRAGMA page_count").fetchone()[0]
    state._database.execute(f"PRAGMA max_page_count = {pages}")
    big = "x" * 200_000
    assert not state.save("queue", big)
    assert "full" in state.warning
    state._database.execute("PRAGMA max_page_count = 100000")
    assert not state.save("queue", big)
    now[0] += 60
    assert state.save("queue", big)
    assert not state.warning
    assert state.load("queue") == big
    state.close()


def test_a_canvas_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed save is a warning; what was there stays whole."""
    state = StateFolder(tmp_path)
    assert state.save_canvas(b"old")
    write = files.write
    monkeypatch.setattr(files, "write", lambda *_, **__: write(tmp_path / "no folder" / "canvas.bin", b""))
    assert not state.save_canvas(b"new")
    assert "the show goes on" in state.warning
    assert state.load_canvas() == b"old"
    assert state.save_queue({"a": 1})
    state.close()


def test_a_damaged_database_is_set_aside(tmp_path: Path) -> None:
    """Rubbish in the file does not keep the show from starting; it is kept for whoever wants to look."""
    (tmp_path / "show.sqlite3").write_bytes(b"<html>not a database</html>" * 100)
    state = StateFolder(tmp_path)
    assert not state.warning
    assert state.save_queue({"a": 1})
    assert (tmp_path / "show.sqlite3.damaged").read_bytes().startswith(b"<html>")
    state.close()


def test_an_unreadable_value_is_set_aside(tmp_path: Path) -> None:
    """A value that is no JSON is damage, too."""
    state = StateFolder(tmp_path)
    state.save_queue({"a": 1})
    state.close()
    with sqlite3.connect(tmp_path / "show.sqlite3") as database:
        database.execute("UPDATE items SET value = '{broken'")
    database.close()
    state = StateFolder(tmp_path)
    assert state.load_queue() is None
    assert (tmp_path / "show.sqlite3.damaged").exists()
    with pytest.raises(ValueError, match="JSON"):
        state.save("nan", float("nan"))
    assert json.dumps(state.load("nan")) == "null"
    state.close()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """The folder is its owner's, and so is every file in it, also where an older one could be read by others."""
    (tmp_path / "main").mkdir(0o755)
    (tmp_path / "main" / "show.sqlite3").touch(0o644)
    state = StateFolder(tmp_path / "main")
    state.save_queue({"a": 1})
    state.save_canvas(b"picture")
    assert state.path.stat().st_mode & 0o777 == 0o700
    assert {
        path.name: path.stat().st_mode & 0o077 for path in state.path.iterdir() if path.stat().st_mode & 0o077
    } == {}
    state.close()
