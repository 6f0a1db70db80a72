"""A machine that is slow dreams fewer, larger things, and more again when it can; on a clock that is not real."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dreamstream.show.keeping_up import BACK, ENOUGH, LONG, SHARES, SLOW, KeepingUp


class Show:
    """Dreams one after the other; `seconds` says how long one of so many things takes at a time."""

    def __init__(self, seconds: Callable[[float, float], float], ready: float = 0.0) -> None:
        self.keeping, self.seconds, self.now, self.said = KeepingUp(), seconds, 0.0, list[tuple[float, str]]()
        # Dreams of another share are made until so many seconds after it is asked for.
        self._ready, self._made, self._asked = ready, 1.0, 0.0

    def run(self, until: float) -> float:
        """Dream until a time; the share asked for then."""
        while self.now < until:
            if self.keeping.things == self._made:
                self._asked = self.now
            elif self.now - self._asked >= self._ready:
                self._made = self.keeping.things
            took = self.seconds(self._made, self.now)
            self.now += max(took, 0.2)
            if said := self.keeping.dreamed(took, self._made, self.now):
                self.said.append((self.now, said))
        return self.keeping.things


def test_a_quick_machine_dreams_all() -> None:
    """Nothing is changed, and nothing said, by a machine that keeps up, nor by one slow dream or ten slow seconds."""
    show = Show(lambda things, now: 30.0 if 50 < now < 51 else 2.0 if 100 < now < 108 else 0.15)
    assert show.run(300) == 1
    assert show.said == []


def test_a_slow_machine_dreams_fewer_until_it_keeps_up() -> None:
    """1.6 s with all things, 0.8 s with half of them: half, after twelve seconds, said once, and so it stays."""
    show = Show(lambda things, now: 1.6 * things)
    assert show.run(600) == 0.5
    ((at, said),) = show.said
    assert LONG <= at <= LONG + 2
    assert said == (
        "This machine is slow, with 0.6 dreams a second; the show dreams fewer, larger things until it keeps up."
    )


def test_a_very_slow_machine_dreams_a_quarter() -> None:
    """8 s a dream, as VGG-16 on two cores: half, then a quarter; there is nothing less."""
    show = Show(lambda things, now: 8.0 * things)
    assert show.run(600) == 0.25
    assert len(show.said) == 2


def test_it_goes_back_when_it_can() -> None:
    """Another program keeps the machine busy for two minutes: a quarter of the things, and step by step all again."""
    show = Show(lambda things, now: (8.0 if now < 120 else 0.3) * things)
    assert show.run(120) == 0.25
    assert show.run(130 + BACK) == 0.5
    assert show.run(140 + 2 * BACK) == 1
    assert [said.partition(";")[2] for _, said in show.said[2:]] == [
        " the show dreams more things again.",
        " the show dreams as many things again.",
    ]
    show.run(2000)
    assert len(show.said) == 4


def test_dreams_of_the_share_before_count_for_nothing() -> None:
    """While programs for fewer things are compiled, slow dreams of all of them ask for no fewer still."""
    show = Show(lambda things, now: 1.6 * things, ready=60.0)
    assert show.run(70) == 0.5
    assert show.run(600) == 0.5
    assert len(show.said) == 1


@given(st.floats(0.02, 20), st.floats(0.0, 1.0))
def test_a_steady_machine_settles(whole: float, fixed: float) -> None:
    """Whatever a dream costs, of which a part may not grow with its things, the share changes at most twice."""
    show = Show(lambda things, now: whole * (fixed + (1 - fixed) * things))
    share = show.run(500)
    assert len(show.said) <= 2
    assert show.run(1500) == share
    assert share == SHARES[-1] or show.seconds(share, 0.0) * SLOW <= 1
    assert share == 1 or whole > 1 / ENOUGH
