"""Reads a show's log: what it was made of, its dreams and its titles.

Logs of version 1 had only one kind of dreamer: their dreams say "steps" and "strength", which are cost and change.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamstream.core.dream import Cost
from dreamstream.core.dreamer import Effort
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme, Wish
from dreamstream.journal.writer import VERSION

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DreamRecord:
    """One dream as it was made: handed over at show time `at`, in place at `time`. controls: set before it.

    preset: the one that took over with this dream, "" for the one before. cost, change: see `Dream`.
    """

    at: float
    time: float
    cost: Cost
    programme: Programme
    controls: dict[str, float] = field(default_factory=dict)
    restart: bool = False
    preset: str = ""
    change: float = 1.0

    @property
    def effort(self) -> Effort:
        """What makes the same dream again."""
        return Effort.exactly(self.cost, self.change)


@dataclass(frozen=True)
class TitleRecord:
    """What the titles said from `at` on."""

    at: float
    title: str
    who: str
    coming: str


@dataclass(frozen=True)
class ShowRecord:
    """A log that was read: what the show was made of, its dreams and its titles, in order; start: see ShowLog."""

    about: dict[str, Any]
    dreams: tuple[DreamRecord, ...]
    titles: tuple[TitleRecord, ...]
    start: bytes | None = None

    @property
    def length(self) -> float:
        """Show seconds from its beginning to its last dream."""
        return self.dreams[-1].at


def read_show(path: Path) -> ShowRecord:
    """The log of a show. A last line cut short is left out. Raises UserError for what is no log."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        about = json.loads(lines[0]) if lines else {}
        if not isinstance(about, dict) or about.get("show") not in range(1, VERSION + 1):
            raise ValueError(f"its first line is not that of a show's log of version 1 to {VERSION}")
        dreams, titles = _read(lines[1:])
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no show's log: {error}.") from None
    if not dreams:
        raise UsageError(f"{path} holds no dream; the show ended too early.")
    start = None
    if name := about.get("start"):
        try:
            start = (path.parent / Path(str(name)).name).read_bytes()
        except OSError:
            log.warning("%s is missing, the picture that this show began with; it begins with another.", name)
    return ShowRecord(about, tuple(dreams), tuple(titles), start)


def _read(lines: list[str]) -> tuple[list[DreamRecord], list[TitleRecord]]:
    dreams, titles = list[DreamRecord](), list[TitleRecord]()
    programme: Programme | None = None
    restart = False
    for number, text in enumerate(lines):
        try:
            line = json.loads(text)
        except ValueError:
            if number == len(lines) - 1:
                break  # the show was killed while it wrote
            raise
        if "dream" in line:
            if "programme" in line:
                programme = Programme(tuple(Wish(**wish) for wish in line["programme"]))
            if programme is None:
                raise ValueError("a dream has no programme")
            controls = {str(key): float(value) for key, value in line.get("controls", {}).items()}
            at, time, preset = float(line["at"]), float(line["time"]), str(line.get("look", ""))
            cost = {str(key): float(amount) for key, amount in line.get("cost", {"steps": line.get("steps")}).items()}
            change = float(line.get("change", line.get("strength", 1.0)))
            dreams.append(DreamRecord(at, time, cost, programme, controls, restart, preset, change))
            restart = False
        elif "title" in line:
            titles.append(TitleRecord(float(line["at"]), line["title"], line["who"], line["coming"]))
        elif "restart" in line:
            restart = True
        elif "lost" in line:
            log.warning("%d lines of the log are missing; dreams after them differ from the show's.", line["lost"])
    return dreams, titles
