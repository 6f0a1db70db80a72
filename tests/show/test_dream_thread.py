"""The dreamer's thread: pace, restart after failures, and an end that never waits for a stuck dreamer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.programme import Programme, split
from dreamstream.show import dream_thread
from dreamstream.show.dream_thread import DreamThread
from tests.doubles import ColourDreamer, DoubleCard
from tests.polling import until


def of(card: Card) -> ColourDreamer:
    """Whose card it is."""
    assert isinstance(card, DoubleCard)
    assert isinstance(card.of, ColourDreamer)
    return card.of


class Stage:
    """A loop over doubles, with what it delivered."""

    def __init__(self, **keywords: object) -> None:
        self.dreamers: list[ColourDreamer] = []
        self.dreams: list[Dream] = []
        self.saved: list[bytes] = []
        self.fatal: list[UserError] = []
        self.programme = split(["bee"])
        self.fails: tuple[int, ...] = ()
        self.make: Callable[[], ColourDreamer] = self.another
        self.worn: list[ColourDreamer] = []
        began = time.monotonic()
        self.loop = DreamThread(
            lambda: self.make(),
            self.wanted,
            self.dreams.append,
            lambda: time.monotonic() - began,
            save=self.saved.append,
            on_ready=lambda card: self.worn.append(of(card)),
            on_fatal=self.fatal.append,
            **keywords,  # type: ignore[arg-type]
        )

    @property
    def looks(self) -> list[str]:
        """The looks of the dreamers that were ready, in order."""
        return [dreamer.preset for dreamer in self.worn]

    @property
    def zooms(self) -> list[float | None]:
        """The zoom that each of them was set to."""
        return [dreamer.controls.get("zoom") for dreamer in self.worn]

    def wanted(self) -> Programme:
        """What is wanted now."""
        return self.programme

    def another(self) -> ColourDreamer:
        """The next double."""
        self.dreamers.append(ColourDreamer(fails=self.fails if not self.dreamers else ()))
        return self.dreamers[-1]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage whose loop is stopped after the test."""
    monkeypatch.setattr(dream_thread, "FIRST_BACK_OFF", 0.01)
    made = Stage(frame=0.01, state=b"7", controls={"zoom": 1.1})
    yield made
    made.loop.stop(5)


def test_it_goes_on_from_the_saved_state_with_the_controls_set(stage: Stage) -> None:
    """The first dreamer is restored and its controls are set before the first dream; at the end the state is saved."""
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 3, 10, "the dreamer", 0.005)
    assert stage.loop.stop(5)
    assert stage.dreamers[0].restored == b"7"
    assert stage.dreamers[0].controls == {"zoom": 1.1}
    assert stage.dreams[0].number == 7
    assert int(stage.saved[-1]) == stage.dreamers[0].number
    times = [dream.time for dream in stage.dreams]
    assert times == sorted(set(times))
    assert stage.loop.status.state == "stopped"
    assert stage.loop.status.dreams == len(stage.dreams)


class Tired:
    """Wants fewer things after the first dream."""

    def __init__(self) -> None:
        self.things = 1.0

    def dreamed(self, seconds: float, things: float, now: float) -> str:
        """What is said the first time."""
        said, self.things = "Too slow." if self.things == 1 else "", 0.5
        return said


@pytest.mark.parametrize("cost", [{}, {"steps": 4}], ids=["free", "fixed"])
def test_a_slow_machine_dreams_fewer_things(
    stage: Stage, cost: dict[str, float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The dreamer is asked for fewer, the status tells, and it is said once; not where a person fixed the cost."""
    monkeypatch.setattr(dream_thread, "KeepingUp", Tired)
    stage.loop._cost = cost
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 4, 10, "the dreamer", 0.005)
    things = 1.0 if cost else 0.5
    assert [effort.things for effort in stage.dreamers[0].efforts[:3]] == [1.0, things, things]
    assert stage.loop.status.things == things
    assert caplog.text.count("Too slow.") == (0 if cost else 1)


def test_a_failing_dreamer_is_replaced(stage: Stage) -> None:
    """A dreamer that raises is replaced after a pause, and dreams come again."""
    stage.fails = (9,)
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 5, 10, "the dreamer", 0.005)
    assert len(stage.dreamers) == 2
    assert stage.loop.status.failures == 1
    assert stage.loop.status.state == "dreaming"


def test_a_state_that_it_fails_on_is_given_up(stage: Stage) -> None:
    """When nothing was dreamed from a saved state, the next dreamer starts fresh."""
    stage.fails = (7,)
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 2, 10, "the dreamer", 0.005)
    assert stage.dreamers[1].restored is None
    assert stage.dreams[0].number == 0


def test_status_says_why_it_waits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits to start again, the status tells the reason."""
    monkeypatch.setattr(dream_thread, "FIRST_BACK_OFF", 60.0)
    stage.fails = (8,)
    stage.loop.start()
    until(lambda: stage.loop.status.state == "waiting", 10, "the dreamer", 0.005)
    assert stage.loop.status.detail == "RuntimeError: dream 8 failed"


def test_a_persons_mistake_is_not_tried_again(stage: Stage) -> None:
    """A model that cannot be loaded ends the loop and is reported."""

    def refuse() -> ColourDreamer:
        raise UsageError("There is no model called x.")

    stage.make = refuse
    stage.loop.start()
    until(lambda: bool(stage.fatal), 10, "the dreamer", 0.005)
    assert stage.loop.stop(5)
    assert stage.loop.status.detail == "There is no model called x."


def test_a_control_out_of_range_at_the_start_is_a_persons_mistake() -> None:
    """--set zoom=9 is refused in the dreamer's own words."""
    stage = Stage(controls={"zoom": 9.0})
    stage.loop.start()
    until(lambda: bool(stage.fatal), 10, "the dreamer", 0.005)
    assert "zoom must be 0.9 to 1.2 per second" in str(stage.fatal[0])
    assert isinstance(stage.fatal[0], UsageError)


def test_a_control_is_set_between_dreams(stage: Stage) -> None:
    """A control set while dreaming reaches the dreamer; a bad one changes nothing and fails nothing."""
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 1, 10, "the dreamer", 0.005)
    stage.loop.set("zoom", 1.15)
    until(lambda: stage.dreamers[0].controls["zoom"] == 1.15, 10, "the dreamer", 0.005)
    stage.loop.set("zoom", 99)
    seen = len(stage.dreams)
    until(lambda: len(stage.dreams) >= seen + 3, 10, "the dreamer", 0.005)
    assert stage.dreamers[0].controls["zoom"] == 1.15
    assert stage.loop.status.failures == 0


def test_the_programme_is_asked_once_per_dream(stage: Stage) -> None:
    """However often the programme changes, a dream is of one programme."""
    asked = 0

    def wanted() -> Programme:
        nonlocal asked
        asked += 1
        return split(["bee" if asked % 2 else "pizza"])

    stage.loop._programme = wanted
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 4, 10, "the dreamer", 0.005)
    stage.loop.stop(5)
    assert asked == len(stage.dreams)
    assert [dream.programme.title() for dream in stage.dreams[:4]] == ["bee", "pizza", "bee", "pizza"]


def test_stop_does_not_wait_for_a_stuck_dreamer(stage: Stage) -> None:
    """A dreamer busy in C++ cannot be interrupted; stop says so in time."""
    gate = threading.Event()

    def stuck() -> ColourDreamer:
        dreamer = stage.another()
        dreamer.block = gate
        return dreamer

    stage.make = stuck
    stage.loop.start()
    until(lambda: bool(stage.dreamers) and bool(stage.dreamers[0].times), 10, "the dreamer", 0.005)
    began = time.monotonic()
    assert not stage.loop.stop(0.2)
    assert time.monotonic() - began < 2
    gate.set()
    assert stage.loop.stop(5)


def test_another_look_is_made_beside_the_dreamer_at_work(stage: Stage) -> None:
    """Dreams keep coming while a look is compiled; then the new one goes on where the old one is, controls and all."""
    compiling = threading.Event()
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 2, 10, "the dreamer", 0.005)
    stage.dreamers[0].compiling = compiling
    stage.loop.change_preset("calm")
    before = len(stage.dreams)
    until(lambda: len(stage.dreams) >= before + 5, 10, "dreams while it compiles", 0.005)
    compiling.set()
    until(lambda: "calm" in stage.looks, 10, "the new look", 0.005)
    after = len(stage.dreams)
    until(lambda: len(stage.dreams) >= after + 3, 10, "dreams of the new look", 0.005)
    assert stage.loop.stop(5)
    numbers = [dream.number for dream in stage.dreams]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [dream.time for dream in stage.dreams]
    assert times == sorted(set(times))
    assert stage.zooms[-1] == 1.1
    assert stage.loop.status.failures == 0


def test_a_look_that_cannot_be_made_changes_nothing(stage: Stage) -> None:
    """The old look stays, dreams go on, and the next look can still be had."""
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 1, 10, "the dreamer", 0.005)
    stage.loop.change_preset("ugly")
    before = len(stage.dreams)
    until(lambda: len(stage.dreams) >= before + 5, 10, "dreams", 0.005)
    assert stage.looks[-1] == ""
    stage.loop.change_preset("calm")
    until(lambda: stage.looks[-1] == "calm", 10, "the next look", 0.005)
    assert stage.loop.status.failures == 0


def test_a_dreamer_after_a_failure_wears_the_look_of_the_one_before(stage: Stage) -> None:
    """A changed look outlives the dreamer."""
    stage.loop.start()
    until(lambda: len(stage.dreams) >= 1, 10, "the dreamer", 0.005)
    stage.loop.change_preset("calm")
    until(lambda: stage.looks[-1] == "calm", 10, "the new look", 0.005)
    stage.worn[-1].fails = tuple(range(stage.worn[-1].number, 10_000))
    until(lambda: len(stage.worn) >= 3, 10, "another dreamer", 0.005)
    assert stage.looks[-1] == "calm"


def test_checkpoints_are_taken_every_so_often() -> None:
    """Right after a dream, as often as was asked for; without being asked for, never."""
    taken: list[bytes] = []
    stage = Stage(frame=0.01, checkpoint=taken.append, checkpoint_every=0.05)
    stage.loop.start()
    until(lambda: len(taken) >= 3, 60, "checkpoints")
    stage.loop.stop(60)
    numbers = [int(data) for data in taken]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] <= len(stage.dreams)
    never = Stage(frame=0.01, checkpoint=taken.append)
    count = len(taken)
    never.loop.start()
    until(lambda: len(never.dreams) >= 10, 60, "dreams")
    never.loop.stop(60)
    assert len(taken) == count
