"""A month of a show in a few seconds: its bot, queue, state folder and log, with a clock that is turned on."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dreamstream.chat import bot as bot_module
from dreamstream.chat import replies, request_desk
from dreamstream.chat.bot import Bot
from dreamstream.core.camera import Motion
from dreamstream.core.dream import Dream
from dreamstream.core.message import Message
from dreamstream.journal.writer import MOST_FILES, ShowLog
from dreamstream.requests import admission
from dreamstream.requests.queue import RequestQueue
from dreamstream.show.state import StateFolder
from dreamstream.wishes import lookup
from dreamstream.wishes.vocabulary import Vocabulary

MINUTE, DAY = 60.0, 86400.0
DAYS = 30
WORDS = ("bee", "owl", "pizza", "volcano", "frog", "rabbit")
# What is kept of a show's log here, so that a month fills it many times over.
LOG_BYTES = 4000


def chatter(chance: random.Random, day: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What a few people say at one time: every day others come, and some of them are moderators."""
    for _ in range(6):
        who = f"viewer-{day}-{chance.randrange(400)}"
        text = chance.choice(
            [
                f"!dream {chance.choice(WORDS)}",
                f"!dream {chance.choice(WORDS)} + {chance.choice(WORDS)} *2",
                f"!dream {''.join(chance.choices('abcdefghij', k=7))}",
                f"hello {chance.random()}",
                "!skip",
                "!queue",
                "!undo",
            ]
        )
        yield who, text, ()
    if chance.random() < 0.1:
        yield (
            "mod",
            chance.choice([f"!block viewer-{day}-1", f"!unblock viewer-{day}-1", "!clear", "!skip"]),
            ("moderator",),
        )


@pytest.mark.slow
def test_a_month_is_as_easy_as_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory, state and log stay as large as they were; what was asked for last is there after a restart."""
    # Tables as short as the month, which has far fewer viewers than a real one.
    bounds = [
        (admission, "_VIEWERS"),
        (admission, "_DELIVERIES"),
        (bot_module, "_REMEMBERED"),
        (request_desk, "_REMEMBERED"),
        (lookup, "_LATELY"),
    ]
    for module, bound in [*bounds, (replies, "_ANSWERED")]:
        assert getattr(module, bound) > 100
        monkeypatch.setattr(module, bound, 100)
    chance, now = random.Random(7), 0.0
    state = StateFolder(tmp_path, clock=lambda: now)
    queue = RequestQueue(Vocabulary.builtin(), rng=random.Random(1))

    def keep() -> None:
        state.save_queue(bot.snapshot())

    bot = Bot(queue, Vocabulary.builtin(), lambda: now, on_change=keep)
    log = ShowLog(
        tmp_path / "replay", lambda: {"seed": 1}, None, LOG_BYTES, wall=lambda: 1.8e9 + now, clock=lambda: now
    )
    applied: dict[str, float] = {}
    picture = np.zeros((8, 8, 3), np.uint8)
    sizes: dict[int, int] = {}
    tracemalloc.start()
    try:
        for day in range(DAYS):
            for turn in range(40):
                now = day * DAY + turn * DAY / 40
                for number, (who, text, roles) in enumerate(chatter(chance, day)):
                    bot.receive(Message(text, who, "twitch", f"{day}-{turn}-{number}", frozenset(roles), at=now))
                for _ in range(10):
                    now += MINUTE
                    if queue.advance(now):
                        state.save_queue(bot.snapshot())
                log.title(queue.current.title(), "", "", now)
                log.dream(Dream(picture, now, Motion(), queue.current, day * 40 + turn), now, applied)
                state.look()
            gc.collect()
            sizes[day] = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    log.close(60)
    assert bot.counts["accepted"] > 300
    # Ten days fill every table that has a bound; after it nothing grows.
    assert sizes[DAYS - 1] < 1.1 * sizes[9] + 10_000
    logs = list((tmp_path / "replay").glob("*.jsonl"))
    assert 1 < len(logs) <= MOST_FILES
    assert sum(path.stat().st_size for path in logs) < MOST_FILES * (LOG_BYTES + 2000)
    assert sum(path.stat().st_size for path in tmp_path.glob("show.*")) < 5 << 20
    kept = bot.snapshot()
    state.close()
    following = StateFolder(tmp_path, clock=lambda: now)
    assert following.load_queue() == kept
    following.close()
