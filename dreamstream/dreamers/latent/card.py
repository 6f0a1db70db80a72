"""What can be known of a subject before it is opened: its words, controls, and what can be wished of it. No JAX."""

from __future__ import annotations

import re
from pathlib import Path

from dreamstream.core.arguments import LARGEST, SMALLEST
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Wish
from dreamstream.core.text import clean

NAME = "latent"
# Points of its space that have names: the subject's with one of these letters behind it.
LETTERS = "abcdefgh"
KINDS = ("class", "mix")
WILD = Control("wild", "times", 0.0, 1.5, 1.0, "How far it goes from its mean picture; 0 is the mean itself.")
SPEED = Control("speed", "times", 0.0, 4.0, 1.0, "How fast it walks.")
_MIX = re.compile(rf"([{LETTERS}])\s+([{LETTERS}])\s+(\d*\.?\d+)", re.IGNORECASE)
LONGEST_NAME = 40


def card_of(subject: str, model: Path) -> Card:
    """The card of a subject by its name."""
    name = word_of(subject)
    words = (Word(name), *(Word(f"{name} {letter}", aliases=(letter,)) for letter in LETTERS))
    return Card(NAME, words, KINDS, (WILD, SPEED), between="none", model=str(model))


def word_of(subject: str) -> str:
    """The subject's name as viewers can say it: letters, digits and blanks."""
    return clean(" ".join(re.findall(r"[\w']+", subject.replace("_", " "))), LONGEST_NAME).strip() or "subject"


def point_of(wish: Wish) -> tuple[str, str, float] | None:
    """Two letters and how much of the second there is, for a named point or a mixture; None for the subject itself.

    Raises UsageError for what is neither.
    """
    if wish.kind == "mix":
        found = _MIX.fullmatch(wish.what.strip())
        if found is None or float(found[3]) > 1:
            raise UsageError(
                f"There is no mixture {wish.what!r}; say two letters of {LETTERS[0]} to {LETTERS[-1]} and a share up "
                "to 1: mix a b .3."
            )
        return found[1].lower(), found[2].lower(), float(found[3])
    letter = wish.what.rpartition(" ")[2]
    return (letter, letter, 0.0) if " " in wish.what and len(letter) == 1 and letter in LETTERS else None


def check_size(size: tuple[int, int]) -> None:
    """Raise UsageError unless pictures of (width, height) can be made: even sides of SMALLEST to LARGEST pixels."""
    width, height = size
    if width % 2 or height % 2 or not all(SMALLEST <= side <= LARGEST for side in size):
        raise UsageError(
            f"A canvas of {width}x{height} is not possible: sides must be even, {SMALLEST} to {LARGEST} pixels."
        )
