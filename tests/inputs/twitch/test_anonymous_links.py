"""The anonymous reader's link to Twitch: ordered away, cut, silent, refused, untrusted, flooded."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from dreamstream.core.message import Message, Purge
from dreamstream.inputs.irc.connection import Link, Server
from dreamstream.inputs.twitch.anonymous import TwitchProtocol, TwitchSource
from dreamstream.support.backoff import Backoff
from tests.inputs.certificates import certificate
from tests.inputs.lookalike import TwitchLookalike, become
from tests.inputs.twitch.anonymous_script import live, play


def test_an_order_to_reconnect_is_followed() -> None:
    """RECONNECT brings the source back within about a second, on a new connection."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.send(":tmi.twitch.tv RECONNECT")
        await become(lambda: twitch.connections == 2, "the second connection")
        await live(source)
        twitch.say("!dream bee")
        await become(lambda: heard, "a message on the new connection")

    play(script)


def test_a_cut_connection_comes_back() -> None:
    """Twitch going away costs nothing but the time away, and the state says why."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        for count in (2, 3):
            await live(source)
            twitch.drop()
            await become(lambda: source.state()["state"] != "live", "the loss to be noticed")
            await become(lambda count=count: twitch.connections == count, "a new connection")  # type: ignore[misc]
        await live(source)

    play(script)


def test_nobody_there_is_explained() -> None:
    """A refused connection names the address, and is tried again."""

    async def main() -> None:
        async with TwitchLookalike() as twitch:
            port = twitch.port
        source = TwitchSource("dreams", host="127.0.0.1", port=port, tls=False, backoff=Backoff(0.05, 0.1))
        task = asyncio.create_task(source.run(lambda item: []))
        await become(lambda: source.state()["state"] == "waiting", "the refusal")
        assert f"127.0.0.1:{port} cannot be reached" in str(source.state()["detail"])
        async with TwitchLookalike() as late:
            late._server.close()
            late.port = port
            async with late:
                await live(source)
                task.cancel()
                await asyncio.wait([task], timeout=5)

    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("mute", [False, True])
def test_a_silent_link_is_found_by_ping(mute: bool) -> None:
    """Silence is pinged; a server that answers is kept, one that does not is left."""

    async def main() -> None:
        async with TwitchLookalike(mute=mute) as twitch:
            link = Link(
                Server("127.0.0.1", twitch.port),
                lambda: TwitchProtocol("dreams"),
                speaks=False,
                backoff=Backoff(0.05, 0.1),
                silent_after=0.5,
                answer_within=0.5,
            )
            task = asyncio.create_task(link.run(lambda item: []))
            await become(lambda: any(line.startswith("PING") for line in twitch.received), "a ping")
            if mute:
                await become(lambda: twitch.connections >= 2, "another try")
            else:
                await become(lambda: sum(line.startswith("PING") for line in twitch.received) >= 2, "another ping")
                assert twitch.connections == 1
            task.cancel()
            await asyncio.wait([task], timeout=5)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_tls_is_used_and_certificates_are_checked(tmp_path: Path) -> None:
    """A trusted server is read; one that nobody vouches for is not, and the reason is told."""
    server, trusting = certificate(tmp_path)

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script, server={"tls": server}, tls=True, host="localhost", tls_context=trusting)

    async def stranger(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await become(lambda: "is not trusted" in str(source.state()["detail"]), "the refusal")
        assert twitch.received == []

    play(stranger, server={"tls": server}, tls=True, host="localhost", backoff=Backoff(30.0, 30.0))


def test_a_flood_leaves_the_loop_free() -> None:
    """While thousands of lines pour in, other tasks of the loop still run every few milliseconds, and none is lost."""

    async def script(twitch: TwitchLookalike, source: TwitchSource, heard: list[Message | Purge]) -> None:
        await live(source)
        for k in range(5000):
            twitch.say(f"so pretty {k} " + "x" * 100, f"viewer{k}", display_name=f"Viewer{k}", badges="", id=str(k))
        gaps = []
        while len(heard) < 5000:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - before)
        gaps.sort()
        assert gaps[len(gaps) * 9 // 10] < 0.1

    play(script)
