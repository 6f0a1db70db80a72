"""How long to wait between attempts."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class BackOff:
    """Doubling waits, in seconds: `first` before the second attempt, never more than `longest`."""

    first: float = 1.0
    longest: float = 30.0

    def before(self, attempt: int, chance: float) -> float:
        """Seconds before attempt number `attempt` (from 1); `chance` in [0, 1) spreads sinks that failed together."""
        return float(min(self.longest, self.first * 2.0 ** min(attempt - 1, 20)) * (0.6 + 0.4 * chance))


class Backoff:
    """Waiting times between tries, in seconds: doubling from `first` to `most`, each drawn from its upper half."""

    def __init__(self, first: float = 1.0, most: float = 60.0, chance: random.Random | None = None) -> None:
        self._first, self._most, self._chance = first, most, chance or random.Random()
        self._failures = 0

    def next(self) -> float:
        """How long to wait before the next try."""
        ceiling = min(self._most, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return ceiling * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew after a success."""
        self._failures = 0
