"""The control room on a real bot, queue and outputs: what it sees and what it does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.status import BlockedStatus
from dreamstream.support.logs import HOUR, MOST, RecentErrors
from tests.show.room import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "recordings")
    yield desk
    desk.sinks.close(2.0)


def test_the_state_before_and_after_the_dreamer_is_there(desk: Desk) -> None:
    """Its controls and looks come with its card."""
    (dial,) = desk.room.state().controls
    assert (dial.name, dial.value, desk.room.state().presets) == ("zoom", 1.05, ("calm", "vivid"))
    desk.card = None
    assert desk.room.state().controls == ()
    assert desk.room.state().presets == ("vivid",)


def test_the_queue_obeys(desk: Desk) -> None:
    """Moved, removed, skipped, cleared, paused and resumed; each change is kept."""
    for what, who in (("bee", "ann"), ("owl", "bob"), ("crab", "cid")):
        desk.hear(f"!dream {what}", who)
    last = desk.queue.waiting[-1].id
    saved = desk.saved
    assert desk.act("move", id=last, place=0) == "crab was moved."
    assert (desk.titles, desk.saved) == (["crab", "bee", "owl"], saved + 1)
    desk.act("remove", id=desk.queue.waiting[1].id)
    assert desk.titles == ["crab", "owl"]
    desk.act("skip")
    assert (desk.queue.current.title(), desk.titles) == ("crab", ["owl"])
    desk.act("pause")
    assert desk.room.state().paused
    desk.act("resume")
    assert not desk.room.state().paused
    desk.act("clear")
    assert desk.titles == []
    with pytest.raises(UserError, match="not waiting any more"):
        desk.act("move", id=last, place=0)


def test_what_the_control_room_asks_for_comes_at_once(desk: Desk) -> None:
    """Before all others, under the house's name; what cannot be dreamed is said."""
    desk.hear("!dream bee", "ann")
    assert desk.act("ask", text="owl + pizza")
    assert desk.queue.current.title() == "owl + pizza"
    assert {wish.who for wish in desk.queue.current.wishes} == {"the house"}
    assert desk.titles == ["bee"]
    with pytest.raises(UserError):
        desk.act("ask", text="qqqqqq")
    assert desk.queue.current.title() == "owl + pizza"


def test_policy_and_blocks(desk: Desk) -> None:
    """Hold, limit, blocking and unblocking show in the state."""
    desk.act("hold", seconds=12)
    desk.act("limit", count=4)
    desk.act("block", name="owl")
    desk.act("block", name="@mallory")
    state = desk.room.state()
    assert (state.hold, state.limit) == (12, 4)
    assert state.blocked == BlockedStatus(viewers=("mallory",), classes=("owl",))
    desk.act("unblock", name="owl")
    desk.act("unblock", name="@mallory")
    assert desk.room.state().blocked == BlockedStatus(viewers=(), classes=())


def test_controls_within_their_range(desk: Desk) -> None:
    """Set for the dreamer and shown; others are refused by name and range."""
    assert desk.act("set", name="zoom", value=1.2) == "zoom is 1.2 now."
    assert desk.dreams.controls == {"zoom": 1.2}
    assert desk.room.state().controls[0].value == 1.2
    with pytest.raises(UserError, match=r"zoom must be a number from 1 to 1\.5"):
        desk.act("set", name="zoom", value=9)
    with pytest.raises(UserError, match="there is zoom"):
        desk.act("set", name="speed", value=1)


def test_recordings_and_streams_start_and_stop(desk: Desk, tmp_path: Path) -> None:
    """A recording lies in the show's folder; a stream's key is hidden from the log before it starts."""
    desk.act("record")
    (name,) = desk.sinks.names
    assert (tmp_path / "recordings" / name).parent.is_dir()
    desk.act("stop", name=name)
    assert desk.room.state().outputs[0].state == "stopped"
    assert desk.act("forget", name=name) == f"{name} is off the list."
    assert desk.sinks.names == ()
    with pytest.raises(UserError, match="no output"):
        desk.act("stop", name="nothing")
    with pytest.raises(UserError) as refused:
        desk.act("stream", url="rtmp://host/secretkey")
    assert "secretkey" not in str(refused.value)
    desk.act("stream", url="rtmp://127.0.0.1:9/live/verysecretkey")
    assert desk.secrets == ["rtmp://127.0.0.1:9/live/verysecretkey"]
    assert "verysecretkey" not in repr(desk.room.state())


def test_recent_errors_are_the_last_hours_without_secrets() -> None:
    """Newest first, repeats counted, older and lesser ones left out, and never more than MOST."""
    now = 0.0
    log = logging.getLogger("dreamstream.test")
    with RecentErrors(("hunter22",), clock=lambda: now) as recent_errors:
        log.warning("the key hunter22 was refused")
        now = 5.0
        log.error("out of paper")
        log.info("all is well")
        log.warning("the key %s was refused", "hunter22")
        first, second = recent_errors.recent()
        assert first == {"age": 0.0, "level": "warning", "text": "the key *** was refused", "count": 2}
        assert second["text"] == "out of paper"
        now = 5.0 + HOUR
        assert recent_errors.recent() == []
        for number in range(2 * MOST):
            log.warning("number %d", number)
        assert len(recent_errors.recent()) == MOST
    log.warning("nobody listens")
    assert len(recent_errors.recent()) == MOST
