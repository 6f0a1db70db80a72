"""The shows of a farm are asked how they are, over and over; each has one question to answer at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from dreamstream.farm import probe
from dreamstream.farm.channel import Phase
from dreamstream.farm.supervised import SupervisedChannel

# Seconds from an answer to the next question, the same for a show that is not running yet, and after none.
EVERY, STARTING_EVERY, AGAIN_AFTER = 1.0, 0.25, 0.2


class Asking:
    """The questions that are on their way; each writes its answer down itself. clock: a steady one, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, name: str, channel: SupervisedChannel, client: httpx.AsyncClient) -> None:
        """Ask a channel's show, where it is there and its turn has come."""
        every = EVERY if channel.life.phase is Phase.RUNNING else STARTING_EVERY
        if channel.sight.alive and name not in self._tasks and self._clock() - channel.answered_at >= every:
            self._tasks[name] = asyncio.create_task(self._asked(name, channel, client), name=f"ask {name}")

    async def close(self) -> None:
        """End all questions."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _asked(self, name: str, channel: SupervisedChannel, client: httpx.AsyncClient) -> None:
        try:
            pid = channel.sight.pid
            answer = await probe.ask(client, channel.page)
            # Of another show at this port, or of a process that has gone meanwhile, nothing is believed.
            if answer is not None and answer.channel == name and pid == channel.sight.pid:
                channel.answer, channel.answered_at = answer, self._clock()
            else:
                await asyncio.sleep(AGAIN_AFTER)
        finally:
            del self._tasks[name]
