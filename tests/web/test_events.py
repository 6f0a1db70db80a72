"""What pages hear: the whole state first, then changes."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from dreamstream.web.events import Events, plain


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 20))


async def heard(updates: AsyncGenerator[str, None]) -> dict[str, Any]:
    return json.loads(await asyncio.wait_for(anext(updates), 5))  # type: ignore[no-any-return]


def test_state_first_then_only_what_changed() -> None:
    """The first message is everything with a version; the next holds the changed keys alone."""
    state: dict[str, Any] = {"version": 1, "now": {"title": "bee"}, "queue": [], "uptime": 1.0}

    async def main() -> None:
        events = Events(lambda: dict(state), rate=50)
        task = asyncio.create_task(events.run())
        updates = events.updates()
        assert await heard(updates) == {"type": "state", "version": 1, "state": state}
        state["now"] = {"title": "pizza"}
        assert await heard(updates) == {"type": "change", "version": 1, "changes": {"now": {"title": "pizza"}}}
        await updates.aclose()
        task.cancel()

    run(main)


def test_clocks_alone_are_told_once_a_second_and_changes_at_once() -> None:
    """Values that only count up cause one message a second, not one at each look."""
    looks = 0

    def status() -> dict[str, Any]:
        nonlocal looks
        looks += 1
        return {"now": {"title": "bee", "since": float(looks)}, "uptime": float(looks)}

    async def main() -> None:
        events = Events(status, rate=40)
        task = asyncio.create_task(events.run())
        updates = events.updates()
        await heard(updates)
        before = looks
        await heard(updates)
        assert looks - before >= 38
        await updates.aclose()
        task.cancel()

    run(main)


def test_a_listener_that_fell_behind_gets_the_whole_state_and_no_queue() -> None:
    """Changes that were missed are not replayed: the state is sent again."""
    state = {"number": 0}

    async def main() -> None:
        events = Events(lambda: dict(state), rate=50)
        task = asyncio.create_task(events.run())
        slow, quick = events.updates(), events.updates()
        await heard(slow)
        await heard(quick)
        for number in (1, 2, 3):
            state["number"] = number
            assert await heard(quick) == {"type": "change", "version": 1, "changes": {"number": number}}
        assert await heard(slow) == {"type": "state", "version": 1, "state": {"number": 3}}
        await slow.aclose()
        await quick.aclose()
        task.cancel()

    run(main)


def test_a_status_that_fails_is_survived() -> None:
    """One bad look does not end the events."""
    state: dict[str, Any] = {"number": 0}

    def status() -> dict[str, Any]:
        if state["number"] == "bad":
            raise RuntimeError("the show hiccups")
        return dict(state)

    async def main() -> None:
        events = Events(status, rate=50)
        task = asyncio.create_task(events.run())
        updates = events.updates()
        await heard(updates)
        state["number"] = "bad"
        await asyncio.sleep(0.1)
        state["number"] = 5
        assert (await heard(updates))["changes"] == {"number": 5}
        await updates.aclose()
        task.cancel()

    run(main)


def test_plain_says_only_what_json_can() -> None:
    """Infinities become null, tuples lists, keys text."""
    assert plain({"a": math.inf, 1: (1.23456, math.nan), "b": True}) == {"a": None, "1": [1.235, None], "b": True}
