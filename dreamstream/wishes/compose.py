"""From what a viewer wrote to a programme: each part's class, and a place for those that name none. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dreamstream.core import points
from dreamstream.core.programme import MAX_WISHES, Programme, Wish, split
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.lookup import Lookup
from dreamstream.wishes.parse import Part

NO_NAMES: Mapping[str, str] = {}
RANDOM = frozenset(("random", "surprise", "anything", "something", "whatever", "?"))
_BETWEEN = re.compile(r"\s+(?:and|with|plus|n)\s+", re.IGNORECASE)
_ACROSS = {"top": "bottom", "left": "right", "top left": "bottom right", "top right": "bottom left", "whole": "whole"}
_ACROSS |= {there: here for here, there in _ACROSS.items()}


@dataclass(frozen=True)
class Unknown:
    """A part that means no class, and the classes nearest to it."""

    text: str
    near: tuple[ClassName, ...]


@dataclass(frozen=True)
class Composed:
    """A programme, and how many more things were asked for than one holds."""

    programme: Programme
    left_out: int = 0


def compose(
    parts: tuple[Part, ...],
    who: str,
    words: Lookup,
    random_name: Callable[[], str],
    named: Mapping[str, str] = NO_NAMES,
) -> Composed | Unknown:
    """The programme that `parts` ask for; the first unknown part otherwise. named: points that have names.

    At most MAX_WISHES wishes, none twice, what is wanted first. A thing that is both wanted and not is wanted.
    """
    chosen: list[tuple[str, str | None, float]] = []
    parts = tuple(sorted(parts, key=lambda part: part.weight < 0))
    for part in parts:
        name = part.text.lower()
        if found := points.said(part.text, named):
            names = [" ".join(found)] if points.means(*found, named) else []
        elif name in named and not words.exact(part.text):
            names = [name]
        else:
            names = [random_name()] if part.text.casefold() in RANDOM else understood(part.text, words)
        if not names:
            return Unknown(part.text, tuple(words.suggest(part.text)))
        for name in names:
            taken = [other for other, region, _ in chosen if part.weight < 0 or region == part.region]
            if name not in taken:
                chosen.append((name, part.region, part.weight))
    return Composed(place(chosen[:MAX_WISHES], who, named), max(0, len(chosen) - MAX_WISHES))


def understood(text: str, words: Lookup) -> list[str]:
    """The classes one part of a request means: mostly one, several for "bee and pizza" or a row of emoji."""
    if exact := words.exact(text):
        row = words.all_symbols(text) if not any(c.isalnum() for c in text) else []
        return [entry.name for entry in row] or [exact.name]
    pieces = [words.match(piece) for piece in _BETWEEN.split(text)]
    if len(pieces) > 1 and all(pieces):
        return [piece.name for piece in pieces if piece]
    match = words.match(text)
    return [match.name] if match else []


def place(chosen: list[tuple[str, str | None, float]], who: str, named: Mapping[str, str] = NO_NAMES) -> Programme:
    """Give every (class, region, weight) a region: the usual split when none is named, else what is left free.

    What is not wanted comes last and takes no room from the others.
    """
    wanted = [(name, region) for name, region, weight in chosen if weight > 0]
    if all(region is None for _, region in wanted):
        layout = [wish.region for wish in split([name for name, _ in wanted]).wishes]
    elif len(wanted) == 2:
        (_, first), (_, second) = wanted
        layout = [first or _ACROSS[second or "whole"], second or _ACROSS[first or "whole"]]
    else:
        layout = [region or "whole" for _, region in wanted]
    layout += [region or "whole" for _, region, weight in chosen if weight < 0]
    wishes = zip(chosen, layout, strict=True)
    return Programme(tuple(_wish(name, region, weight, who, named) for (name, _, weight), region in wishes))


def _wish(name: str, region: str, weight: float, who: str, named: Mapping[str, str]) -> Wish:
    kind, what = points.said(name, named) or (points.NAMED if name in named else "class", name)
    spoken = [] if kind == "class" else points.spoken(kind, what)
    held = points.carried({point: named[point] for point in spoken if point in named})
    return Wish(what, region, weight, who, kind=kind, points=held)
