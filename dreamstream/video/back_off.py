"""How long to wait between attempts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BackOff:
    """Doubling waits, in seconds: `first` before the second attempt, never more than `longest`."""

    first: float = 1.0
    longest: float = 30.0

    def before(self, attempt: int, chance: float) -> float:
        """Seconds before attempt number `attempt` (from 1); `chance` in [0, 1) spreads sinks that failed together."""
        return float(min(self.longest, self.first * 2.0 ** min(attempt - 1, 20)) * (0.6 + 0.4 * chance))
