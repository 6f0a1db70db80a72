"""A real IRC server carries wishes to a real queue, and answers back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from dreamstream.chat.bot import Bot
from dreamstream.inputs.irc.protocol import IrcSource
from dreamstream.requests.queue import RequestQueue
from dreamstream.support.backoff import Backoff
from dreamstream.wishes.vocabulary import Vocabulary
from tests.e2e.ngircd import IrcServer, IrcUser, irc_server

__all__ = ["irc_server"]


async def become(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


def with_the_show(
    server: IrcServer, script: Callable[[RequestQueue, IrcSource], Awaitable[None]], **options: Any
) -> None:
    """Run a script beside a bot on the server; the bot must leave within a second."""

    async def main() -> None:
        words = Vocabulary.builtin()
        queue = RequestQueue(words, cooldown=0.0, rng=random.Random(1))
        bot = Bot(queue, words)
        source = IrcSource(server.url(), due=bot.due, backoff=Backoff(0.1, 0.3), **options)
        task = asyncio.create_task(source.run(bot.receive))
        try:
            await become(lambda: source.state()["state"] == "live")
            await script(queue, source)
        finally:
            task.cancel()
            start = time.monotonic()
            await asyncio.wait([task], timeout=5)
            assert time.monotonic() - start < 1.0
        assert source.state()["state"] == "closed"

    asyncio.run(main())


def test_a_wish_on_irc_reaches_the_queue_and_is_answered(irc_server: IrcServer) -> None:
    """`!dream tree frog` from another client becomes a request, and the place in line comes back."""

    async def script(queue: RequestQueue, source: IrcSource) -> None:
        ann = await asyncio.to_thread(IrcUser, irc_server, "ann")
        await asyncio.to_thread(ann.say, "!dream tree frog")
        await asyncio.to_thread(ann.hears, "@ann tree frog is next")
        (request,) = queue.waiting
        assert (request.programme.title(), request.who, request.source) == ("tree frog", "ann", "irc")
        await asyncio.to_thread(ann.say, "!dream 🐝 and pizzas")
        await asyncio.to_thread(ann.hears, "bee + pizza is 2nd")
        ann.leave()

    with_the_show(irc_server, script)


def test_channel_operators_moderate(irc_server: IrcServer) -> None:
    """Whoever has @ may skip; who gets it later may from then on; who is kicked loses what was asked for."""
    boss = IrcUser(irc_server, "boss")  # first in the channel, so its operator

    async def script(queue: RequestQueue, source: IrcSource) -> None:
        ann = await asyncio.to_thread(IrcUser, irc_server, "ann")
        await asyncio.to_thread(ann.say, "!skip")
        await asyncio.to_thread(ann.hears, "That is for moderators")
        await asyncio.to_thread(boss.say, "!skip")
        await asyncio.to_thread(boss.hears, "@boss Skipped")
        boss.send("MODE #dream +o ann")
        await asyncio.to_thread(ann.wait_for, lambda line: "MODE #dream +o ann" in line)
        await asyncio.to_thread(ann.say, "!pause")
        await asyncio.to_thread(ann.hears, "Paused")
        boss.send("MODE #dream -o ann")
        await asyncio.to_thread(ann.wait_for, lambda line: "MODE #dream -o ann" in line)
        await asyncio.to_thread(ann.say, "!resume")  # its refusal would repeat an answer, so it is silent
        await asyncio.to_thread(ann.say, "!queue")
        await asyncio.to_thread(ann.hears, "Nobody is waiting")
        assert queue.paused
        await asyncio.to_thread(ann.say, "!dream volcano")
        await asyncio.to_thread(ann.hears, "volcano is")
        boss.send("KICK #dream ann :enough")
        await become(lambda: len(queue) == 0)
        ann.leave()

    with_the_show(irc_server, script)
    boss.leave()


def test_the_bot_comes_back_when_the_server_does(irc_server: IrcServer) -> None:
    """The server dies and returns on the same port; the bot is in the channel again and answers."""

    async def script(queue: RequestQueue, source: IrcSource) -> None:
        irc_server.stop()
        await become(lambda: source.state()["state"] != "live")
        await asyncio.to_thread(irc_server.start)
        await become(lambda: source.state()["state"] == "live")
        ann = await asyncio.to_thread(IrcUser, irc_server, "ann")
        await asyncio.to_thread(ann.say, "!dream rabbit")
        await asyncio.to_thread(ann.hears, "rabbit is next")
        assert source.state()["connections"] == 2
        ann.leave()

    with_the_show(irc_server, script)


def test_a_taken_or_overlong_name_is_changed(irc_server: IrcServer) -> None:
    """With its name taken, and with one the server finds too long, the bot gets in under another."""
    twin = IrcUser(irc_server, "dreamstream")

    async def script(queue: RequestQueue, source: IrcSource) -> None:
        await asyncio.to_thread(twin.say, "!help")
        await asyncio.to_thread(twin.hears, "@dreamstream ")

    with_the_show(irc_server, script)
    with_the_show(irc_server, script, nick="dreamstream-of-the-whole-wide-world")
    twin.leave()


def test_our_own_words_are_not_wishes(irc_server: IrcServer) -> None:
    """The help text begins with a command; said by the bot itself it starts nothing."""

    async def script(queue: RequestQueue, source: IrcSource) -> None:
        ann = await asyncio.to_thread(IrcUser, irc_server, "ann")
        for _ in range(3):
            await asyncio.to_thread(ann.say, "!help")
        await asyncio.to_thread(ann.hears, "!dream bee")
        await asyncio.to_thread(ann.say, "!queue")
        await asyncio.to_thread(ann.hears, "Nobody is waiting")
        # The same help within 30 s is said once.
        assert sum("@ann !dream bee" in line for line in ann.lines) == 1
        assert len(queue) == 0
        ann.leave()

    with_the_show(irc_server, script)
