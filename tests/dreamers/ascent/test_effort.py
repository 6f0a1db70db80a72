"""What steps the ascent dreamer makes of an effort."""

from __future__ import annotations

import pytest

from dreamstream.core.dreamer import Effort
from dreamstream.dreamers.ascent.effort import FEWEST_STEPS, FOLLOWED, MOST_STEPS, StepPlan, Steps


@pytest.mark.parametrize(("cost", "change"), [(1, 1.0), (4, 0.9), (35, 0.25)])
def test_an_exact_effort_is_exact(cost: int, change: float) -> None:
    """Whatever was measured before, as many steps of just that strength as a log says."""
    plan = StepPlan(4)
    plan.took(8.0, 4)
    assert plan.steps(Effort.exactly({"steps": cost}, change)) == Steps(cost, change, 1.0)


def test_as_many_steps_as_are_in_time() -> None:
    """The fewest before anything is known; then what fits, from the fewest to the most."""
    plan = StepPlan(10)
    assert plan.steps(Effort(seconds=9.0)).count == FEWEST_STEPS
    plan.took(0.4, 4)
    assert plan.steps(Effort(seconds=0.65)) == Steps(6, 1.0, FEWEST_STEPS / 6)
    assert plan.steps(Effort(seconds=0.01)) == Steps(FEWEST_STEPS, 1.0, 1.0)
    assert plan.steps(Effort(seconds=9.0)).count == MOST_STEPS


def test_the_usual_amount_is_the_same_on_every_machine() -> None:
    """Where nobody waits: the look's own steps, and more when dreams are far apart; measurements do not count."""
    plan = StepPlan(10)
    for _ in range(2):
        assert [plan.steps(effort).count for effort in (Effort(), Effort(interval=0.4), Effort(interval=2.0))] == [
            10, 10, 30
        ]  # fmt: skip
        plan.took(9.0, 1)
    assert StepPlan(4).steps(Effort(interval=0.4)).count == 6


def test_change_is_what_people_can_follow() -> None:
    """Many steps in a short interval are smaller ones, also where their number is fixed; a share of that is less."""
    plan = StepPlan(4)
    steps = plan.steps(Effort(interval=0.1, cost={"steps": 16}))
    assert steps.strength * steps.count / 0.1 == pytest.approx(FOLLOWED)
    assert plan.steps(Effort(interval=0.1, change=0.5, cost={"steps": 16})).strength == steps.strength / 2
