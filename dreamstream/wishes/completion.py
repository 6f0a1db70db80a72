"""Every word of every spelling in one sorted list, so that what begins with a few letters is found by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

# How a spelling was found, best first: the whole name, its beginning, a later word of it; the same for other words.
EXACT, BEGINS, LATER, OTHER_EXACT, INSIDE, OTHER_BEGINS, OTHER_LATER = range(7)
# Fewer letters are inside of too many names to mean anything.
_FEWEST_INSIDE = 3


class WordIndex:
    """Where each word of folded spellings begins. names[k] and others[k] are the spellings of class k."""

    def __init__(self, names: Sequence[str], others: Sequence[Sequence[str]]) -> None:
        entries: list[tuple[str, int, int]] = []
        for number, name in enumerate(names):
            entries += _tails(name, number, BEGINS, LATER)
            for other in others[number]:
                entries += _tails(other, number, OTHER_BEGINS, OTHER_LATER)
        entries.sort()
        self._tails = [tail for tail, _, _ in entries]
        self._found = [(how, number) for _, how, number in entries]
        # One text of all names finds a part inside a word faster than a thousand short searches.
        self._text = "\n".join(names)
        self._ends = [0]
        for name in names:
            self._ends.append(self._ends[-1] + len(name) + 1)

    def beginning(self, prefix: str) -> dict[int, int]:
        """The classes that have a word from which on they begin with `prefix`, and the best way each was found."""
        found: dict[int, int] = {}
        for place in range(bisect_left(self._tails, prefix), len(self._tails)):
            if not self._tails[place].startswith(prefix):
                break
            how, number = self._found[place]
            if self._tails[place] == prefix and how in (BEGINS, OTHER_BEGINS):
                how = EXACT if how == BEGINS else OTHER_EXACT
            found[number] = min(found.get(number, how), how)
        return found

    def containing(self, part: str) -> dict[int, int]:
        """What `beginning` finds, and the classes with `part` anywhere in their name."""
        ranks = self.beginning(part)
        if len(part) >= _FEWEST_INSIDE:
            place = self._text.find(part)
            while place >= 0:
                number = bisect_left(self._ends, place + 1) - 1
                ranks[number] = min(ranks.get(number, INSIDE), INSIDE)
                place = self._text.find(part, self._ends[number + 1])
        return ranks


def _tails(spelling: str, number: int, first: int, later: int) -> list[tuple[str, int, int]]:
    tails = [(spelling, first, number)]
    place = spelling.find(" ")
    while place >= 0:
        tails.append((spelling[place + 1 :], later, number))
        place = spelling.find(" ", place + 1)
    return tails
