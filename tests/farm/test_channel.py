"""The life of a channel: every way through it, with a clock that is told."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from dreamstream.farm.channel import (
    END_WITHIN,
    HUNG_AFTER,
    LOOP,
    START_WITHIN,
    STEADY,
    Channel,
    Order,
    Phase,
    Sight,
    Step,
)
from dreamstream.farm.plan import ChannelPlan, Restart
from dreamstream.support.backoff import Backoff

GONE = Sight(alive=False)
SILENT = Sight(alive=True)
WELL = Sight(alive=True, healthy=True, ready=True)


def channel(restart: Restart = "always", memory_mib: int = 0) -> Channel:
    """A channel whose back-off is not by chance."""
    return Channel(ChannelPlan("owls", {}, restart, memory_mib), Backoff(0.2, 30.0, chance=lambda: 1.0))


def running(life: Channel, now: float = 0.0) -> Channel:
    """The same, started and well for long enough."""
    life.order("start", now)
    assert life.look(GONE, now) is Step.START
    assert life.look(WELL, now) is Step.NOTHING
    assert life.look(WELL, now + STEADY) is Step.NOTHING
    assert life.phase is Phase.RUNNING
    return life


def test_a_start_waits_for_pictures() -> None:
    """It is running only when it shows pictures and can dream."""
    life = channel()
    life.order("start", 0.0)
    assert life.look(GONE, 0.0, may_start=False) is Step.NOTHING
    assert life.look(GONE, 1.0) is Step.START
    life.look(SILENT, 2.0)
    life.look(Sight(alive=True, healthy=True, ready=False), 3.0)
    assert life.phase.value == "starting"
    life.look(WELL, 4.0)
    assert life.phase.value == "running"


def test_others_wait_less_for_one_that_was_there_before() -> None:
    """The first start takes the machine's time until it can dream, a later one until pictures move."""
    moving = Sight(alive=True, healthy=True, ready=False)
    life = channel()
    life.order("start", 0.0)
    busy = []
    for now, sight in enumerate((GONE, SILENT, moving, WELL, GONE, GONE, SILENT, moving)):
        life.look(sight, 3.0 * now)
        busy.append(life.busy_starting)
    assert busy == [True, True, True, False, False, True, True, False]
    assert life.phase is Phase.STARTING
    assert life.starts == 2


def test_one_that_dies_is_back_at_once() -> None:
    """Who was well is started again within a fraction of a second, however often it is killed."""
    life = running(channel())
    now = 10.0
    for starts in range(2, 30):
        life.look(Sight(alive=False, code=-9), now)
        assert life.phase is Phase.WAITING
        assert "signal 9" in life.why
        assert life.look(GONE, now + 0.21) is Step.START
        assert life.starts == starts
        life.look(WELL, now + 1)
        life.look(WELL, now + 1 + STEADY)
        now += 20


def test_one_begun_anew_by_others_is_starting() -> None:
    """Up again before anybody saw it down: it is said to start, and old words do not make it ready."""
    life = running(channel())
    life.look(replace(WELL, pid=7), 10.0)
    assert life.look(replace(WELL, pid=8), 20.0) is Step.NOTHING
    assert (life.phase, life.starts) == (Phase.STARTING, 2)
    assert life.why == "its process was gone, and it was begun anew"
    life.look(replace(SILENT, pid=8), 20.2)
    assert life.phase is Phase.STARTING
    life.look(replace(WELL, pid=8), 24.0)
    assert (life.phase, life.starts) == (Phase.RUNNING, 2)


def test_the_pid_of_a_start_is_no_surprise() -> None:
    """One that was ended and started has another pid, and one whose pid is not known yet none."""
    life = running(channel())
    life.look(replace(WELL, pid=7), 10.0)
    life.order("restart", 11.0)
    life.look(GONE, 12.0)
    assert life.look(GONE, 12.3) is Step.START
    for sight in (SILENT, replace(SILENT, pid=9), replace(WELL, pid=9)):
        life.look(sight, 13.0)
    assert (life.phase, life.starts) == (Phase.RUNNING, 2)


def test_a_crash_loop_is_parked_until_an_order() -> None:
    """It waits longer each time, then is left alone; an order starts it again, with a clean sheet."""
    life = channel()
    life.order("start", 0.0)
    now, waits = 0.0, []
    while life.phase is not Phase.PARKED:
        before = now
        while life.look(GONE, now) is not Step.START:
            now += 0.1
        waits.append(now - before)
        life.look(WELL, now)  # well for a moment is not well
        life.look(Sight(alive=False, code=1), now + 0.5)
        now += 0.5
    assert life.starts == LOOP
    assert waits[-1] > 2 * waits[1] > 0
    assert life.look(GONE, now + 1e6) is Step.NOTHING
    life.order("restart", now)
    assert life.look(GONE, now) is Step.START
    life.look(Sight(alive=False, code=1), now)
    assert life.phase.value == "waiting"


def test_a_stop_is_asked_for_then_forced() -> None:
    """It is asked to close its files, and killed when it does not."""
    life = running(channel())
    assert life.order("stop", 10.0) is Step.END
    assert life.look(WELL, 11.0) is Step.NOTHING
    assert life.look(WELL, 10.0 + END_WITHIN) is Step.KILL
    assert life.look(WELL, 10.5 + END_WITHIN) is Step.NOTHING
    life.look(GONE, 30.0)
    assert life.phase is Phase.STOPPED
    assert life.look(GONE, 1e6) is Step.NOTHING
    assert life.why == ""


def test_a_restart_ends_and_starts() -> None:
    """One process at most: the next starts when the one before has gone."""
    life = running(channel())
    assert life.order("restart", 10.0) is Step.END
    assert life.look(WELL, 11.0) is Step.NOTHING
    life.look(GONE, 12.0)
    assert life.look(GONE, 12.0) is Step.START


def test_one_that_hangs_is_started_anew() -> None:
    """Pictures that stand still end it, sooner when it was running than while it starts."""
    life = running(channel())
    assert life.look(SILENT, STEADY + HUNG_AFTER - 1) is Step.NOTHING
    assert life.look(SILENT, STEADY + HUNG_AFTER) is Step.END
    assert "no picture" in life.why
    life.look(GONE, 50.0)
    assert life.look(GONE, 51.0) is Step.START
    assert life.look(SILENT, 51.0 + START_WITHIN - 1) is Step.NOTHING
    assert life.look(SILENT, 51.0 + START_WITHIN) is Step.END


def test_too_much_memory_ends_it() -> None:
    """The limit is the plan's, and is said."""
    life = running(channel(memory_mib=100))
    assert life.look(Sight(True, None, True, True, 100 << 20), 10.0) is Step.NOTHING
    assert life.look(Sight(True, None, True, True, 101 << 20), 10.0) is Step.END
    assert life.why == "it held 101 MiB, more than its 100"
    life.look(GONE, 12.0)
    assert life.look(GONE, 13.0) is Step.START


def test_what_a_plan_says_of_restarts() -> None:
    """`never` leaves it, `failure` only when it ended well; what nobody knows counts as a failure."""
    stories: list[tuple[Restart, int | None, Phase]] = [
        ("always", 0, Phase.WAITING),
        ("failure", 0, Phase.STOPPED),
        ("failure", 1, Phase.WAITING),
        ("failure", None, Phase.WAITING),
        ("never", 1, Phase.STOPPED),
    ]
    for restart, code, phase in stories:
        life = running(channel(restart))
        life.look(Sight(alive=False, code=code), 10.0)
        assert life.phase is phase, (restart, code)


def test_an_adopted_one_is_watched() -> None:
    """What ran before the farm is not started again, but is when it dies."""
    life = channel()
    life.adopt(0.0)
    assert life.look(WELL, 1.0) is Step.NOTHING
    assert life.starts == 0
    assert life.phase is Phase.RUNNING
    life.look(GONE, 2.0)
    assert life.look(GONE, 3.0) is Step.START


def test_one_that_cannot_be_started_is_parked_too() -> None:
    """An error of the system counts as a death."""
    life = channel()
    life.order("start", 0.0)
    for attempt in range(LOOP):
        assert life.look(GONE, 100.0 * attempt) is Step.START
        life.started_badly("it cannot be started: no memory", 100.0 * attempt)
    assert life.phase is Phase.PARKED


@given(
    st.lists(
        st.tuples(
            st.floats(0, 60),
            st.sampled_from([*get_args(Order), None]),
            st.sampled_from([GONE, Sight(alive=False, code=0), SILENT, WELL, Sight(True, None, True, True, 1 << 31)]),
        ),
        max_size=60,
    )
)
def test_never_two_and_never_unasked(story: list[tuple[float, Order | None, Sight]]) -> None:
    """Whatever happens: a start only when nothing runs, and only for who is wanted."""
    life, now, alive = channel(memory_mib=1000), 0.0, False
    for wait, order, sight in story:
        now += wait
        if order is not None:
            life.order(order, now)
        seen = sight if alive else Sight(alive=False)
        alive = alive and seen.alive
        step = life.look(seen, now)
        if step is Step.START:
            assert not alive
            assert life.wanted
            alive = True
        if step in (Step.END, Step.KILL):
            assert alive
    if not life.wanted:
        life.look(GONE, now + 1)
        assert life.look(GONE, now + 1e6) is Step.NOTHING
