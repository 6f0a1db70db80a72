"""A rolling restart: whose turn it is, with lives that a test plays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from dreamstream.farm.channel import Channel, Phase
from dreamstream.farm.rolling import RollingRestart


def lives(**phases: str) -> dict[str, Channel]:
    """Channels that are wanted, in these phases."""
    made = {
        name: SimpleNamespace(
            phase=Phase(phase), down=phase not in ("running", "stopped"), why="it ended (exit code 1)"
        )
        for name, phase in phases.items()
    }
    return cast("dict[str, Channel]", made)


def test_the_next_turn_comes_when_the_one_before_runs() -> None:
    """Nobody begins while one is down; one that was stopped, or is gone, holds nobody up."""
    rolling = RollingRestart()
    assert rolling.next(lives(a="running")) == ""
    assert rolling.begin(["a", "b", "c"]) == 3
    assert rolling.next(lives(a="running", b="running", c="running")) == "a"
    for phase in ("ending", "waiting", "starting"):
        assert rolling.next(lives(a=phase, b="running", c="running")) == ""
    assert rolling.next(lives(a="running", b="running", c="running")) == "b"
    assert rolling.next(lives(a="running", b="stopped", c="running")) == "c"
    assert rolling.next(lives(a="running", b="stopped")) == ""
    assert rolling.note == ""


def test_one_that_does_not_come_back_ends_it() -> None:
    """The others stay as they were, it is said, and the next restart begins with nothing of it."""
    rolling = RollingRestart()
    rolling.begin(["a", "b"])
    assert rolling.next(lives(a="running", b="running")) == "a"
    assert rolling.next(lives(a="parked", b="running")) == ""
    assert rolling.note == "The rolling restart ended at a, which does not start: it ended (exit code 1)."
    assert rolling.next(lives(a="parked", b="running")) == ""
    rolling.begin(["b"])
    assert rolling.note == ""
    assert rolling.next(lives(a="parked", b="running")) == "b"


def test_who_waits() -> None:
    """Each once, in order; some are added, some are left out, and some are no more."""
    rolling = RollingRestart()
    rolling.add(["b", "a", "b"])
    rolling.add(["a", "c", "d"])
    rolling.leave_out("a")
    rolling.leave_out("x")
    assert rolling.next(lives(b="running", d="running")) == "b"
    assert rolling.next(lives(b="running", d="running")) == ""  # c is gone
    assert rolling.next(lives(b="running", d="running")) == "d"
    rolling.add(["b"])
    rolling.clear()
    assert rolling.next(lives(b="running", d="running")) == ""


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from(["running", "starting"]), max_size=30))
def test_never_two_at_once(names: list[str], phases: list[str]) -> None:
    """Whatever comes, nobody's turn begins while another's lasts, and nobody has two."""
    rolling = RollingRestart()
    rolling.begin(names)
    turns: list[str] = []
    for phase in phases:
        here = dict.fromkeys("abc", "running")
        if turns:
            here[turns[-1]] = phase
        if turn := rolling.next(lives(**here)):
            assert not turns or phase == "running"
            turns.append(turn)
    assert turns == list(dict.fromkeys(names))[: len(turns)]
