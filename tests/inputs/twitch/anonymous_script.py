"""Plays a script with a lookalike of Twitch's chat and a source that reads it without an account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from dreamstream.core.message import Message, Purge, Reply
from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.support.backoff import Backoff
from tests.inputs.lookalike import TwitchLookalike, become

Script = Callable[[TwitchLookalike, TwitchSource, list[Message | Purge]], Awaitable[None]]


def play(script: Script, *, server: dict[str, Any] | None = None, **options: Any) -> None:
    """Run a script against the lookalike with a source that notes what it hears; it must end within a second."""

    async def main() -> None:
        heard: list[Message | Purge] = []

        def receive(item: Message | Purge) -> list[Reply]:
            heard.append(item)
            return [Reply("this must never be said", "ann", "twitch")]

        async with TwitchLookalike(**(server or {})) as twitch:
            keep = {"tls": False, "host": "127.0.0.1", "backoff": Backoff(0.05, 0.2), **options}
            source = TwitchSource("#Dreams", port=twitch.port, **keep)
            task = asyncio.create_task(source.run(receive))
            try:
                await script(twitch, source, heard)
            finally:
                task.cancel()
                start = time.monotonic()
                await asyncio.wait([task], timeout=5)
                assert time.monotonic() - start < 1.0
            assert task.cancelled()
            assert source.state()["state"] == "closed"
            assert not any("PRIVMSG" in line or "PASS" in line for line in twitch.received)

    asyncio.run(asyncio.wait_for(main(), 60))


async def live(source: TwitchSource) -> None:
    """Wait until the source reads the channel."""
    await become(lambda: source.state()["state"] == "live", "the source to be live")
