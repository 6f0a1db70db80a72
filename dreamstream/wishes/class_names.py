"""What a network's classes are called, and the file that says so."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from dreamstream.wishes.spelling import fold


@dataclass(frozen=True)
class ClassName:
    """One class: its output number in the network, its unique name, its emoji ("" for none) and other words for it.

    emojis: every emoji that stands for it; `emoji` is the first of them.
    """

    index: int
    name: str
    emoji: str = ""
    aliases: tuple[str, ...] = ()
    emojis: tuple[str, ...] = ()


def read_class_names(path: Path | str) -> list[ClassName]:
    """Read columns name, codepoints (hexadecimal) and aliases, `;` between items; row n is class n.

    Raises ValueError naming the file and line for a row that cannot be read, OSError for a file that cannot.
    """
    entries: list[ClassName] = []
    with Path(path).open(newline="", encoding="utf-8") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                name, codes, aliases = row["name"].strip(), row.get("codepoints") or "", row.get("aliases") or ""
                emojis = tuple("".join(chr(int(c, 16)) for c in code.split("-")) for code in codes.split(";") if code)
            except (KeyError, ValueError, AttributeError, OverflowError):
                raise ValueError(f"{path}, line {line}: expected name,codepoints,aliases, got {row!r}") from None
            if not fold(name):
                raise ValueError(f"{path}, line {line}: the name {name!r} has no letters")
            words = tuple(alias.strip() for alias in aliases.split(";") if alias.strip())
            entries.append(ClassName(len(entries), name, emojis[0] if emojis else "", words, emojis))
    return entries
