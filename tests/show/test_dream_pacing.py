"""How often a machine dreams, from the slowest to one that makes a dream for every video frame.

The pacer is tried with the steps that the ascent dreamer makes of its efforts.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.dreamers.ascent.effort import FEWEST_STEPS, FOLLOWED, MOST_STEPS, StepPlan
from dreamstream.show.dream_pacing import AIM, DreamPacer


class Machine:
    """One that takes `each` seconds for a step of ascent, paced by a show."""

    def __init__(self, each: float, frame: float = 1 / 30, cost: dict[str, float] | None = None) -> None:
        self.each, self.pace, self.plan = each, DreamPacer(cost, frame), StepPlan(4)

    def dream(self) -> tuple[int, float]:
        """Make one; its steps, and the seconds that it took."""
        steps = self.plan.steps(self.pace.effort())
        seconds = self.each * steps.count
        self.plan.took(seconds, steps.count)
        self.pace.took(seconds, steps.quickest)
        return steps.count, seconds

    @property
    def steps(self) -> int:
        """Of the next dream."""
        return self.plan.steps(self.pace.effort()).count

    @property
    def strength(self) -> float:
        """Of each of them."""
        return self.plan.steps(self.pace.effort()).strength


def settled(each: float, frame: float = 1 / 30, cost: dict[str, float] | None = None) -> Machine:
    """A machine that has dreamed for a while."""
    machine = Machine(each, frame, cost)
    for _ in range(200):
        machine.dream()
    return machine


def run(each: float, frame: float, seconds: float) -> tuple[float, float, float]:
    """Dreams and steps per second, and the strength of steps, of such a machine on a fake clock."""
    machine, now, dreams, steps = Machine(each, frame), 0.0, 0, 0
    while now < seconds:
        count, took = machine.dream()
        now += took + machine.pace.rest(took)
        dreams, steps = dreams + 1, steps + count
    return dreams / now, steps / now, machine.strength


def test_two_cores_make_five_dreams_of_four_steps() -> None:
    """40 ms a step: five dreams a second, four full steps each."""
    dreams, steps, strength = run(0.04, 1 / 30, 60)
    assert dreams == pytest.approx(5, rel=0.02)
    assert steps == pytest.approx(20, rel=0.02)
    assert strength == 1


@pytest.mark.parametrize("fps", [30, 60])
def test_a_card_makes_a_dream_for_every_frame(fps: int) -> None:
    """With 3 ms a step, every frame has a dream of its own; its steps are smaller, so that people can follow."""
    dreams, steps, strength = run(0.003, 1 / fps, 20)
    assert dreams == pytest.approx(fps, rel=0.02)
    assert steps >= FEWEST_STEPS * fps * 0.98
    assert strength * steps == pytest.approx(FOLLOWED, rel=0.05)


def test_between_them_dreams_come_every_few_frames() -> None:
    """20 ms a step: a dream every third frame of 30 per second."""
    dreams, steps, _ = run(0.02, 1 / 30, 60)
    assert dreams == pytest.approx(10, rel=0.02)
    assert steps == pytest.approx(40, rel=0.02)


def test_a_slow_machine_takes_the_time_it_needs() -> None:
    """2 s a step, as VGG-16 on two cores: four steps a dream, one after the other."""
    machine = settled(2.0)
    assert (machine.steps, machine.pace.rest(8.0), machine.strength) == (FEWEST_STEPS, 0.0, 1.0)
    assert machine.pace.interval == pytest.approx(8.0)
    assert machine.pace.place(10.0) == pytest.approx(26.0)


def test_a_dream_is_in_place_two_intervals_after_it_began() -> None:
    """With a steady 0.4 s per dream of fixed steps: begun at 10, handed over at 10.4, in place at 10.8."""
    machine = settled(0.1, cost={"steps": 4})
    assert machine.steps == 4
    assert machine.pace.interval == pytest.approx(0.4)
    assert machine.pace.place(10.0) == pytest.approx(10.8)


def test_a_dreamer_that_cannot_hurry_is_given_its_time() -> None:
    """Dreams that always take 0.15 s, as a generator's do: one every fifth frame of 30 per second, and a rest."""
    pace = DreamPacer()
    for _ in range(50):
        pace.took(0.15, 1.0)
    assert pace.interval == pytest.approx(5 / 30)
    assert pace.rest(0.15) == pytest.approx(5 / 30 - 0.15)
    assert pace.effort().interval == pytest.approx(5 / 30)
    assert pace.effort().seconds == pytest.approx(0.15)


@given(st.lists(st.tuples(st.floats(0.001, 5), st.floats(0.1, 1), st.floats(0.0, 2)), min_size=1, max_size=60))
def test_places_only_ever_go_forward(dreams: list[tuple[float, float, float]]) -> None:
    """Whatever the making times do, each dream is placed after the one before and in the future."""
    pace, now, last = DreamPacer(), 0.0, -1.0
    for seconds, quickest, rest in dreams:
        place = pace.place(now)
        assert place > last
        assert place > now
        last = place
        pace.took(seconds, quickest)
        now += seconds + rest


@given(st.floats(0.00001, 10), st.sampled_from([15, 30, 60]))
def test_no_machine_is_asked_for_too_much(each: float, fps: int) -> None:
    """Steps stay within bounds, fit the interval, which is never shorter than a frame, and change no more than people
    can follow.
    """
    machine = settled(each, 1 / fps)
    interval, steps = machine.pace.interval, machine.steps
    assert FEWEST_STEPS <= steps <= MOST_STEPS
    assert 1 / fps <= interval * 1.0001
    assert steps * each <= interval * 1.0001
    assert interval <= max(AIM, FEWEST_STEPS * each) * 1.0001
    assert machine.strength * steps / interval <= FOLLOWED * 1.0001
    assert machine.pace.rest(each * steps) + each * steps == pytest.approx(interval)
