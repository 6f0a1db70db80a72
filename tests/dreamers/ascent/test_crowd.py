"""Fewer and larger things: what becomes of a look, and when programs that are compiled beside dreams are used."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from dreamstream.dreamers.ascent.ascent import Ascent
from dreamstream.dreamers.ascent.crowd import LARGEST, Crowd, Crowds, fewer
from dreamstream.dreamers.ascent.presets import PRESETS
from tests.polling import until


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("share", [0.5, 0.25])
def test_fewer_things_are_larger(name: str, share: float) -> None:
    """They cover about as much, fit into the picture, and cost their share of a step; nothing else is touched."""
    preset = PRESETS[name]
    less = fewer(preset, share)
    assert less.habits.count == pytest.approx(share * preset.habits.count, abs=0.51)
    assert less.mixture.windows == pytest.approx(share * preset.mixture.windows, abs=0.51)
    for before, after in zip(preset.mixture.pools, less.mixture.pools, strict=True):
        assert after / before == pytest.approx(share**-0.5, abs=1 / before)
        assert after > before
    area = less.habits.count * sum(less.habits.born) ** 2
    assert area == pytest.approx(preset.habits.count * sum(preset.habits.born) ** 2, rel=0.45)
    assert preset.habits.born[1] < less.habits.born[1] < less.habits.largest <= LARGEST
    # Neighbours of one picture: whatever is born may grow before it is let go.
    assert less.habits.born[0] < less.habits.born[1]
    assert less.motion == preset.motion
    assert less.step == preset.step


def test_the_usual_number_is_the_look_itself() -> None:
    """Nothing of a look changes where all its things are dreamed, so that dreams stay what they were."""
    assert fewer(PRESETS["gouache"], 1.0) is PRESETS["gouache"]


class Maker:
    """Crowds whose compiler waits until it is let go, and fails for a tenth."""

    def __init__(self) -> None:
        self.go, self.compiled = threading.Event(), list[float]()
        self.crowds = Crowds(self.crowd(1.0), self.crowd, self.compile)

    @staticmethod
    def crowd(share: float) -> Crowd:
        """One without programs."""
        return Crowd(share, PRESETS["vivid"], cast(Ascent, cast(Any, None)))

    def compile(self, crowd: Crowd) -> None:
        """Wait, then note it."""
        assert self.go.wait(60)
        if crowd.share == 0.1:
            raise RuntimeError("out of memory")
        self.compiled.append(crowd.share)


def test_a_show_never_waits_for_a_compiler() -> None:
    """The share before goes on until the new one is ready; going back needs no compiler."""
    maker = Maker()
    assert [maker.crowds.get(share, waits=True).share for share in (1.0, 0.5, 0.5, 0.25)] == [1.0] * 4
    maker.go.set()
    until(lambda: maker.crowds.get(0.5, waits=True).share == 0.5, 60, "half the things", 0.005)
    assert maker.crowds.get(1.0, waits=True).share == 1.0
    assert maker.crowds.get(0.5, waits=True).share == 0.5
    until(lambda: maker.crowds.get(0.25, waits=True).share == 0.25, 60, "a quarter", 0.005)
    assert maker.compiled == [0.5, 0.25]


def test_what_cannot_be_compiled_is_tried_once(caplog: pytest.LogCaptureFixture) -> None:
    """The share before goes on, and it is said."""
    maker = Maker()
    maker.go.set()
    maker.crowds.get(0.1, waits=True)
    until(lambda: "cannot be dreamed" in caplog.text, 60, "the failure", 0.005)
    assert [maker.crowds.get(0.1, waits=True).share for _ in range(5)] == [1.0] * 5
    assert caplog.text.count("out of memory") == 1


def test_where_nobody_waits_it_is_exact() -> None:
    """A replay has the very share that it asks for, at once."""
    maker = Maker()
    assert maker.crowds.get(0.5, waits=False).share == 0.5
    assert maker.compiled == []
