"""Counting by bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.histogram import DREAM_TIME, LATENESS, Histogram


def test_a_figure_falls_into_the_first_bucket_that_holds_it() -> None:
    """A bound belongs to its own bucket; what is above all has a bucket too."""
    histogram = Histogram((1.0, 2.0))
    for value in (0.0, 1.0, 1.5, 2.0, 2.1):
        histogram.observe(value)
    status = histogram.status()
    assert status.counts == (2, 2, 1)
    assert status.bounds == (1.0, 2.0)
    assert status.sum == pytest.approx(6.6)


@given(st.lists(st.floats(0, 100)), st.sampled_from([DREAM_TIME, LATENESS]))
def test_nothing_is_lost(values: list[float], bounds: tuple[float, ...]) -> None:
    """As many counts as figures, each in the bucket that a plain count finds."""
    histogram = Histogram(bounds)
    for value in values:
        histogram.observe(value)
    counts = histogram.status().counts
    assert sum(counts) == len(values)
    for place, bound in enumerate(bounds):
        assert sum(counts[: place + 1]) == sum(value <= bound for value in values)


@pytest.mark.parametrize("bounds", [(), (1.0, 1.0), (2.0, 1.0)])
def test_bounds_must_rise(bounds: tuple[float, ...]) -> None:
    """Others are refused."""
    with pytest.raises(ValueError, match="must rise"):
        Histogram(bounds)
