"""From what a person names (a model, a programme) to what is meant, without loading a network."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from dreamstream.core import points
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import FEATURES, MAX_WISHES, REGIONS, Programme, Wish
from dreamstream.wishes.compose import Unknown, compose
from dreamstream.wishes.parse import HEAVIEST, LIGHTEST, Ask, parse
from dreamstream.wishes.vocabulary import Vocabulary

# Of a network that is convolutions alone.
NO_CLASSES = (
    "this network has no classes, only layers, channels and pictures to wish for; `dreamstream teach` teaches it some"
)

_SIGN = re.compile(r"(?:^|\s)([+-])\s")
# "owl -dog"; the file of "picture a -b.png" is one name.
_TIGHT_MINUS = re.compile(r"\s-(?=[^\s-])")
_REGION = "|".join(sorted(REGIONS, key=len, reverse=True))
_FEATURE = re.compile(
    r"(?:layer\s+(?P<layer>relu\w+)|channel\s+(?P<channel>relu\w+:\d+)"
    r"|picture\s+(?P<picture>\S.*?)|guide\s+(?P<guide>\S.*?))"
    rf"(?:\s*[:*]\s*(?P<weight>\d+(?:\.\d+)?))?(?:\s+(?P<region>{_REGION}))?",
    re.IGNORECASE,
)


def programme_of(text: str, vocabulary: Vocabulary, seed: int = 0) -> Programme:
    """The programme that "bee + pizza", "bee left + volcano" or "cat - dog" means; "random" is one class by `seed`.

    Beside classes, wishes can be for a layer ("layer relu4_3"), a channel ("channel relu5_1:37") or a picture
    ("picture FILE", "picture FILE@relu3_3", "guide FILE"), or alone for points of a subject ("calc a - b + c").
    Raises UsageError with up to three near names for a word that is no class.
    """
    text = text.strip()
    if blend := points.said(text):
        return Programme((Wish(blend[1], kind=blend[0]),))
    pieces = _SIGN.split(_spaced(text) if text.startswith(("+ ", "-")) else f"+ {_spaced(text)}")[1:]
    features: list[Wish] = []
    classes: list[str] = []
    unwanted: list[Wish] = []
    for sign, piece in zip(pieces[::2], pieces[1::2], strict=True):
        if found := _FEATURE.fullmatch(piece.strip()):
            features.append(_feature(found, -1 if sign == "-" else 1))
        elif sign == "-":  # takes no room from what is wanted
            unwanted += [replace(wish, weight=-wish.weight) for wish in _classes(piece, vocabulary, seed)]
        else:
            classes.append(piece)
    wanted = _classes(" + ".join(classes), vocabulary, seed) if classes or not (features or unwanted) else ()
    wishes = (*wanted, *features, *unwanted)
    if len(wishes) > MAX_WISHES:
        raise _too_many(text, len(wishes))
    if not any(wish.weight > 0 for wish in wishes):
        raise UsageError(f"{text!r} says only what is not wanted; name something to dream as well.")
    return Programme(wishes)


def _spaced(text: str) -> str:
    """The same with a space behind every minus that is one."""
    pieces = _SIGN.split(text[:1] + " " + text[1:] if re.match(r"-[^\s-]", text) else text)
    pieces[::2] = [p if _FEATURE.fullmatch(p.strip()) else _TIGHT_MINUS.sub(" - ", p) for p in pieces[::2]]
    signed = [f" {sign} {piece}" for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True)]
    return (pieces[0] + "".join(signed)).strip()


def _feature(found: re.Match[str], sign: int) -> Wish:
    kind = next(kind for kind in FEATURES if found[kind])
    weight = float(found["weight"] or 1)
    if not LIGHTEST <= weight <= HEAVIEST:
        raise _beyond(found[0])
    return Wish(found[kind], (found["region"] or "whole").casefold(), sign * weight, kind=kind)


def _classes(text: str, vocabulary: Vocabulary, seed: int) -> tuple[Wish, ...]:
    asked = parse(f"!dream {text}")
    if not isinstance(asked, Ask):
        raise UsageError(f"{text!r} names nothing to dream; `dreamstream classes` lists what can be.")
    if not vocabulary.entries:
        raise UsageError(f"{text!r} cannot be dreamed: {NO_CLASSES}.")
    chance = random.Random(seed)
    names = [entry.name for entry in vocabulary]
    if asked.clamped:
        raise _beyond(text)
    composed = compose(asked.parts, "", vocabulary, lambda: chance.choice(names))
    if isinstance(composed, Unknown):
        near = [found.name for found in composed.near[:3]]
        advice = f"Near to it: {', '.join(near)}." if near else "`dreamstream classes` lists what can be dreamed."
        raise UsageError(f"There is no class {composed.text!r}. {advice}")
    if more := asked.left_out + composed.left_out:
        raise _too_many(text, MAX_WISHES + more)
    return composed.programme.wishes


def _beyond(text: str) -> UsageError:
    return UsageError(
        f"{text!r} has a weight that is too small or too large; weights are {LIGHTEST:g} to {HEAVIEST:g}."
    )


def _too_many(text: str, count: int) -> UsageError:
    return UsageError(f"{text!r} asks for {count} things; {MAX_WISHES} share a picture at most.")
