"""Whether the machine keeps up with what it dreams, and of how many things it dreams where it does not. Pure.

Shares of the usual number of things, and what leads from one to the next:

    1 -> 1/2 -> 1/4     every dream of the last LONG seconds was slower than SLOW allows
    1/4 -> 1/2 -> 1     every dream of the last BACK seconds was so quick that twice the things would leave ENOUGH

A dream's time grows at most with its things, so what was gone back to is not at once too much again. Dreams of another
share than the one now asked for, as while its programs are compiled, count for nothing.
"""

from __future__ import annotations

SHARES = (1.0, 0.5, 0.25)
# Dreams a second: below the first the picture is mush; with more than the second there is room.
SLOW, ENOUGH = 1.0, 1.25
# Seconds, and dreams, through which it must have been so.
LONG, BACK, FEWEST = 12.0, 30.0, 2


class KeepingUp:
    """The share of things to dream of, learned from each dream's time."""

    def __init__(self) -> None:
        self._level = 0
        # Since when, and for how many dreams, it was too slow, or quick enough for more.
        self._slow, self._quick = _Streak(), _Streak()

    @property
    def things(self) -> float:
        """The share of the usual number of things to dream of now: one of SHARES."""
        return SHARES[self._level]

    def dreamed(self, seconds: float, things: float, now: float) -> str:
        """Learn from a dream of this share of things that took `seconds` at least; what to say, "" for nothing.

        now: the show time at which it was made; never less than before.
        """
        if things != self.things:
            return ""
        more = self.things / SHARES[self._level - 1] if self._level else 0.0
        slow = self._slow.lasts(seconds * SLOW > 1, now - seconds, now)
        quick = self._quick.lasts(bool(more) and seconds * ENOUGH <= more, now - seconds, now)
        if slow >= LONG and self._level + 1 < len(SHARES):
            self._change(1)
            return f"This machine is slow, {_often(seconds)}; the show dreams fewer, larger things until it keeps up."
        if quick >= BACK:
            self._change(-1)
            return f"This machine keeps up; the show dreams {'more' if self._level else 'as many'} things again."
        return ""

    def _change(self, by: int) -> None:
        self._level += by
        self._slow, self._quick = _Streak(), _Streak()


class _Streak:
    """How long something has been so without a break."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._count = 0

    def lasts(self, so: bool, began: float, now: float) -> float:
        """Seconds that it has lasted, where it is so again; 0 for a break, and before FEWEST times."""
        if not so:
            self._since, self._count = None, 0
            return 0.0
        self._since, self._count = began if self._since is None else self._since, self._count + 1
        return now - self._since if self._count >= FEWEST else 0.0


def _often(seconds: float) -> str:
    return f"with a dream every {seconds:.0f} seconds" if seconds >= 9.5 else f"with {1 / seconds:.1f} dreams a second"
