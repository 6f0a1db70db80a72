"""A state folder that is damaged or taken away: the show starts and goes on, says what happened, and loses no file."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.chat.bot import Bot
from dreamstream.core.errors import UserError
from dreamstream.core.message import Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.build import restore
from dreamstream.show.state import StateFolder
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()


def _bot() -> Bot:
    """A bot with three requests, one of which is shown."""
    bot = Bot(RequestQueue(WORDS, cooldown=0.0, rng=random.Random(1)), WORDS, lambda: 0.0)
    for number, what in enumerate(("bee", "pizza + owl", "volcano")):
        bot.receive(Message(f"!dream {what}", f"v{number}", "page", str(number)))
    bot.queue.skip(0.0)
    return bot


def test_any_flipped_byte_is_survived_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever byte of the database is another: the folder opens and keeps; what it gives is whole, or set aside."""
    state = StateFolder(tmp_path / "whole")
    assert state.save_queue(_bot().snapshot())
    assert state.save("control token", "0" * 64)
    good = [state.load_queue(), state.load("control token")]
    state.close()
    whole = (tmp_path / "whole" / "show.sqlite3").read_bytes()
    rng, aside = random.Random(2), 0
    in_use = [at for at in range(len(whole)) if whole[at]]
    folder = tmp_path / "flipped"
    for at in sorted({*range(100), *rng.sample(in_use, min(300, len(in_use))), *rng.sample(range(len(whole)), 60)}):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        data = bytearray(whole)
        data[at] ^= rng.randrange(1, 256)
        (folder / "show.sqlite3").write_bytes(data)
        caplog.clear()
        state = StateFolder(folder)
        kept = [state.load_queue(), state.load("control token")]
        bot = Bot(RequestQueue(WORDS), WORDS, lambda: 0.0)
        restore(bot, state)
        assert not state.warning, (at, state.warning)
        assert state.save_queue(bot.snapshot()), at
        assert state.load_queue() == json.loads(json.dumps(bot.snapshot()))
        state.close()
        damaged = (folder / "show.sqlite3.damaged").exists()
        assert damaged == ("is damaged" in caplog.text), (at, caplog.text)
        assert damaged or kept == good, (at, kept)
        aside += damaged
    assert aside > 100


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The way to each part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [each for key, part in inner for each in _paths(part, (*path, key))]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_json_of_another_shape_is_survived(data: st.DataObject) -> None:
    """Any part of what was kept may be any other JSON: the bot goes on, and can be kept again."""
    kept = json.loads(json.dumps(_bot().snapshot()))
    assert Bot.is_snapshot(kept)
    path, other = data.draw(st.sampled_from(_paths(kept))), data.draw(ANY_JSON | st.just(10**400))
    whole: Any = {"": kept}
    place = whole
    for key in ("", *path)[:-1]:
        place = place[key]
    place[("", *path)[-1]] = other
    now = 1000.0
    fresh = Bot(RequestQueue(WORDS, rng=random.Random(1)), WORDS, lambda: now)
    fresh.restore(whole[""])
    assert Bot.is_snapshot(json.loads(json.dumps(fresh.snapshot(), allow_nan=False)))
    fresh.queue.resume(now)
    fresh.queue.advance(now)
    assert fresh.queue.advance(now + 1e11)


def test_a_queue_of_another_shape_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What can be read of it is taken; the file is kept beside the new one, and a second one beside the first."""
    for ending in ("", "-2"):
        state = StateFolder(tmp_path)
        bot = _bot()
        kept = json.loads(json.dumps(bot.snapshot()))
        kept["queue"]["waiting"][0]["wishes"] = {"bee": 1}
        state.save_queue(kept)
        state.close()
        caplog.clear()
        state = StateFolder(tmp_path)
        fresh = Bot(RequestQueue(WORDS), WORDS, lambda: 0.0)
        restore(fresh, state)
        assert [each.programme for each in fresh.queue.waiting] == [each.programme for each in bot.queue.waiting[1:]]
        assert "what it holds of the queue has another shape" in caplog.text
        assert (tmp_path / f"show.sqlite3.damaged{ending}").exists()
        state.close()


def test_a_folder_taken_away_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Within a minute it is noticed, said once, and everything saved last is there again; another show is kept out."""
    now = [0.0]
    folder = tmp_path / "main"
    state = StateFolder(folder, clock=lambda: now[0])
    state.save_queue({"a": 1})
    state.save("control token", "x")
    state.look()
    for _ in range(2):
        shutil.rmtree(folder)
        now[0] += 60
        state.look()
        assert "was taken away while the show ran; it is begun anew" in caplog.text
        caplog.clear()
        now[0] += 60
        state.look()
        assert not caplog.text
        assert not state.warning
        with pytest.raises(UserError, match="Another show"):
            StateFolder(folder)
        assert state.load("control token") == "x"
        assert state.save_canvas(b"picture")
    state.close()
    again = StateFolder(folder)
    assert (again.load_queue(), again.load_canvas()) == ({"a": 1}, b"picture")
    again.close()
    shutil.rmtree(folder)
    now[0] += 60
    state.look()
    assert not folder.exists(), "a closed one is not begun anew"


def test_a_folder_whose_disk_comes_back_is_used(tmp_path: Path) -> None:
    """While it cannot be had that is a warning; afterwards it is begun with what was to be saved."""
    now = [0.0]
    (tmp_path / "disk").write_text("not mounted")
    state = StateFolder(tmp_path / "disk" / "main", clock=lambda: now[0])
    assert not state.save_queue({"a": 1})
    now[0] += 60
    state.look()
    assert "will not outlive" in state.warning
    (tmp_path / "disk").unlink()
    now[0] += 60
    state.look()
    assert not state.warning
    assert state.load_queue() == {"a": 1}
    state.close()


def test_a_file_damaged_while_the_show_runs_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A write finds it out; the next look begins anew with everything that is to be kept."""
    now = [0.0]
    state = StateFolder(tmp_path, clock=lambda: now[0])
    state.save_queue({"a": 1})
    assert state._database is not None
    state._database.close()
    with sqlite3.connect(tmp_path / "show.sqlite3") as database:
        database.execute("DROP TABLE items")
    database.close()
    state._database = sqlite3.connect(tmp_path / "show.sqlite3", isolation_level=None, check_same_thread=False)
    with (tmp_path / "show.sqlite3").open("r+b") as file:
        file.write(b"rubbish" * 1000)
    assert not state.save("control token", "x")
    assert "cannot be written" in state.warning
    now[0] += 60
    state.look()
    assert "is damaged" in caplog.text
    assert (state.load_queue(), state.load("control token")) == ({"a": 1}, "x")
    state.close()
