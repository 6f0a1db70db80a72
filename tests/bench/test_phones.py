"""Phones that draw at a show: every kind of answer is counted, and harm is refused in a sentence."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

from dreamstream.bench.hand import THINGS, drawn_by_hand
from dreamstream.bench.phones import draw_together
from dreamstream.outputs.browser.preview import Preview
from tests.video.plasma import encode
from tests.web.drawings import FakeDrawings
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)


def test_phones_draw_and_are_answered() -> None:
    """Drawings come from many hands; nobody is left without a sentence."""
    drawings = FakeDrawings()
    with serving(FakeShow(), Preview(INFO), drawings=drawings) as server:
        where = urlsplit(server.url)
        answers = draw_together((str(where.hostname), int(where.port or 0)), 20, 1.5)
    assert answers.kinds["taken"] == len(drawings.drawn) > 3
    assert not answers.kinds["failed"] + answers.kinds["silent"]
    assert all(sentence.endswith(".") for sentence in answers.sentences)


def test_no_two_drawings_are_the_same() -> None:
    """Or the queue would take them for one wish."""
    chance = random.Random(1)
    drawings = [drawn_by_hand(thing, chance) for thing in THINGS for _ in range(5)]
    assert len({drawing.key() for drawing in drawings}) == len(drawings)
