"""Text that strangers wrote, made fit to be read: one line, bounded, with nothing that cannot be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

JOINER = "\u200d"
# Letters and symbols that show nothing, though Unicode does not class them as formatting: chat clients put one behind
# a line that is said again. Those that take room are blanks, the combining ones are nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f") | frozenset(map(chr, range(0xE0100, 0xE01F0)))


def one_line(characters: Iterable[str], longest: int) -> str:
    """The characters in NFC, at most `longest` of them, with one space where there were blanks."""
    return " ".join(unicodedata.normalize("NFC", "".join(characters)).split())[:longest].strip()


def clean(text: str, longest: int) -> str:
    """What was typed, on one line: without control, formatting, private and unassigned characters.

    Joiners and presentation selectors stay inside emoji. Of long texts only the beginning is looked at, so that time is
    bounded.
    """
    if text.isascii() and text.isprintable():  # most lines, and every one of a flood that wants to be quick
        return one_line(text[: 4 * longest], longest)
    plain = unicodedata.normalize("NFC", "".join(_kept(char) for char in text[: 4 * longest]))
    kept: list[str] = []
    for char in plain:
        # Both ride on what is before them: a selector on a symbol, a joiner on anything but plain letters.
        before = kept[-1] if kept else " "
        if "\ufe00" <= char <= "\ufe0f" and unicodedata.category(before)[0] not in "SP":
            continue
        if char == JOINER and (before.isascii() or before == JOINER):
            continue
        kept.append(char)
    return one_line(kept, longest).rstrip(JOINER + " ")


def _kept(char: str) -> str:
    if char.isspace() or char in _BLANK:
        return " "
    if char in _UNSEEN:
        return ""
    return char if char == JOINER or unicodedata.category(char)[0] != "C" else ""
