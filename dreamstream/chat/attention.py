"""How much of a second goes into understanding viewers, so that a flood of lines never keeps the show. Pure."""

from __future__ import annotations


class Attention:
    """A bucket of seconds: `share` of every second flows in, at most `most` stay, and understanding takes out.

    While less than half is left, nothing is guessed any more (`guesses`); while nothing is left, viewers are not read
    at all (`reads`). So a flood of misspelt lines leaves room for lines that take no guessing. now: in seconds of one
    clock, which never goes back.
    """

    def __init__(self, share: float = 0.2, most: float = 0.2) -> None:
        self._share, self._most = share, most
        self._left, self._at = most, float("-inf")

    def spend(self, seconds: float, now: float) -> None:
        """Understanding took so long, measured."""
        self._left = self._level(now) - seconds
        self._at = now

    def guesses(self, now: float) -> bool:
        """Whether there is time for what needs guessing: typing errors, names within sentences, searches."""
        return self._level(now) > self._most / 2

    def reads(self, now: float) -> bool:
        """Whether there is time to read a viewer's line."""
        return self._level(now) > 0

    def _level(self, now: float) -> float:
        return min(self._most, self._left + self._share * max(0.0, now - self._at))
