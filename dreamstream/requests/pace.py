"""How long a wish stays and how many share the canvas, from how many wait. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from dreamstream.core.programme import MAX_WISHES

# An idle pick is seen at least this long before a viewer's wish replaces it, or the picture would only twitch.
IDLE_MINIMUM = 2.0


@dataclass(frozen=True)
class HoldRules:
    """How long a wish is shown, and how many are shown together.

    hold: seconds when nobody waits for it to end. shortest: what they shrink to at most.
    share_from: from how many waiting requests two, three and four of them are shown together; () for never.
    """

    hold: float = 30.0
    shortest: float = 10.0
    share_from: tuple[int, ...] = (8, 16, 24)

    @classmethod
    def of(cls, hold: float, share_from: tuple[int, ...]) -> HoldRules:
        """The rules of a hold time that shrinks to a third, but not below five seconds."""
        return cls(hold, min(hold, max(5.0, hold / 3)), share_from)

    def seconds(self, waiting: int, idle: bool) -> float:
        """How long what is shown now stays while `waiting` requests wait; an idle pick yields almost at once."""
        if idle:
            return min(IDLE_MINIMUM, self.hold) if waiting else self.hold
        return max(min(self.shortest, self.hold), self.hold / (1 + max(0, waiting - 1) / 4))

    def together(self, waiting: int) -> int:
        """How many of `waiting` requests are shown together next, at least one."""
        return min(MAX_WISHES, 1 + sum(waiting >= start for start in self.share_from))
