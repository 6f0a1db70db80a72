"""What tests of whole shows share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamstream.core.dreamer import Dreamer
from tests.doubles import ColourDreamer
from tests.polling import until
from tests.show.running import Running, Start, keep_alone


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A show that only its test decides on."""
    keep_alone(monkeypatch, tmp_path)


@pytest.fixture
def start(tmp_path: Path, alone: None) -> Iterator[Start]:
    """Starts shows with their state in one folder; ends them after the test."""
    shows: list[Running] = []

    def begin(make: Callable[[], Dreamer] = ColourDreamer, **keys: Any) -> Running:
        shows.append(Running(make, **{"state": tmp_path / "state", **keys}))
        running = shows[-1]
        until(lambda: running.ended or running.show.frames.stats.sent >= 3, 20, "pictures to move")
        return running

    yield begin
    for running in shows:
        if not running.ended:
            running.stop()
