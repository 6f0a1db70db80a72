"""What can be known of a subject before it is opened: its words, controls, and what can be wished of it. No JAX."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from dreamstream.core import points
from dreamstream.core.arguments import LARGEST, SMALLEST
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.errors import UsageError
from dreamstream.core.points import LETTERS, Blend
from dreamstream.core.programme import Wish
from dreamstream.core.text import clean

NAME = "latent"
KINDS = ("class", *points.KINDS, points.NAMED)
WILD = Control("wild", "times", 0.0, 1.5, 1.0, "How far it goes from its mean picture; 0 is the mean itself.")
SPEED = Control("speed", "times", 0.0, 4.0, 1.0, "How fast it walks.")
# Principal directions that can be turned by, and how far, in standard deviations.
AXES, FARTHEST = 3, 3.0
TURNS = tuple(
    Control(
        f"axis{number}", "deviations", -FARTHEST, FARTHEST, 0.0, f"Along the {place} of what its pictures differ in."
    )
    for number, place in enumerate(("first", "second", "third"), start=1)
)
# Drawings are made of edges, which may be drawn together as far as it goes; hair and skin would turn into mosaics.
CRISP = Control("crisp", "share", 0.0, 1.0, 0.15, "How far its edges are drawn together; 0 leaves its pictures soft.")
OF_DRAWINGS = {"began": 0.7}
LONGEST_NAME = 40


def card_of(subject: str, model: Path, network: str = "") -> Card:
    """The card of a subject by its name, and by the kind of its network."""
    crisp = replace(CRISP, default=OF_DRAWINGS.get(network, CRISP.default))
    return Card(NAME, words_of(subject), KINDS, (WILD, SPEED, *TURNS, crisp), between="none", model=str(model))


def words_of(subject: str) -> tuple[Word, ...]:
    """A subject's name, and its points with letters."""
    name = word_of(subject)
    return Word(name), *(Word(f"{name} {letter}", aliases=(letter,)) for letter in LETTERS)


def word_of(subject: str) -> str:
    """The subject's name as viewers can say it: letters, digits and blanks."""
    return clean(" ".join(re.findall(r"[\w']+", subject.replace("_", " "))), LONGEST_NAME).strip() or "subject"


def aim_of(wish: Wish) -> Blend | None:
    """What a wish for a named point, a mixture, a sum, corners or numbers aims at; None for the subject itself.

    Raises UsageError for what is neither.
    """
    if wish.kind != "class":
        try:
            return points.blend(wish.kind, wish.what, points.carried_in(wish.points))
        except ValueError as error:
            raise UsageError(f"{wish.label()!r} cannot be dreamed: {error}.") from None
    letter = wish.what.rpartition(" ")[2]
    named = " " in wish.what and len(letter) == 1 and letter in LETTERS
    return Blend((letter,), (1.0,)) if named else None


def points_of(wish: Wish) -> dict[str, str]:
    """The named points that a wish holds. Raises UsageError where they cannot be read."""
    try:
        return points.carried_in(wish.points)
    except ValueError as error:
        raise UsageError(f"{wish.label()!r} cannot be dreamed: {error}.") from None


def check_size(size: tuple[int, int]) -> None:
    """Raise UsageError unless pictures of (width, height) can be made: even sides of SMALLEST to LARGEST pixels."""
    width, height = size
    if width % 2 or height % 2 or not all(SMALLEST <= side <= LARGEST for side in size):
        raise UsageError(
            f"A canvas of {width}x{height} is not possible: sides must be even, {SMALLEST} to {LARGEST} pixels."
        )
