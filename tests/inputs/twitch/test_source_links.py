"""The Twitch bot against a scripted Twitch that fails it: tokens that end, links that are cut, a sick platform."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.inputs.twitch.tokens import TokenStore
from tests.conftest import need_library
from tests.inputs.lookalike import TwitchLookalike, become

need_library("twitchio")

from twitchio.eventsub import websockets  # noqa: E402

from dreamstream.inputs.twitch.source import TwitchBotSource  # noqa: E402
from tests.inputs.twitch.scripted import Heard, keep, live  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402


def test_an_ended_token_is_renewed_and_kept(play: Any, tmp_path: Path) -> None:
    """At the login and in the middle of a show; the answer is said all the same, and the new token is on disk."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        for number in (1, 2):
            twitch.expire()
            await twitch.say("!now", "ann")
            await become(lambda number=number: len(twitch.said) == number, "the answer")  # type: ignore[misc]
        (account,) = TokenStore(tmp_path / "twitch.json").load().accounts
        assert (account.token, account.refresh) == (twitch.secrets[-2], twitch.secrets[-1])
        assert len(twitch.refreshes) == 1
        assert twitch.calls.count("POST /oauth2/token") == 2
        assert twitch.connections == 1

    play(script)

    async def late(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        twitch.expire()
        await live(source)
        (account,) = TokenStore(tmp_path / "twitch.json").load().accounts
        assert account.refresh in twitch.refreshes

    play(late)


def test_too_many_requests_wait_as_told(play: Any) -> None:
    """After a 429 the answer is said when Ratelimit-Reset says, once."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        twitch.too_many = [0.5, 0.0]
        began = time.monotonic()
        await twitch.say("!now", "ann")
        await become(lambda: twitch.said, "the answer")
        assert time.monotonic() - began > 0.45
        assert twitch.calls.count("POST /helix/chat/messages") == 3
        assert len(twitch.said) == 1

    play(script)


def test_an_order_to_reconnect_is_followed(play: Any) -> None:
    """EventSub's session_reconnect moves to a new connection; messages on it are heard, and once only."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.order_reconnect()
        await become(lambda: twitch.connections == 2 and twitch.sockets[0].closed, "the move")
        await twitch.say("!dream bee", id="m-1")
        await become(lambda: heard, "the message")
        await live(source)
        assert len(twitch.subscriptions) == 3
        assert len(heard) == 1

    play(script)


def test_a_cut_link_comes_back(play: Any) -> None:
    """twitchio brings it back and subscribes again; meanwhile the state says so."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await twitch.cut()
        await become(lambda: twitch.moved_to(2), "the link to be back", 20)
        await live(source)
        await twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script)


@pytest.mark.slow
def test_a_silent_link_is_found(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twitch promises signs of life; without them the link is made anew (twitchio waits 10 s and 5, here 1 and 5)."""
    made = websockets.Websocket.__init__

    def impatient(self: Any, **options: Any) -> None:
        made(self, **options)
        self._keep_alive_timeout = 1

    monkeypatch.setattr(websockets.Websocket, "__init__", impatient)

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        await become(lambda: twitch.moved_to(2), "a new link", 20)
        await twitch.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script)


def test_a_link_that_stays_away_is_made_anew(play: Any) -> None:
    """When subscriptions are refused at the return, the whole login is done again."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        twitch.refuse_subscriptions = True
        await twitch.cut()
        await become(lambda: "403" in str(source.state()["detail"]), "the refusal", 20)
        twitch.refuse_subscriptions = False
        await live(source)

    play(script, away=0.3)


def test_a_withdrawn_login_is_said_and_chat_is_still_read(play: Any, tmp_path: Path) -> None:
    """Without a login the channel is read anonymously; a new login brings the voice back, with no restart."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        async with TwitchLookalike() as irc:
            ports.append(irc.port)
            twitch.withdraw()
            await twitch.revoke("authorization_revoked")
            await become(lambda: source.state()["state"] == "live" and source.state()["as"] == "", "reading")
            assert "dreamstream twitch login" in str(source.state()["detail"])
            irc.say("!dream bee", "ann")
            await become(lambda: heard, "a message without a login")
            keep(twitch, TokenStore(tmp_path / "twitch.json"), "22")
            await become(lambda: source.state()["as"] == "dreambot", "the new login")
        await live(source)
        await twitch.say("!now")
        await become(lambda: twitch.said, "the answer")

    ports: list[int] = []
    quick = {"host": "127.0.0.1", "tls": False}
    play(script, listener=lambda channel: TwitchSource(channel, port=ports[0], **quick))  # type: ignore[arg-type]


def test_a_show_without_a_login_reads_and_begins_to_speak(play: Any, tmp_path: Path) -> None:
    """Nobody is logged in, which is no trouble; a login later is taken up with no restart."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await become(lambda: source.state()["state"] == "live" and source.state()["as"] == "", "reading")
        assert source.state()["detail"] == "Reading as a guest. To answer as well: dreamstream twitch login"
        irc[0].say("!now", "ann")
        await become(lambda: heard, "a message")
        assert twitch.calls == []
        keep(twitch, TokenStore(tmp_path / "twitch.json"), "22")
        await become(lambda: source.state()["as"] == "dreambot", "the login")
        await twitch.say("!now", "bob")
        await become(lambda: twitch.said, "the answer")
        assert [each["message"] for each in twitch.said] == ["bee, my own idea."]

    irc: list[TwitchLookalike] = []

    async def around(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        async with TwitchLookalike() as made:
            irc.append(made)
            await script(twitch, source, heard)

    def listener(channel: str) -> TwitchSource:
        return TwitchSource(channel, host="127.0.0.1", tls=False, port=irc[0].port)

    play(around, users=(), listener=listener)


def test_a_refused_refresh_is_a_lost_login(play: Any) -> None:
    """When Twitch takes neither token in the middle of a show, a person is told what to do."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        await live(source)
        async with TwitchLookalike() as irc:
            ports.append(irc.port)
            twitch.withdraw()
            await twitch.say("!now", "ann")
            await become(lambda: "no longer takes the login" in str(source.state()["detail"]), "the reason")

    ports: list[int] = []
    quick = {"host": "127.0.0.1", "tls": False}
    play(script, listener=lambda channel: TwitchSource(channel, port=ports[0], **quick))  # type: ignore[arg-type]


def test_an_unknown_channel_and_a_sick_twitch_are_explained(play: Any) -> None:
    """Both are tried again."""

    async def script(twitch: TwitchServer, source: TwitchBotSource, heard: Heard) -> None:
        users, twitch.users = twitch.users, {"22": "dreambot"}
        await become(lambda: "no Twitch channel dreams" in str(source.state()["detail"]), "the reason")
        twitch.users, twitch.down = users, True
        await become(lambda: "500" in str(source.state()["detail"]), "the reason")
        twitch.down = False
        await live(source)

    play(script)
