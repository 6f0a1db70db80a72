"""A checkpoint: from it on, another dreamer's dreams are the first one's to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.ascent.checkpoint import Checkpoint, unpack
from dreamstream.dreamers.registry import open_dreamer
from tests.doubles import steps

SIZE = (160, 96)
BEE = Programme((Wish("bee", who="ada"),))
TWO = Programme((Wish("pizza", "top", 0.7), Wish("volcano", "bottom")))


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["auto", "deep"])
def test_dreams_after_it_are_the_same(preset: str) -> None:
    """Momentum, random numbers, objects, time and programme are all in it; the taker is not disturbed."""
    one = open_dreamer("ascent", DreamerRequest("builtin", SIZE, seed=3, preset=preset))
    other = open_dreamer("ascent", DreamerRequest("builtin", SIZE, seed=8, preset=preset))
    efforts = [steps(5), replace(steps(4), things=0.5), steps(3, 0.5), steps(5)]
    programmes = [BEE, BEE, TWO, TWO]
    for number in range(2):
        one.dream(BEE, 0.5 * number, steps(4))
        other.dream(TWO, 0.3 * number, steps(3))
    kept = one.checkpoint()
    rest = list(zip(programmes, (1.0, 1.5, 1.9, 2.2), efforts, strict=True))
    wanted = [one.dream(*each).picture for each in rest]
    other.resume(kept)
    made = [other.dream(*each) for each in rest]
    assert all(np.array_equal(dream.picture, picture) for dream, picture in zip(made, wanted, strict=True))
    assert made[0].number == 2
    # A state, for comparison, is only what people see.
    other.restore(kept_state := one.state())
    assert len(kept_state) < len(kept)


def test_what_is_none_is_refused() -> None:
    """Bytes that are no checkpoint, and one of another canvas, change nothing."""
    for data in (b"", b"PK", b"x" * 1000):
        with pytest.raises(ValueError, match="no checkpoint"):
            unpack(data)
    whole = Checkpoint([np.zeros((2, 2, 3), np.float32)], {}, [], [], 0.5, BEE, 1.5, 7)
    again = unpack(whole.pack())
    assert (again.programme, again.time, again.number) == (BEE, 1.5, 7)
    assert np.array_equal(again.parts[0], whole.parts[0])


@pytest.mark.slow
def test_one_of_another_canvas_is_refused() -> None:
    """It says so, and the dreamer goes on as it was."""
    small = open_dreamer("ascent", DreamerRequest("builtin", (96, 96), seed=3))
    large = open_dreamer("ascent", DreamerRequest("builtin", SIZE, seed=3))
    before = large.state()
    with pytest.raises(ValueError, match="another size"):
        large.resume(small.checkpoint())
    assert large.state() == before
