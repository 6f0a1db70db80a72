"""The crowd that the bench of chat lets shout."""

from __future__ import annotations

import random

from dreamstream.bench.crowd import worst_lines
from dreamstream.wishes.parse import Ask, parse
from dreamstream.wishes.vocabulary import Vocabulary


def test_worst_lines_are_wishes_that_name_nothing_in_full() -> None:
    """All are read as wishes, fit on a line of chat, differ, and hardly one has a part that needs no guessing."""
    words = Vocabulary.builtin()
    lines = worst_lines([entry.name for entry in words], 500, random.Random(3))
    asked = [parse(line) for line in lines]
    assert all(isinstance(ask, Ask) for ask in asked)
    assert max(map(len, lines)) <= 500
    assert len(set(lines)) > 450
    plain = sum(all(words.exact(part.text) for part in ask.parts) for ask in asked if isinstance(ask, Ask))
    assert plain < 25
