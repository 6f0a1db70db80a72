"""What the show dreams when nobody asks: picks that never repeat at once. Deterministic for a given generator."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dreamstream.core.programme import Programme, split

# How often an idle pick is two things at once, so that newcomers see that it can be done.
_PAIRS = 0.2
# A class comes back after as many others as this share of the vocabulary.
_MEMORY = 0.5


class IdlePicker:
    """Draws from `names`, which must not be empty; nothing drawn lately is drawn again while others are left.

    blocked: names that are never drawn (unless all are blocked).
    """

    def __init__(self, names: Sequence[str], chance: random.Random) -> None:
        if not names:
            raise ValueError("the show needs at least one class to dream of")
        self._names = list(dict.fromkeys(names))
        self._chance = chance
        self._recent: list[str] = []
        self.blocked: set[str] = set()

    def pick(self, not_these: Sequence[str] = ()) -> Programme:
        """One class, sometimes two; none of `not_these` and none drawn lately, as far as the vocabulary allows."""
        count = 2 if len(self._names) > 3 and self._chance.random() < _PAIRS else 1
        chosen: list[str] = []
        for _ in range(count):
            chosen.append(self._one({*not_these, *chosen}))
        return split(chosen)

    def random_name(self) -> str:
        """One class for a viewer who leaves the choice to the show."""
        return self._one(set())

    def _one(self, taboo: set[str]) -> str:
        names = [name for name in self._names if name not in self.blocked] or self._names
        fresh = [name for name in names if name not in taboo and name not in self._recent]
        allowed = fresh or [name for name in names if name not in taboo] or names
        name = self._chance.choice(allowed)
        self._recent = [*self._recent, name][-max(1, int(len(self._names) * _MEMORY)) :]
        return name
