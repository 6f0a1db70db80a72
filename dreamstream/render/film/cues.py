"""A cue list: what a film dreams and when, in a text that a person writes. Read here, and checked against a dreamer.

    # two owls, then night
    0:00   owl
    0:12.5 owl left + owl right
    0:20   set zoom=1.08
    0:30   look night
    1:00   end

Times are seconds, or have minutes and hours before a colon; the first is 0 and none goes back. What is dreamed is said
as for `dreamstream render`; `set` turns a control, `look` changes the look, `end` is the last line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dreamstream.core.card import Card
from dreamstream.core.errors import UsageError
from dreamstream.core.names import meant, sentence
from dreamstream.core.programme import Programme
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary

MOST_CUES, LONGEST = 10_000, 24 * 3600.0

Kind = Literal["dream", "set", "look", "end"]
_LINE = re.compile(r"(?P<time>[\d:.]+)\s+(?P<what>\S.*)")
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
_ASSIGNED = re.compile(r"(?P<name>\w+)\s*=\s*(?P<value>\S+)")


@dataclass(frozen=True)
class Cue:
    """At so many seconds of the film, what is said there; line: its number in the list, from 1."""

    at: float
    kind: Kind
    said: str
    line: int


@dataclass(frozen=True)
class Change:
    """What is different from a time on: another programme, controls, a look ("" for the one before)."""

    at: float
    programme: Programme | None = None
    controls: tuple[tuple[str, float], ...] = ()
    look: str = ""


def read_cues(text: str) -> list[Cue]:
    """The cues of a list, the last of which is its end. Raises UsageError that names the line."""
    cues: list[Cue] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        said = raw.strip()
        if not said or said.startswith("#"):
            continue
        if cues and cues[-1].kind == "end":
            raise _wrong(number, "the list has ended before it")
        found = _LINE.fullmatch(said)
        if found is None:
            raise _wrong(number, f"it must be a time and what is dreamed, like `0:12.5 owl + pizza`, not {said[:60]!r}")
        at = _seconds(found["time"], number)
        if not cues and at:
            raise _wrong(number, "the first time must be 0")
        if cues and at < cues[-1].at:
            raise _wrong(number, "its time is before that of the line above")
        cues.append(_cue(at, found["what"], number))
        if len(cues) > MOST_CUES:
            raise UsageError(f"A cue list has {MOST_CUES} lines at most.")
    if not cues or cues[-1].kind != "end":
        raise UsageError("The cue list has no end; its last line must be a time and `end`, like `1:00 end`.")
    if not 0 < cues[-1].at <= LONGEST:
        raise _wrong(cues[-1].line, f"a film ends after 0 and up to {LONGEST / 3600:g} hours")
    if not any(cue.kind == "dream" and not cue.at for cue in cues):
        raise UsageError("The cue list says nothing to dream at its beginning, like `0:00 owl`.")
    return cues


def changes(cues: Sequence[Cue], card: Card, seed: int) -> list[Change]:
    """What the cues change, in their order, for a dreamer with this card. Raises UsageError that names the line."""
    vocabulary = Vocabulary.of(card.words)
    made: list[Change] = []
    for cue in cues:
        try:
            if cue.kind == "dream":
                programme = programme_of(cue.said, vocabulary, seed + cue.line)
                card.check_wishes(programme)
                made.append(Change(cue.at, programme))
            elif cue.kind == "set":
                made.append(Change(cue.at, controls=(_assigned(cue.said, card),)))
            elif cue.kind == "look":
                if cue.said not in card.presets:
                    raise UsageError(f"There is no look {cue.said!r}; {meant(cue.said, card.presets)}")
                made.append(Change(cue.at, look=cue.said))
        except (UsageError, ValueError) as error:
            raise UsageError(f"Line {cue.line} of the cue list: {sentence(str(error))}") from None
    return made


def _seconds(text: str, line: int) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _wrong(line, f"{text!r} is no time; times look like 12.5, 1:30 or 1:02:03")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _cue(at: float, what: str, line: int) -> Cue:
    word, _, rest = what.partition(" ")
    if what == "end":
        return Cue(at, "end", "", line)
    if word == "set" and "=" in rest:
        return Cue(at, "set", rest.strip(), line)
    if word == "look" and rest.strip():
        return Cue(at, "look", rest.strip(), line)
    return Cue(at, "dream", what, line)


def _assigned(said: str, card: Card) -> tuple[str, float]:
    found = _ASSIGNED.fullmatch(said)
    if found is None:
        raise ValueError(f"`set` must look like `set zoom=1.08`, not {said!r}")
    try:
        value = float(found["value"])
    except ValueError:
        raise ValueError(f"{found['value']!r} is no number for {found['name']}") from None
    return found["name"], card.control(found["name"]).check(value)


def _wrong(line: int, why: str) -> UsageError:
    return UsageError(f"Line {line} of the cue list: {why}.")
