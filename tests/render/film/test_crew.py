"""A film's crew, with workers that a test plays: who is on another kind of machine is said, and let go."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.render.film.crew import TRIES, Crew
from dreamstream.render.film.parts import Part
from dreamstream.render.film.process import Hear, Process


class Player:
    """A worker that says its machine, and makes each part as soon as it is told to.

    kind: of its machine; "" for a mill that dies at its first part.
    """

    def __init__(self, kind: str, hear: Hear) -> None:
        self._kind, self._hear = kind, hear
        self.told: list[int] = []
        self.killed = False
        hear(json.dumps({"machine": kind or "mill"}))

    def tell(self, line: str) -> None:
        self.told.append(json.loads(line)["number"])
        self._hear(json.dumps({"made": self.told[-1]}) if self._kind else None)

    def kill(self) -> None:
        self.killed = True

    def why(self) -> str:
        return ""


class Players:
    """Workers on machines of these kinds, in the order in which they are started; the last kind goes on for ever."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds
        self.started: list[Player] = []

    def start(self, folder: Path, number: int, hear: Hear) -> Process:
        player = Player(self._kinds[min(len(self.started), len(self._kinds) - 1)], hear)
        self.started.append(player)
        return player

    def close(self) -> None:
        pass


PARTS = [Part(number, None, 0, 0, 10 * number, 10 * number + 10) for number in range(4)]


def test_who_is_on_another_kind_of_machine_is_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No part of its is in the film, which the others make, each part once; who uses it reads why, once for each."""
    players = Players("mill", "loom", "mill")
    crew = Crew(tmp_path, 3, players)
    assert crew.machine() == "mill"
    with caplog.at_level(logging.WARNING):
        assert sorted(crew.make(PARTS, set(), lambda frames: None)) == [0, 1, 2, 3]
    mill, loom, other = players.started
    assert loom.told == []
    assert sorted(mill.told + other.told) == [0, 1, 2, 3]
    assert [player.killed for player in players.started] == [False, True, False]
    assert crew.count == 2  # nobody is asked to come in its place
    (said,) = caplog.messages
    assert "another kind of machine (loom) than the film (mill)" in said
    crew.close()
    assert all(player.killed for player in players.started)


def test_a_film_whose_kind_of_machine_is_gone_ends(tmp_path: Path) -> None:
    """Its only worker dies, and whoever comes is of another kind: after a few the film ends, and says so."""
    players = Players("", "loom")
    crew = Crew(tmp_path, 1, players)
    assert crew.machine() == "mill"
    with pytest.raises(UserError, match="no machine any more of the kind that the film is made on: mill"):
        list(crew.make(PARTS, set(), lambda frames: None))
    first, *others = players.started
    assert len(others) == TRIES
    assert all(not player.told and player.killed for player in others)
    assert first.told == [0]
