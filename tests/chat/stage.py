"""A bot to talk to, on a clock of our own."""

from __future__ import annotations

import random
from typing import Any

from dreamstream.chat.bot import Bot
from dreamstream.core.message import Message, Reply
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()


class Stage:
    """A bot with a queue and a clock that stands until told."""

    def __init__(self, queue: dict[str, Any] | None = None, **bot: Any) -> None:
        self.now = 100.0
        self.saved = 0
        self.queue = RequestQueue(WORDS, **{"cooldown": 0.0, "rng": random.Random(2), **(queue or {})})
        self.bot = Bot(self.queue, WORDS, lambda: self.now, on_change=self.save, **bot)
        self.queue.advance(self.now)

    def save(self) -> None:
        self.saved += 1

    def hear(self, text: str, who: str = "ann", *roles: str, source: str = "page", id: str = "") -> list[Reply]:
        return self.bot.receive(Message(text, who, source, id, frozenset(roles)))

    def answer(self, text: str, who: str = "ann", *roles: str) -> str:
        """The text of the one reply."""
        (reply,) = self.hear(text, who, *roles)
        return reply.text
