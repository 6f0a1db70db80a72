"""How long to wait between attempts."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Waiting times between attempts, in seconds: doubling from `first` to `longest`, each drawn from its upper half.

    chance: gives a number in [0, 1) for each wait, which spreads those who failed together. steady: an attempt that
    lasted so long, in seconds, forgives the failures before it. Pure: neither sleeps nor reads a clock.
    """

    def __init__(
        self,
        first: float = 1.0,
        longest: float = 60.0,
        *,
        steady: float = 60.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first, self._longest, self._steady, self._chance = first, longest, steady, chance
        self._failures = 0

    def next(self, lasted: float = 0.0) -> float:
        """How long to wait before the next attempt, when the last one ended in failure after `lasted` seconds."""
        if lasted > self._steady:
            self.reset()
        ceiling = min(self._longest, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return ceiling * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """Begin anew after a success."""
        self._failures = 0
