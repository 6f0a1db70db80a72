"""What everybody is told of what is on."""

from __future__ import annotations

import logging
import random
from pathlib import Path
from typing import Any

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.core.card import Card, Word
from dreamstream.core.message import Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.announcer import Announcer
from dreamstream.show.drawings import DrawingFolder, Drawings
from dreamstream.wishes.vocabulary import Vocabulary


class Heard:
    """In the titles' and the journal's place."""

    def __init__(self) -> None:
        self.titles: list[tuple[Any, ...]] = []

    def say(self, *told: Any) -> None:
        self.titles.append(told)

    title = say


def test_everybody_is_told_what_is_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The dreamer its wishes, titles and journal the same words and names; the log once for each that comes on."""
    caplog.set_level(logging.INFO, "dreamstream.show.announcer")
    queue = RequestQueue(Vocabulary.builtin(), cooldown=0.0, rng=random.Random(1))
    bot = Bot(queue, queue.vocabulary, lambda: 0.0)
    card = Card("ascent", (Word("bee"),))
    overlay, journal = Heard(), Heard()
    drawings = Drawings(bot, DrawingFolder(tmp_path), card, bot.receive)
    announcer = Announcer(bot, drawings, overlay, journal)  # type: ignore[arg-type]
    assert announcer.wanted == queue.current
    for who, what in (("ann", "bee"), ("bob", "bee"), ("cid", "owl")):
        bot.receive(Message(f"!dream {what}", who, "irc"))
    queue.advance(0.0)
    queue.advance(3.0)
    for show_time in (1.0, 1.1):
        announcer.tell(3.0, show_time)
    assert [wish.what for wish in announcer.wanted.wishes] == ["bee"]
    assert overlay.titles == journal.titles == [("bee", "ann, bob", "owl", 1.0), ("bee", "ann, bob", "owl", 1.1)]
    assert [record.getMessage() for record in caplog.records] == ["Dreaming bee for ann, bob."]
    bot.order("block", "owl")  # which waits
    announcer.tell(3.0, 1.2)
    assert overlay.titles[-1] == ("bee", "ann, bob", "", 1.2)
