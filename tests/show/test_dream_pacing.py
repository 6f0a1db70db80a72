"""How often a machine dreams, from the slowest to one that makes a dream for every video frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.show.dream_pacing import AIM, FEWEST_STEPS, FOLLOWED, MOST_STEPS, DreamPacer


def settled(each: float, frame: float = 1 / 30, steps: int | None = None) -> DreamPacer:
    """The pace of a machine that takes `each` seconds for a step."""
    pace = DreamPacer(steps, frame)
    for _ in range(200):
        pace.took(each * pace.steps(), pace.steps())
    return pace


def run(each: float, frame: float, seconds: float) -> tuple[float, float, float]:
    """Dreams and steps per second, and the strength of steps, of such a machine on a fake clock."""
    pace, now, dreams, steps = DreamPacer(frame=frame), 0.0, 0, 0
    while now < seconds:
        count = pace.steps()
        made = each * count
        pace.took(made, count)
        now += made + pace.rest(made)
        dreams, steps = dreams + 1, steps + count
    return dreams / now, steps / now, pace.strength()


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
    pace = settled(2.0)
    assert (pace.steps(), pace.rest(8.0), pace.strength()) == (FEWEST_STEPS, 0.0, 1.0)
    assert pace.interval == pytest.approx(8.0)
    assert pace.place(10.0) == pytest.approx(26.0)


def test_a_dream_is_in_place_two_intervals_after_it_began() -> None:
    """With a steady 0.4 s per dream of fixed steps: begun at 10, handed over at 10.4, in place at 10.8."""
    pace = settled(0.1, steps=4)
    assert pace.steps() == 4
    assert pace.interval == pytest.approx(0.4)
    assert pace.place(10.0) == pytest.approx(10.8)


@given(st.lists(st.tuples(st.floats(0.001, 5), st.floats(0.0, 2)), min_size=1, max_size=60))
def test_places_only_ever_go_forward(dreams: list[tuple[float, float]]) -> None:
    """Whatever the making times do, each dream is placed after the one before and in the future."""
    pace, now, last = DreamPacer(), 0.0, -1.0
    for seconds, rest in dreams:
        place = pace.place(now)
        assert place > last
        assert place > now
        last = place
        pace.took(seconds, pace.steps())
        now += seconds + rest


@given(st.floats(0.00001, 10), st.sampled_from([15, 30, 60]))
def test_no_machine_is_asked_for_too_much(each: float, fps: int) -> None:
    """Steps stay within bounds, fit the interval, which is never shorter than a frame, and change no more than people
    can follow.
    """
    pace = settled(each, 1 / fps)
    assert FEWEST_STEPS <= pace.steps() <= MOST_STEPS
    assert 1 / fps <= pace.interval * 1.0001
    assert pace.steps() * each <= pace.interval * 1.0001
    assert pace.interval <= max(AIM, FEWEST_STEPS * each) * 1.0001
    assert pace.strength() * pace.steps() / pace.interval <= FOLLOWED * 1.0001
    assert pace.rest(each * pace.steps()) + each * pace.steps() == pytest.approx(pace.interval)
