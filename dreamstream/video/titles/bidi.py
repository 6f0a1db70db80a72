"""The order in which a line of mixed directions is set: Hebrew and Arabic from right to left, numbers in them not.

Source: the Unicode Bidirectional Algorithm (UAX #9) for one line without formatting characters: rules P2-P3, W1-W7,
N1-N2, I1-I2 and L2. Paired brackets (N0) go by their neighbours like other punctuation; a font mirrors them (L4).
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

STRONG = {"L": 0, "R": 1, "AL": 1}


def base_level(text: str) -> int:
    """0 when the text as a whole runs from left to right, 1 when from right to left: as its first letter does."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in STRONG:
            return STRONG[kind]
    return 0


def levels(text: str, base: int) -> list[int]:
    """The embedding level of every character; odd ones run from right to left."""
    edge = "LR"[base]
    kinds = _neutral(_weak([unicodedata.bidirectional(char) or "L" for char in text], edge), edge)
    if base == 0:
        return [{"L": 0, "R": 1}.get(kind, 2) for kind in kinds]
    return [1 if kind == "R" else 2 for kind in kinds]


def visual_runs(text: str, base: int) -> list[tuple[int, int, bool]]:
    """(begin, end, runs from right to left) of the pieces of `text`, in the order in which they stand on the line."""
    level = levels(text, base)
    pieces: list[tuple[int, int, int]] = []
    place = 0
    for value, group in groupby(level):
        length = len(list(group))
        pieces.append((place, place + length, value))
        place += length
    for lowest in range(max(level, default=0), 0, -1):
        pieces = _reversed_from(pieces, lowest)
    return [(begin, end, value % 2 == 1) for begin, end, value in pieces]


def _reversed_from(pieces: list[tuple[int, int, int]], lowest: int) -> list[tuple[int, int, int]]:
    """Rule L2 for one level: sequences of pieces of this level or higher, turned round."""
    turned: list[tuple[int, int, int]] = []
    for high, group in groupby(pieces, lambda piece: piece[2] >= lowest):
        here = list(group)
        turned += here[::-1] if high else here
    return turned


def _weak(kinds: list[str], edge: str) -> list[str]:
    """Rules W1 to W7: numbers and what belongs to them; the result has L, R, EN, AN and neutrals (ON)."""
    before = edge
    for index, kind in enumerate(kinds):  # W1
        kinds[index] = before = before if kind == "NSM" else kind
    strong = edge
    for index, kind in enumerate(kinds):  # W2, W3
        if kind in STRONG:
            strong = kind
        if kind == "EN" and strong == "AL":
            kinds[index] = "AN"
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for index in range(1, len(kinds) - 1):  # W4
        left, kind, right = kinds[index - 1 : index + 2]
        if left == right and ((kind == "CS" and left in ("EN", "AN")) or (kind == "ES" and left == "EN")):
            kinds[index] = left
    for index, kind in enumerate(kinds):  # W5, forwards and backwards
        if kind == "ET" and index and kinds[index - 1] == "EN":
            kinds[index] = "EN"
    for index in range(len(kinds) - 2, -1, -1):
        if kinds[index] == "ET" and kinds[index + 1] == "EN":
            kinds[index] = "EN"
    strong = edge
    for index, kind in enumerate(kinds):  # W6, W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN":
            kinds[index] = "L" if strong == "L" else "EN"
        elif kind != "AN":
            kinds[index] = "ON"
    return kinds


def _neutral(kinds: list[str], edge: str) -> list[str]:
    """Rules N1 and N2: spaces and signs go with their neighbours where these agree, else with the line."""
    found: list[str] = []
    for neutral, group in groupby(kinds, lambda kind: kind == "ON"):
        length, here = len(found), list(group)
        if not neutral:
            found += here
            continue
        left = _side(found[-1]) if found else edge
        right = _side(kinds[length + len(here)]) if length + len(here) < len(kinds) else edge
        found += [left if left == right else edge] * len(here)
    return found


def _side(kind: str) -> str:
    """Numbers count as right to left for what is between them."""
    return "L" if kind == "L" else "R"
