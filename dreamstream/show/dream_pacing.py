"""How often to dream, and how much time each dream has: pure arithmetic on measured times."""

from __future__ import annotations

import math

from dreamstream.core.dream import Cost
from dreamstream.core.dreamer import Effort

# A dream should take at most about this long; longer ones answer late. In seconds.
AIM = 0.2
# Share of an interval that is planned for dreaming; the rest absorbs what varies from dream to dream.
FILLED = 0.9
# How much a new measurement counts in the mean of those before.
NEWEST = 0.2


class DreamPacer:
    """What effort the next dream may be, and when it will be in place.

    A machine that makes the quickest dream that there is within a video frame dreams every frame; a slower one every
    second or third frame, and so on up to AIM; one that needs longer still takes as long as the quickest dream takes.
    A dream that begins at show time s and takes I is handed over at s + I, when the one before it is exactly in place,
    and is in place itself at s + 2 I: the tweener always fades between two dreams that it has.
    cost: what is fixed of each dream's cost (`Effort.cost`). frame: seconds from video frame to frame.
    """

    def __init__(self, cost: Cost | None = None, frame: float = 1 / 30) -> None:
        self._cost = dict(cost or {})
        self._frame = frame
        # Seconds that the quickest dream takes with its finish, and the finish alone, smoothed.
        self._quickest: float | None = None
        self._finish = 0.0
        self._last = -1.0

    @property
    def interval(self) -> float:
        """The expected time from one dream to the next, in seconds."""
        return AIM if self._quickest is None else max(self._target(self._quickest), self._quickest)

    def effort(self, things: float = 1.0) -> Effort:
        """The effort of the next dream. things: see `Effort`."""
        target = AIM if self._quickest is None else self._target(self._quickest)
        return Effort(max(FILLED * target - self._finish, 0.0), self.interval, cost=self._cost, things=things)

    def place(self, start: float) -> float:
        """The show time at which a dream begun at `start` is to be in place; always later than the one before."""
        self._last = max(self._last + 0.001, start + 2 * self.interval)
        return self._last

    def took(self, seconds: float, quickest: float, finish: float = 0.0) -> None:
        """Learn from a dream that was made in `seconds`; quickest: see `Dream.quickest`. finish: seconds after that."""
        least = seconds * quickest + finish
        if self._quickest is None:
            self._quickest, self._finish = least, finish
            return
        self._quickest += NEWEST * (least - self._quickest)
        self._finish += NEWEST * (finish - self._finish)

    def rest(self, seconds: float) -> float:
        """How long to wait after a dream that was made and finished in `seconds`."""
        return 0.0 if self._quickest is None else max(0.0, self._target(self._quickest) - seconds)

    def _target(self, quickest: float) -> float:
        """The shortest whole number of frames into which the quickest dream fits, at most AIM."""
        frames = max(1, math.ceil(quickest / FILLED / self._frame))
        return min(frames * self._frame, max(AIM, self._frame))
