"""A rolling restart: channels begun anew one after the other. Pure: it is told how they are, and says whose turn it is.

    nobody's turn --one waits--> its turn --it runs, is stopped or is gone--> nobody's turn
    its turn --it is parked--> over: the others stay as they are, and a note says why

Invariants: one channel has its turn at most; a channel waits once at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from dreamstream.farm.channel import Channel, Phase


class RollingRestart:
    """Who is to be restarted, in order. note: why the last one ended early, as a sentence."""

    def __init__(self) -> None:
        self.note = ""
        self._waiting: deque[str] = deque()
        self._turning = ""

    def begin(self, names: Iterable[str]) -> int:
        """Restart these, and nobody else who waited; how many they are."""
        self._waiting = deque(dict.fromkeys(names))
        self._turning, self.note = "", ""
        return len(self._waiting)

    def add(self, names: Iterable[str]) -> None:
        """Restart these too, after those who wait."""
        self._waiting.extend(name for name in dict.fromkeys(names) if name not in self._waiting)

    def leave_out(self, name: str) -> None:
        """One that waits is not to be restarted after all."""
        if name in self._waiting:
            self._waiting.remove(name)

    def clear(self) -> None:
        """Nobody who waits is to be restarted."""
        self._waiting.clear()

    def next(self, lives: Mapping[str, Channel]) -> str:
        """Whose turn begins now, "" for nobody's. lives: the farm's channels by name."""
        life = lives.get(self._turning)
        if life is not None and life.phase is Phase.PARKED:
            self.note = f"The rolling restart ended at {self._turning}, which does not start: {life.why}."
            self._waiting.clear()
        elif life is not None and life.down:
            return ""
        self._turning = self._waiting.popleft() if self._waiting else ""
        return self._turning if self._turning in lives else ""
