"""A control room on a real bot, queue and outputs, and a clock that stands until told."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dreamstream.chat.bot import Bot
from dreamstream.core.message import Message
from dreamstream.outputs.factory import open_sink
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.kind import ShowStream
from dreamstream.outputs.manager import Sinks
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.control_room import ControlRoom
from dreamstream.show.dream_thread import DreamThread
from dreamstream.support.logs import RecentErrors
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.web.control_actions import read
from dreamstream.wishes.vocabulary import Vocabulary
from tests.doubles import ColourDreamer
from tests.video.plasma import encode

INFO, _ = encode(4)


WORDS = Vocabulary.builtin()


ZOOM = SimpleNamespace(name="zoom", unit="per second", low=1.0, high=1.5, default=1.05, help="How fast it falls.")


class Desk:
    """A control room and what it controls; the clock stands until told."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.queue = RequestQueue(WORDS, cooldown=0.0, rng=random.Random(1))
        self.queue.advance(self.now)
        self.saved = 0
        self.bot = Bot(self.queue, WORDS, lambda: self.now, on_change=self._save)
        self.dreams = DreamThread(ColourDreamer, lambda: self.queue.current, lambda dream: None, lambda: self.now)
        self.sinks = Sinks(PacketHub(), lambda output, name: open_sink(output, ShowStream(INFO, lambda: None), name))
        self.recent_errors = RecentErrors(clock=lambda: self.now)
        self.card: Any = SimpleNamespace(controls=(ZOOM,), presets=("calm", "vivid"))
        self.secrets: list[str] = []
        self.room = ControlRoom(
            self.bot,
            self.dreams,
            self.sinks,
            self.recent_errors,
            folder,
            lambda: "vivid",
            lambda: self.card,
            self.secrets.append,
            Soundtrack().state,
        )

    def _save(self) -> None:
        self.saved += 1

    def hear(self, text: str, who: str) -> None:
        self.bot.receive(Message(text, who, "page", id=f"{who}-{text}"))

    def act(self, action: str, **arguments: Any) -> str:
        """Do an action, checked as the API checks it."""
        return asyncio.run(self.room.act(read(action, arguments)))

    @property
    def titles(self) -> list[str]:
        return [request.programme.title() for request in self.queue.waiting]
