"""What a chat line asks for. Pure: text in, plain data out; no vocabulary, and no text that it cannot take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dreamstream.core import points
from dreamstream.core.programme import MAX_WISHES, REGIONS
from dreamstream.core.text import clean

# Twitch allows 500 characters in a message; what is longer came from elsewhere.
LONGEST_LINE = 500
LONGEST_PART = 60
# What comes behind so many things is counted, not read.
_MOST_READ = 4 * MAX_WISHES
LIGHTEST, HEAVIEST = 0.1, 4.0

# What commands are called besides their names, where the streamer says nothing else.
ALIASES = {"q": "queue", "pos": "position", "commands": "help", "dreamhelp": "help", "list": "classes", "wish": "dream"}

_COLOUR = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04[0-9a-fA-F]{0,6}")
_SEPARATOR = re.compile(r"[+＋&|,;/]")
# A minus only where it cannot be a hyphen: behind a space, or where a part begins.
_MINUS = re.compile(r"(?:^|\s)(?:[-−–—]\s*)+(?=\S)")
_WEIGHT = re.compile(r"(?:\s*[:*×]\s*)(\d{1,4}(?:\.\d{1,4})?)$")
SIDES = {"upper": "top", "lower": "bottom", "full": "whole", "everywhere": "whole", "topleft": "top left"}
SIDES |= {"topright": "top right", "bottomleft": "bottom left", "bottomright": "bottom right"}
PLACING = frozenset(("on", "at", "in", "to", "the", "side", "half", "corner", "of"))


@dataclass(frozen=True)
class Part:
    """One thing asked for, as written, with the region's name if one was said, and its weight.

    The weight is 0.1 to 4, or -4 to -0.1 for a thing that is not wanted.
    """

    text: str
    region: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Ask:
    """A wish for one to four things, at least one of them with a positive weight.

    bare: said without the command. left_out: how many more things were asked for. clamped: whether a weight was beyond
    0.1 to 4.
    """

    parts: tuple[Part, ...]
    bare: bool = False
    left_out: int = 0
    clamped: bool = False


@dataclass(frozen=True)
class Command:
    """Anything else the bot may be told: a word of letters and digits, in lower case, and the rest of the line."""

    name: str
    args: str = ""


@dataclass(frozen=True)
class Nothing:
    """A line that is not for the bot."""


@dataclass(frozen=True)
class Grammar:
    """How this streamer's chat asks. dream: words that ask for a dream. bare: whether a lone class name counts.

    points: whether points have names in this show, so that "calc taco - b" is a wish.
    """

    prefix: str = "!"
    dream: tuple[str, ...] = ("dream",)
    aliases: Mapping[str, str] = field(default_factory=lambda: dict(ALIASES))
    bare: bool = False
    points: bool = False


def parse(text: str, grammar: Grammar | None = None) -> Ask | Command | Nothing:
    """Read one chat line. Never raises; the same text always gives the same answer."""
    grammar = grammar or Grammar()
    # Text colours of IRC go with their numbers; they only make a line shorter.
    line = clean(_COLOUR.sub("", text[: 2 * LONGEST_LINE]), LONGEST_LINE)
    if not line.startswith(grammar.prefix):
        return (_ask(line, bare=True) if grammar.bare else None) or Nothing()
    word, _, rest = line[len(grammar.prefix) :].partition(" ")
    name = word.casefold()
    name = grammar.aliases.get(name, name)
    rest = rest.strip()
    if name in grammar.dream or name == "dream":
        return _ask(rest) or Command("help")
    if name == "mix":
        return _ask(f"mix {rest}") or Command("help")
    text, region = _place(rest)
    # Its minus is no "not wanted", its plus no second thing. Other bots calculate, too, and throw dice: what a number
    # draws is wished with "!dream random 1234" only.
    if name != "random" and points.said(f"{name} {text}", points.ANY if grammar.points else ()):
        return Ask((Part(f"{name} {text}", region),))
    return Command(name, rest) if name.isalnum() else Nothing()


def _ask(text: str, bare: bool = False) -> Ask | None:
    """The wish that `text` is; None when it wants nothing."""
    said: list[Part] = []
    pieces = [piece for piece in _SEPARATOR.split(text) if piece.strip()]
    for piece in pieces[:_MOST_READ]:
        wanted, *unwanted = map(str.strip, _MINUS.split(piece))
        said += [_part(wanted)] if wanted else []
        said += [replace(part, weight=-part.weight) for part in map(_part, unwanted) if part.text]
    if not any(part.weight > 0 for part in said):
        return None
    # Where there are too many, what is wanted counts more than what is not.
    places = sorted(range(len(said)), key=lambda place: said[place].weight < 0)[:MAX_WISHES]
    kept = [said[place] for place in sorted(places)]
    parts = tuple(map(_within_range, kept))
    left_out = len(said) - len(parts) + len(pieces[_MOST_READ:])
    return Ask(parts, bare, left_out, parts != tuple(kept))


def _within_range(part: Part) -> Part:
    weight = min(max(abs(part.weight), LIGHTEST), HEAVIEST)
    return replace(part, weight=weight if part.weight > 0 else -weight)


def _part(piece: str) -> Part:
    piece, weight = _weigh(piece)
    text, region = _place(piece)
    if weight is None:  # "bee:2 left" has its weight before the region
        text, weight = _weigh(text)
    return Part(text[:LONGEST_PART].strip(), region, 1.0 if weight is None else weight)


def _weigh(piece: str) -> tuple[str, float | None]:
    match = _WEIGHT.search(piece)
    if not match or not piece[: match.start()].strip():
        return piece, None
    # A weight of nothing is the least there is, and is told as one that is too small.
    return piece[: match.start()].strip(), max(float(match[1]), LIGHTEST / 10)


def _place(piece: str) -> tuple[str, str | None]:
    words = piece.split()
    end = len(words)
    sides: list[str] = []
    while end > 1:
        word = words[end - 1].casefold().strip(".!?()@")
        if word in PLACING:
            end -= 1
            continue
        named = [SIDES.get(side, side) for side in (word.split("-") if "-" in word else [word])]
        if not all(side in REGIONS for side in named):
            break
        sides = named + sides
        end -= 1
    region = _region(" ".join(sides).split())
    return (" ".join(words[:end]), region) if region else (piece, None)


def _region(sides: list[str]) -> str | None:
    if not sides or len(sides) > 2:
        return None
    return next((name for name in REGIONS if sorted(name.split()) == sorted(sides)), None)
