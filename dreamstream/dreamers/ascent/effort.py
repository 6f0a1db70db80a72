"""From an effort to ascent steps: how many fit into the seconds at hand, and how strong they are. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from dreamstream.core.dreamer import Effort
from dreamstream.dreamers.ascent.card import STEPS

# Fewer steps than these show no change, and more than these answer late: a live dream has so many.
FEWEST_STEPS, MOST_STEPS = 4, 16
# Steps per second that a person can follow. A faster machine makes more but smaller steps: the picture is finer and
# answers sooner, and changes no faster.
FOLLOWED = 80.0
# Where nobody waits, dreams are made at the pace of a live show on two cores: so many steps per second of the show.
USUAL_RATE = 15.0
# How much a new measurement counts in the mean of those before.
NEWEST = 0.2


@dataclass(frozen=True)
class Steps:
    """count: the steps of a dream. strength: a factor on each. quickest: the share of them that is the fewest."""

    count: int
    strength: float
    quickest: float


class StepPlan:
    """Turns efforts into steps, and learns from the dreams made how long a step takes on this machine.

    usual: the steps of a dream when the effort says nothing else.
    """

    def __init__(self, usual: int) -> None:
        self._usual = usual
        self._each: float | None = None  # seconds per step, smoothed

    def steps(self, effort: Effort) -> Steps:
        """The steps of the next dream."""
        fixed = effort.cost.get(STEPS)
        if fixed is not None:
            count = max(1, round(fixed))
        elif effort.seconds is not None:
            fitting = FEWEST_STEPS if self._each is None else int(effort.seconds / self._each)
            count = min(MOST_STEPS, max(FEWEST_STEPS, fitting))
        elif effort.interval is not None:
            count = max(self._usual, round(USUAL_RATE * effort.interval))
        else:
            count = self._usual
        strength = effort.change
        if effort.interval is not None:
            strength *= min(1.0, FOLLOWED * effort.interval / count)
        return Steps(count, strength, 1.0 if fixed is not None else min(1.0, FEWEST_STEPS / count))

    def took(self, seconds: float, count: int) -> None:
        """Learn from a dream of `count` steps that was made in `seconds`."""
        each = seconds / count
        self._each = each if self._each is None else self._each + NEWEST * (each - self._each)
