"""The frame clock: one monotonic clock, absolute deadlines, contiguous frame numbers. Pure state, no sleeping."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

# How late, in seconds, a frame may be and still be caught up with. Beyond it the process was suspended or is far too
# slow, and racing through the backlog would only burst the encoder and every sink.
PATIENCE = 0.5


@dataclass(frozen=True)
class ClockStats:
    """What the clock has seen: frames sent, how many of them late, deadlines given up, the worst lateness (s)."""

    sent: int = 0
    late: int = 0
    skipped: int = 0
    worst: float = 0.0

    @property
    def on_time(self) -> float:
        """The share of the deadlines that got their frame in time, from 0 to 1 (1 before the first)."""
        due = self.sent + self.skipped
        return (self.sent - self.late) / due if due else 1.0


class FrameClock:
    """Deadlines for a constant frame rate.

    Frame i is due at `deadline(i)`; it is on time when it is handed to the encoder before its deadline plus one frame
    length. Frame numbers are contiguous whatever happens, so timestamps made from them have a constant rate. A short
    delay is caught up with; after a longer one the deadlines move (the skipped ones are counted) instead.

    fps: frames per second. now: a monotonic clock in seconds. patience: the longest delay to catch up with, in seconds.
    """

    def __init__(self, fps: int, now: Callable[[], float], patience: float = PATIENCE) -> None:
        if fps < 1:
            raise ValueError(f"the frame rate must be at least 1, not {fps}")
        self.fps = fps
        self._now = now
        self._patience = max(patience, 1.0 / fps)
        self._anchor: float | None = None
        self._index = 0
        self._begun = False
        self._stats = ClockStats()
        self._lateness = 0.0

    @property
    def index(self) -> int:
        """The number of the frame that is next (or in the making)."""
        return self._index

    @property
    def stats(self) -> ClockStats:
        """The figures so far."""
        return self._stats

    @property
    def lateness(self) -> float:
        """How many seconds after its deadline the last frame was sent; 0 when it was early."""
        return self._lateness

    @property
    def show_time(self) -> float:
        """Show seconds now: frame numbers over the frame rate, running on between frames but never past the next one.

        Time for which the process was suspended is no show time.
        """
        if self._anchor is None:
            return 0.0
        passed = (self._now() - self._anchor) * self.fps
        return min(max(passed, self._index - 1.0, 0.0), float(self._index)) / self.fps

    def time(self, index: int) -> float:
        """The show time of a frame, in seconds."""
        return index / self.fps

    def deadline(self, index: int) -> float:
        """When a frame is due, on the clock's own axis; the first call of any method here starts the clock."""
        if self._anchor is None:
            self._anchor = self._now() - self._index / self.fps
        return self._anchor + index / self.fps

    def wait(self) -> float:
        """How many seconds to sleep before `begin`; 0 when the next frame is due."""
        return max(0.0, self.deadline(self._index) - self._now())

    def begin(self) -> int:
        """Take the next frame in hand and return its number; each number is returned once.

        Raises RuntimeError when the frame before was not reported by `sent`.
        """
        if self._begun:
            raise RuntimeError(f"frame {self._index} was begun twice: report it with sent() first")
        late = self._now() - self.deadline(self._index)
        if late > self._patience and self._anchor is not None:
            missed = math.floor(late * self.fps)
            self._anchor += missed / self.fps
            self._stats = ClockStats(
                self._stats.sent, self._stats.late, self._stats.skipped + missed, max(self._stats.worst, late)
            )
        self._begun = True
        return self._index

    def sent(self) -> bool:
        """Report that the frame begun last was handed to the encoder; returns whether it was on time."""
        if not self._begun:
            raise RuntimeError("no frame was begun")
        late = self._now() - self.deadline(self._index)
        on_time = late <= 1.0 / self.fps
        self._lateness = max(0.0, late)
        self._stats = ClockStats(
            self._stats.sent + 1,
            self._stats.late + (not on_time),
            self._stats.skipped,
            max(self._stats.worst, late),
        )
        self._index += 1
        self._begun = False
        return on_time
