"""Where drawings are filled: the painter is ready before the first one where somebody was about to draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.doodle.studio import Studio
from tests.drawn import CAT, Filler
from tests.polling import until


def guess(picture: NDArray[np.uint8]) -> str:
    """Always the same."""
    return "owl"


def test_the_painter_gets_ready_once_somebody_is_about_to_draw() -> None:
    """Once, however often it is looked; a drawing then finds it open."""
    opened: list[Filler] = []
    soon: list[bool] = []

    def open_painter() -> Filler:
        opened.append(Filler())
        return opened[-1]

    studio = Studio(open_painter, guess, {CAT.key(): CAT}, None, lambda: bool(soon))
    studio.look()
    assert not opened
    soon.append(True)
    for _ in range(3):
        studio.look()
    until(lambda: bool(opened) and opened[0].painted == [None], 60, "a painter that is ready")
    studio.begin(CAT.key(), "cat")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "cat"
    assert len(opened) == 1
    assert opened[0].painted == [None, "cat"]


def test_a_painter_that_is_not_there_is_told_by_the_first_drawing() -> None:
    """Getting ready fails in silence, and the lines stay."""
    tries: list[int] = []

    def open_painter() -> Filler:
        tries.append(1)
        raise OSError("no such file")

    studio = Studio(open_painter, guess, {CAT.key(): CAT}, None, lambda: True)
    studio.look()
    until(lambda: len(tries) == 1, 60, "a try")
    studio.begin(CAT.key(), "cat")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert len(filled.picture) == 256
    assert len(tries) == 2
