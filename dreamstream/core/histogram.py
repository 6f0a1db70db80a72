"""Counting how often a figure falls into each of some buckets, as monitors want to have it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from dreamstream.core.status import HistogramStatus

# In seconds. A frame at 30 a second has 0.033; a dream takes from some hundredths to some ten seconds.
LATENESS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.033, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
DREAM_TIME = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)


class Histogram:
    """Counts figures by bucket. One thread observes, any may read.

    bounds: the upper ends of the buckets, rising; a last one takes what is above them all.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        if not bounds or any(low >= high for low, high in pairwise(bounds)):
            raise ValueError(f"the bounds of buckets must rise, not be {list(bounds)}")
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count one figure; what equals a bound is within it."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def status(self) -> HistogramStatus:
        """What was counted so far."""
        return HistogramStatus(bounds=self._bounds, counts=tuple(self._counts), sum=self._sum)
