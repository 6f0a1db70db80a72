"""What the soak says of growth: the slope, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from dreamstream.bench.growth import growth

HOUR = np.arange(0, 3600, 10.0)


def test_a_straight_line_grows_by_its_slope_with_no_doubt() -> None:
    """Without noise there is nothing to be unsure of."""
    found = growth(HOUR, 500 + 7 * HOUR / 3600)
    assert found is not None
    assert [found.per_hour, found.low, found.high] == pytest.approx([7, 7, 7])
    assert not found.flat


def test_nineteen_of_twenty_intervals_hold_the_true_slope() -> None:
    """Also where what follows is like what came before, as memory is; plain least squares would hold 6 of 10."""
    chance, held, runs = np.random.default_rng(1), 0, 200
    for _ in range(runs):
        noise = np.zeros(len(HOUR))
        for i in range(1, len(noise)):
            noise[i] = 0.97 * noise[i - 1] + chance.normal()
        found = growth(HOUR, 3 * HOUR / 3600 + noise)
        assert found is not None
        held += found.low <= 3 <= found.high
    assert held / runs > 0.85


def test_little_says_nothing_and_still_says_flat() -> None:
    """Three minutes are too short; a figure that never changes is flat."""
    assert growth(HOUR[:18], HOUR[:18]) is None
    found = growth(HOUR, np.full(len(HOUR), 19.0))
    assert found is not None
    assert found.flat
    assert found.per_hour == pytest.approx(0, abs=1e-9)
