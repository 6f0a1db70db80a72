"""How fast a figure grows over a long run, and how sure that is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

_Floats = NDArray[np.float64]
# Samples are averaged over so many seconds before a line is laid through them.
BIN = 60.0
# What neighbouring means have in common at most; above it, no number of them says anything.
MOST_ALIKE = 0.95


@dataclass(frozen=True)
class Growth:
    """How a figure grows.

    per_hour: the slope of a line through it. low, high: where the true slope lies with 95 % confidence.
    """

    per_hour: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        """Whether the figure may well not grow at all."""
        return self.low <= 0


def growth(at: ArrayLike, values: ArrayLike) -> Growth | None:
    """The growth of values measured at times `at` (seconds); None with fewer than four minutes of them.

    Least squares through means of a minute. What follows closely in time is alike, so the degrees of freedom are those
    of an autoregressive process of the first order with the residuals' correlation (Bretherton et al., 1999, equation
    31): n (1 - r) / (1 + r).
    """
    times, means = _by_minute(np.asarray(at, float), np.asarray(values, float))
    if len(times) < 4:
        return None
    hours = times / 3600
    slope, start = np.polyfit(hours, means, 1)
    rest = means - (slope * hours + start)
    square = float(rest @ rest)
    alike = float(np.clip(rest[1:] @ rest[:-1] / square, 0, MOST_ALIKE)) if square > 0 else 0.0
    free = max(1.0, len(times) * (1 - alike) / (1 + alike) - 2)
    error = np.sqrt(square / free / float(((hours - hours.mean()) ** 2).sum()))
    reach = float(stats.t.ppf(0.975, free)) * float(error)
    return Growth(float(slope), float(slope) - reach, float(slope) + reach)


def _by_minute(at: _Floats, values: _Floats) -> tuple[_Floats, _Floats]:
    bins = (at // BIN).astype(int)
    kept = np.unique(bins)
    times = np.array([at[bins == each].mean() for each in kept])
    return times, np.array([values[bins == each].mean() for each in kept])
