"""Reads a show's log: what it was made of, its dreams and its titles.

Logs of version 1 had only one kind of dreamer: their dreams say "steps" and "strength", which are cost and change.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, TypeAdapter, ValidationError

from dreamstream.core.drawing import Drawing, from_json
from dreamstream.core.dream import Cost
from dreamstream.core.dreamer import Effort
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.programme import MAX_WISHES, REGIONS, Programme, Wish
from dreamstream.journal.writer import VERSION

log = logging.getLogger(__name__)

_Side = Annotated[int, Field(ge=1, le=1 << 16)]
_Amounts = dict[str, Annotated[FiniteFloat, Field(ge=0, le=1e6)]]


class _About(BaseModel):
    """What replay needs of a log's first line; there is more in it."""

    model_config = ConfigDict(extra="allow")
    model: str
    seed: NonNegativeInt
    size: tuple[_Side, _Side]
    canvas: tuple[_Side, _Side]
    fps: Annotated[int, Field(ge=1, le=240)]
    preset: str
    dreamer: str = ""
    sha256: str = ""
    start: str = ""


class _Dream(BaseModel):
    """A dream's line, also of version 1."""

    at: FiniteFloat
    time: FiniteFloat
    cost: _Amounts | None = None
    steps: Annotated[FiniteFloat, Field(ge=0, le=1e6)] | None = None
    change: FiniteFloat | None = None
    strength: FiniteFloat = 1.0
    look: str = ""
    things: Annotated[FiniteFloat, Field(gt=0, le=1)] = 1.0
    controls: dict[str, FiniteFloat] = {}
    drawings: dict[str, Any] = {}
    programme: Annotated[list[dict[str, Any]], Field(max_length=MAX_WISHES)] | None = None


class _Title(BaseModel):
    """A title's line."""

    at: FiniteFloat
    title: str
    who: str
    coming: str


class _Checkpoint(BaseModel):
    """A checkpoint's line."""

    checkpoint: Annotated[str, Field(max_length=200)]
    machine: Annotated[str, Field(max_length=1000)]


_WISH = TypeAdapter(Wish)


@dataclass(frozen=True)
class DreamRecord:
    """One dream as it was made: handed over at show time `at`, in place at `time`. controls: set before it.

    preset: the one that took over with this dream, "" for the one before. cost, change, things: see `Dream`. interval:
    see `Effort`; a dream that was made has none, for its change says what came of it.
    """

    at: float
    time: float
    cost: Cost
    programme: Programme
    controls: dict[str, float] = field(default_factory=dict)
    restart: bool = False
    preset: str = ""
    change: float = 1.0
    things: float = 1.0
    interval: float | None = None

    @property
    def effort(self) -> Effort:
        """What makes the same dream again."""
        return replace(Effort.exactly(self.cost, self.change, self.things), interval=self.interval)


@dataclass(frozen=True)
class TitleRecord:
    """What the titles said from `at` on."""

    at: float
    title: str
    who: str
    coming: str


@dataclass(frozen=True)
class CheckpointRecord:
    """All that dreams from number `after` of the log on depend on, in a file; machine: the kind that made it."""

    after: int
    path: Path
    machine: str


@dataclass(frozen=True)
class ShowRecord:
    """A log that was read: what the show was made of, its dreams and its titles, in order; start: see ShowLog.

    drawings: those that its wishes speak of, by key. checkpoints: those of which the file is still there. pictures:
    what its wishes speak of, by name (uint8 [h, w, 3]). ends: its length, where that is not the last dream's time.
    """

    about: dict[str, Any]
    dreams: tuple[DreamRecord, ...]
    titles: tuple[TitleRecord, ...]
    start: bytes | None = None
    drawings: Mapping[str, Drawing] = field(default_factory=dict)
    checkpoints: tuple[CheckpointRecord, ...] = ()
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict, compare=False)
    ends: float | None = None

    @property
    def length(self) -> float:
        """Show seconds from its beginning to its end."""
        return self.dreams[-1].at if self.ends is None else self.ends


def read_show(path: Path) -> ShowRecord:
    """The log of a show. A last line cut short is left out. Raises UserError for what is no log."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        about = json.loads(lines[0]) if lines else {}
        if not isinstance(about, dict) or about.get("show") not in range(1, VERSION + 1):
            raise ValueError(f"its first line is not that of a show's log of version 1 to {VERSION}")
        _About.model_validate(about)
        dreams, titles, drawings, checkpoints = _read(lines[1:], path.parent)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "a wish"
        raise UsageError(f"{path} is no show's log: {where} in it is missing or wrong.") from None
    except RecursionError:
        raise UsageError(f"{path} is no show's log: it is nested too deeply.") from None
    except ValueError as error:
        raise UsageError(f"{path} is no show's log: {_plainly(error)}.") from None
    if not dreams:
        raise UsageError(f"{path} holds no dream; the show ended too early.")
    start = None
    if name := about.get("start"):
        try:
            start = (path.parent / Path(str(name)).name).read_bytes()
        except OSError:
            log.warning("%s is missing, the picture that this show began with; it begins with another.", name)
    there = tuple(each for each in checkpoints if each.after < len(dreams) and each.path.is_file())
    return ShowRecord(about, tuple(dreams), tuple(titles), start, drawings, there)


def _read(
    lines: list[str], folder: Path
) -> tuple[list[DreamRecord], list[TitleRecord], dict[str, Drawing], list[CheckpointRecord]]:
    dreams, titles, checkpoints = list[DreamRecord](), list[TitleRecord](), list[CheckpointRecord]()
    drawings: dict[str, Drawing] = {}
    programme: Programme | None = None
    restart = False
    for number, text in enumerate(lines):
        try:
            line = json.loads(text)
        except ValueError:
            if number == len(lines) - 1:
                break  # the show was killed while it wrote
            raise
        if not isinstance(line, dict):
            raise ValueError(f"line {number + 2} is no line of a log")
        if "dream" in line:
            record = _Dream.model_validate(line)
            if record.programme is not None:
                programme = Programme(tuple(map(_wish, record.programme)))
            drawings |= {key: _drawing(strokes) for key, strokes in record.drawings.items()}
            if programme is None or not programme.wishes:
                raise ValueError("a dream has no programme")
            if dreams and record.at < dreams[-1].at:
                raise ValueError("its dreams are not in order")
            cost: Cost = (
                record.cost if record.cost is not None else {} if record.steps is None else {"steps": record.steps}
            )
            change = record.strength if record.change is None else record.change
            rest = record.controls, restart, record.look, change, record.things
            dreams.append(DreamRecord(record.at, record.time, cost, programme, *rest))
            restart = False
        elif "title" in line:
            title = _Title.model_validate(line)
            titles.append(TitleRecord(title.at, title.title, title.who, title.coming))
        elif "checkpoint" in line:
            said = _Checkpoint.model_validate(line)
            # Only beside the log, whatever it says.
            checkpoints.append(CheckpointRecord(len(dreams), folder / Path(said.checkpoint).name, said.machine))
        elif "restart" in line:
            restart = True
        elif "lost" in line:
            log.warning("%s lines of the log are missing; dreams after them differ from the show's.", line["lost"])
    return dreams, titles, drawings, checkpoints


def _drawing(strokes: Any) -> Drawing:
    try:
        return from_json(strokes)
    except UserError as error:
        raise ValueError(str(error).removesuffix(".")) from None


def _wish(said: dict[str, Any]) -> Wish:
    wish = _WISH.validate_python(said)
    if wish.region not in REGIONS or not abs(wish.weight) < 1e6:
        raise ValueError(f"{wish.what[:80]!r} is wished where or as much as nothing can be")
    return wish


def _plainly(error: ValueError) -> str:
    """Why a text is no log, without what Python calls it."""
    if isinstance(error, json.JSONDecodeError):
        return f"a line of it is broken at character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    return str(error)
