"""Tests of the frame clock, with time that only moves when told to."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.video.clock import FrameClock


class FakeTime:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def frame(clock: FrameClock, time: FakeTime, work: float) -> int:
    """Wait for the next frame, work on it for `work` seconds and send it."""
    time.now += clock.wait()
    index = clock.begin()
    time.now += work
    clock.sent()
    return index


def test_deadlines_are_absolute() -> None:
    """A thousand frames of uneven work end exactly a thousand frame lengths after the first."""
    time = FakeTime()
    clock = FrameClock(30, time)
    for number in range(1000):
        frame(clock, time, 0.002 + 0.02 * (number % 2))
    time.now += clock.wait()
    assert time.now == pytest.approx(1000.0 + 1000 / 30, abs=1e-9)
    assert (clock.stats.sent, clock.stats.late, clock.stats.skipped) == (1000, 0, 0)
    assert clock.stats.on_time == 1.0


def test_wait_is_zero_when_due_and_never_negative() -> None:
    """A frame whose time has passed is due at once."""
    time = FakeTime()
    clock = FrameClock(25, time)
    assert clock.wait() == 0.0
    clock.begin()
    time.now += 0.1
    clock.sent()
    assert clock.wait() == 0.0


def test_on_time_means_before_the_deadline_plus_one_frame() -> None:
    """A frame sent within its frame length is on time; a moment later it is late."""
    time = FakeTime()
    clock = FrameClock(10, time)
    clock.begin()
    time.now += 0.0999
    assert clock.sent()
    time.now += clock.wait()
    clock.begin()
    time.now += 0.1001
    assert not clock.sent()
    assert clock.stats.late == 1
    assert clock.stats.worst == pytest.approx(0.1001, abs=1e-9)


def test_short_delay_is_caught_up_with() -> None:
    """After a delay shorter than its patience the clock returns to the old deadlines, skipping none."""
    time = FakeTime()
    clock = FrameClock(30, time, patience=0.5)
    frame(clock, time, 0.4)
    for _ in range(40):
        frame(clock, time, 0.001)
    assert clock.stats.skipped == 0
    assert clock.deadline(41) == pytest.approx(1000 + 41 / 30)
    assert clock.wait() > 0.03


def test_suspension_moves_the_deadlines() -> None:
    """After an hour of sleep nothing is raced: one frame now, the next a frame length later, numbers contiguous."""
    time = FakeTime()
    clock = FrameClock(30, time)
    for _ in range(10):
        frame(clock, time, 0.001)
    time.now += 3600
    assert frame(clock, time, 0.001) == 10
    assert frame(clock, time, 0.001) == 11
    assert 0.03 < clock.wait() <= 1 / 30
    assert clock.stats.skipped == pytest.approx(3600 * 30, abs=2)
    assert clock.stats.on_time < 0.001


def test_show_time_leaves_suspension_out() -> None:
    """Show time is frame numbers over the rate; sleeping does not add to it, and it never goes back."""
    time = FakeTime()
    clock = FrameClock(10, time)
    for _ in range(10):
        frame(clock, time, 0.01)
    assert clock.show_time == pytest.approx(0.91)
    time.now += 3600
    assert clock.show_time == pytest.approx(1.0)
    frame(clock, time, 0.01)
    assert clock.show_time == pytest.approx(1.01, abs=0.1)
    assert clock.time(11) == pytest.approx(1.1)


@given(st.lists(st.floats(0, 2.0), min_size=1, max_size=60), st.sampled_from([1, 24, 30, 60]))
def test_each_deadline_gets_at_most_one_frame(work: list[float], fps: int) -> None:
    """Whatever the work takes: numbers are contiguous, no frame begins before its deadline, and no two share one."""
    time = FakeTime()
    clock = FrameClock(fps, time)
    begun = []
    for number, seconds in enumerate(work):
        time.now += clock.wait()
        assert clock.begin() == number
        deadline = clock.deadline(number)
        assert deadline <= time.now + 1e-9
        assert time.now - deadline <= max(0.5, 1 / fps) + 1e-9
        begun.append(deadline)
        time.now += seconds
        clock.sent()
    assert all(b - a >= 1 / fps - 1e-6 for a, b in itertools.pairwise(begun))
    assert clock.stats.sent == len(work)


def test_beginning_twice_is_an_error() -> None:
    """A frame that was begun must be sent before the next."""
    clock = FrameClock(30, FakeTime())
    with pytest.raises(RuntimeError, match="no frame"):
        clock.sent()
    clock.begin()
    with pytest.raises(RuntimeError, match="twice"):
        clock.begin()


def test_rate_must_be_positive() -> None:
    """There are no shows at 0 frames per second."""
    with pytest.raises(ValueError, match="not 0"):
        FrameClock(0, FakeTime())
