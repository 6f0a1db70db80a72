"""Text that strangers wrote, made fit to be read: one line, bounded, with nothing that cannot be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

JOINER = "\u200d"


def one_line(characters: Iterable[str], longest: int) -> str:
    """The characters in NFC, at most `longest` of them, with one space where there were blanks."""
    return " ".join(unicodedata.normalize("NFC", "".join(characters)).split())[:longest].strip()


def clean(text: str, longest: int) -> str:
    """What was typed, on one line: without control, formatting, private and unassigned characters.

    The joiner inside emoji stays. Of long texts only the beginning is looked at, so that time is bounded.
    """
    return one_line((_kept(char) for char in text[: 4 * longest]), longest)


def _kept(char: str) -> str:
    if char.isspace():
        return " "
    return char if char == JOINER or unicodedata.category(char)[0] != "C" else ""
