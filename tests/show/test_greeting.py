"""What the person who starts a show reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.settings.load import load
from dreamstream.show.build import TOKEN
from dreamstream.show.greeting import Greeting
from dreamstream.show.state import StateFolder
from dreamstream.web.token import digest


def test_the_way_to_the_control_room_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And only its digest is kept; a show that has a token already says where it is, and no more."""
    state = StateFolder(tmp_path / "state")
    greeted = Greeting(load({}, None, {}), 8123, "secret", state)
    greeted.hello()
    assert capsys.readouterr().out.startswith("The show is on: open http://127.0.0.1:8123/ and ask for something")
    owed = [greeted.owes_link]
    greeted.link()
    greeted.link()
    owed.append(greeted.owes_link)
    assert capsys.readouterr().out.count("http://127.0.0.1:8123/control#secret") == 1
    assert owed == [True, False]
    assert state.load(TOKEN) == digest("secret")
    Greeting(load({}, None, {}), 8123, "", state).link()
    assert capsys.readouterr().out == ""
    state.close()


def test_a_browser_is_opened_where_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own, for it may take its time to start."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("threading.Thread.start", lambda thread: thread.run())
    state = StateFolder(tmp_path / "state")
    for wanted in (False, True):
        Greeting(load({"open": wanted}, None, {}), 80, "", state).hello()
    assert opened == ["http://127.0.0.1:80/"]
    state.close()
