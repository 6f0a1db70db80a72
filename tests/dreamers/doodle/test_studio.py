"""Where drawings are filled: the painter is ready before the first one where somebody was about to draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.doodle.studio import Studio
from tests.drawn import CAT, DOT, Filler
from tests.polling import until


def seen(pictures: Sequence[NDArray[np.uint8]]) -> list[dict[str, float]]:
    """Owls, the more of them the redder a picture is, and a little of a cat."""
    return [{"owl": -5.0 + float(each[..., 0].mean()) / 100, "cat": -4.0, "bee": -0.1} for each in pictures]


def test_the_painter_gets_ready_once_somebody_is_about_to_draw() -> None:
    """Once, however often it is looked; a drawing then finds it open."""
    opened: list[Filler] = []
    soon: list[bool] = []

    def open_painter() -> Filler:
        opened.append(Filler())
        return opened[-1]

    studio = Studio(open_painter, seen, {CAT.key(): CAT}, None, lambda: bool(soon))
    studio.look()
    assert not opened
    soon.append(True)
    for _ in range(3):
        studio.look()
    until(lambda: bool(opened) and opened[0].painted == ["cat", "owl"], 60, "a painter that is ready")
    studio.begin(CAT.key(), "cat")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "cat"
    assert len(opened) == 1
    assert opened[0].painted == ["cat", "owl", "cat"]


def test_a_painter_that_is_not_there_is_told_by_the_first_drawing() -> None:
    """Getting ready fails in silence, and the lines stay."""
    tries: list[int] = []

    def open_painter() -> Filler:
        tries.append(1)
        raise OSError("no such file")

    studio = Studio(open_painter, seen, {CAT.key(): CAT}, None, lambda: True)
    studio.look()
    until(lambda: len(tries) == 1, 60, "a try")
    studio.begin(CAT.key(), "cat")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert len(filled.picture) == 256
    assert len(tries) == 2


def test_what_nobody_named_is_the_word_that_is_seen_best() -> None:
    """Of the painter's words, each painted; its author hears of it, and not where they had said it."""

    class Red(Filler):
        def paint(self, lines: NDArray[np.uint8], word: str | None = None) -> NDArray[np.uint8]:
            picture = super().paint(lines, word)
            picture[..., 3] = 255
            picture[..., 0] = 250 if word == "owl" else 50
            return picture

    told: list[tuple[str, str]] = []
    drawings = {CAT.key(): CAT, DOT.key(): DOT}
    studio = Studio(Red, seen, drawings, lambda key, picture, word: told.append((key, word)))
    studio.begin(CAT.key(), "")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "owl"
    assert filled.picture[..., 0].min() == 250
    studio.begin(DOT.key(), "cat")
    assert studio.filled(DOT.key()) is not None
    assert told == [(CAT.key(), "owl"), (DOT.key(), "")]
    studio.forget(CAT.key())
    studio.begin(CAT.key(), "", ("owl",))
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "cat"  # no owl was wanted


def test_a_network_that_knows_none_of_the_words_says_what_it_sees() -> None:
    """And the picture is the one for which the painter was told nothing."""
    studio = Studio(Filler, lambda pictures: [{"bee": -0.1, "van": -2.0} for _ in pictures], {CAT.key(): CAT}, None)
    studio.begin(CAT.key(), "")
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "bee"
    studio.forget(CAT.key())
    studio.begin(CAT.key(), "", ("bee",))
    filled = studio.filled(CAT.key())
    assert filled is not None
    assert filled.word == "van"
