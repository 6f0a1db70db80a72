"""A queue, and those who ask it for something."""

from __future__ import annotations

import random
from typing import Any

from dreamstream.core.programme import split
from dreamstream.requests.queue import Accepted, Refused, RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()
NAMES = [entry.name for entry in WORDS]


def a_queue(**options: Any) -> RequestQueue:
    """A queue without cooldown whose show began at 0."""
    queue = RequestQueue(WORDS, **{"cooldown": 0.0, "rng": random.Random(3), **options})
    queue.advance(0.0)
    return queue


def ask(queue: RequestQueue, what: str, who: str = "ann", now: float = 0.0, **more: Any) -> Accepted | Refused:
    """Ask for one class on the whole canvas."""
    return queue.add(split([what]), who, "irc", now, **more)


def accepted(answer: Accepted | Refused) -> Accepted:
    """The answer, which must be a yes."""
    assert isinstance(answer, Accepted), answer
    return answer
