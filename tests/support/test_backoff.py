"""Waiting between attempts: doubling, bounded, spread, and forgiven."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dreamstream.support.backoff import Backoff


def test_waits_double_to_their_bound_and_begin_again() -> None:
    """1, 2, 4, ... s at most; a success begins anew."""
    backoff = Backoff(1.0, 30.0, chance=lambda: 1.0)
    assert [backoff.next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next() == 1


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=60))
def test_each_wait_lies_in_the_upper_half(chances: list[float]) -> None:
    """Those who failed together do not come back together, and nobody is pestered, however often it fails."""
    draw = iter(chances)
    backoff = Backoff(2.0, 60.0, chance=lambda: next(draw))
    for number in range(len(chances)):
        ceiling = min(60.0, 2.0 ** (number + 1))
        assert ceiling / 2 <= backoff.next() <= ceiling
    forever = Backoff(1.0, 60.0, chance=lambda: 0.0)
    assert max(forever.next() for _ in range(2000)) == 30.0


def test_an_attempt_that_lasted_forgives_the_failures_before_it() -> None:
    """One that broke after an hour is tried again at once, one after a second is not."""
    backoff = Backoff(1.0, 30.0, steady=60.0, chance=lambda: 1.0)
    assert [backoff.next(1.0), backoff.next(60.0), backoff.next(60.1), backoff.next(0.0)] == [1, 2, 1, 2]
