"""How often to dream, with how many steps, and how strong: pure arithmetic on measured times."""

from __future__ import annotations

import math

# A dream should take at most about this long; longer ones answer late. In seconds.
AIM = 0.2
FEWEST_STEPS, MOST_STEPS = 4, 16
# Share of an interval that is planned for dreaming; the rest absorbs what varies from dream to dream.
FILLED = 0.9
# Steps per second that a person can follow. A faster machine makes more but smaller steps: the picture is finer and
# answers sooner, and changes no faster.
FOLLOWED = 80.0


class DreamPacer:
    """How many steps the next dream gets, how strong they are, and when it will be in place.

    A machine that makes FEWEST_STEPS within a video frame dreams every frame; a slower one every second or third
    frame, and so on up to AIM; one that needs longer still takes as long as FEWEST_STEPS take.
    A dream that begins at show time s and takes I is handed over at s + I, when the one before it is exactly in place,
    and is in place itself at s + 2 I: the tweener always fades between two dreams that it has.
    """

    def __init__(self, steps: int | None = None, frame: float = 1 / 30) -> None:
        """steps: fixed steps per dream, or None for as many as are in time. frame: seconds from frame to frame."""
        self._fixed = steps
        self._frame = frame
        self._step: float | None = None  # seconds per step, smoothed
        self._last = -1.0

    @property
    def interval(self) -> float:
        """The expected time from one dream to the next, in seconds."""
        if self._step is None:
            return AIM
        return max(self._target(self._step), self._step * self.steps())

    def steps(self) -> int:
        """Steps for the next dream."""
        if self._fixed is not None:
            return self._fixed
        if self._step is None:
            return FEWEST_STEPS
        return min(MOST_STEPS, max(FEWEST_STEPS, int(FILLED * self._target(self._step) / self._step)))

    def strength(self) -> float:
        """A factor on each step, at most 1, that keeps the change per second to what FOLLOWED steps make."""
        return min(1.0, FOLLOWED * self.interval / self.steps())

    def place(self, start: float) -> float:
        """The show time at which a dream begun at `start` is to be in place; always later than the one before."""
        self._last = max(self._last + 0.001, start + 2 * self.interval)
        return self._last

    def took(self, seconds: float, steps: int) -> None:
        """Learn from a dream that was made in `seconds`."""
        each = seconds / max(1, steps)
        self._step = each if self._step is None else self._step + 0.2 * (each - self._step)

    def rest(self, seconds: float) -> float:
        """How long to wait after a dream that was made in `seconds`."""
        return 0.0 if self._step is None else max(0.0, self._target(self._step) - seconds)

    def _target(self, each: float) -> float:
        """The shortest whole number of frames into which the fewest steps fit, at most AIM."""
        least = each * (FEWEST_STEPS if self._fixed is None else self._fixed)
        frames = max(1, math.ceil(least / FILLED / self._frame))
        return min(frames * self._frame, max(AIM, self._frame))
