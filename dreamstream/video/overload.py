"""Whether the machine makes and encodes pictures in time. Pure arithmetic on measured times."""

from __future__ import annotations

# A machine that is too slow for a few seconds, as while it compiles, is no reason to change anything for good.
WINDOW, WINDOWS = 2.0, 3
FULL = 0.95


class Overload:
    """Watches what frames take.

    fps: the frame rate. A window of frames is full when they took nearly all the time that they had.
    """

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._most = max(1, round(WINDOW * fps))
        self._seconds = 0.0
        self._frames = 0
        self._full = 0

    def note(self, seconds: float) -> float | None:
        """Take what one frame took; says the share of a frame's time that is taken when that has gone on for too long.

        Then it begins anew, so that what is done about it can show.
        """
        self._seconds += seconds
        self._frames += 1
        if self._frames < self._most:
            return None
        share = self._seconds * self._fps / self._frames
        self._seconds, self._frames = 0.0, 0
        self._full = self._full + 1 if share > FULL else 0
        if self._full < WINDOWS:
            return None
        self._full = 0
        return share
