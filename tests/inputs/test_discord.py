"""Discord's real client code against a scripted gateway: reading, answering, roles, purges, and coming back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from dreamstream.core.message import Message, Purge, Reply
from dreamstream.support.backoff import Backoff
from tests.conftest import need_library
from tests.inputs.lookalike import become

need_library("discord")

import yarl  # noqa: E402
from aiohttp import web  # noqa: E402
from discord.gateway import DiscordWebSocket  # noqa: E402
from discord.http import Route  # noqa: E402

from dreamstream.inputs.discord import DiscordSource  # noqa: E402
from tests.inputs.playing import all_logged, listening, served  # noqa: E402

TOKEN = "discord-secret-token"
BOT, GUILD, CHANNEL, OWNER, ANN, MOD = 900, 800, 700, 600, 500, 400
NOW = "2026-01-01T00:00:00.000000+00:00"


class Gateway:
    """What Discord knows and was told."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.logins: list[str] = []
        self.connections = 0
        self.socket: web.WebSocketResponse | None = None
        self.takes = True
        self.close_code = 0
        self._number = itertools.count(1)
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self, patch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
        """Serve on a free port, and send discord.py there."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/users/@me", self._me),
                web.get("/oauth2/applications/@me", self._application),
                web.post(f"/channels/{CHANNEL}/messages", self._say),
                web.get("/ws/", self._ws),
            ]
        )
        async with served(app) as self.port:
            patch.setattr(Route, "BASE", f"http://127.0.0.1:{self.port}")
            patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws://127.0.0.1:{self.port}/ws/"))
            yield self

    async def event(self, kind: str, data: dict[str, Any]) -> None:
        """Tell the bot."""
        assert self.socket is not None
        await self.socket.send_json({"op": 0, "t": kind, "s": next(self._number), "d": data})

    async def say(self, text: str, user: int = ANN, *, channel: int = CHANNEL, bot: bool = False, **member: Any) -> str:
        """A message; its id."""
        identity = str(10_000 + next(self._number))
        data: dict[str, Any] = {
            "id": identity,
            "channel_id": str(channel),
            "guild_id": str(GUILD),
            "author": _user(user, {ANN: "ann", OWNER: "boss", MOD: "mia", BOT: "dreambot"}[user], bot),
            "member": {"roles": [], "joined_at": NOW, "deaf": False, "mute": False, "flags": 0, **member},
            "content": text,
            "timestamp": NOW,
            "edited_timestamp": None,
            **{"tts": False, "mention_everyone": False, "pinned": False, "type": 0},
            **{"mentions": [], "mention_roles": [], "attachments": [], "embeds": []},
        }
        await self.event("MESSAGE_CREATE", data)
        return identity

    async def order_reconnect(self) -> None:
        """Discord asks the bot to come back."""
        assert self.socket is not None
        await self.socket.send_json({"op": 7, "d": None})

    async def _me(self, request: web.Request) -> web.Response:
        self.logins.append(request.headers["Authorization"])
        if not self.takes:
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        return _json(_user(BOT, "dreambot", True))

    async def _application(self, request: web.Request) -> web.Response:
        data: dict[str, Any] = {
            "id": str(BOT),
            "name": "dream",
            "description": "",
            "icon": None,
            "rpc_origins": [],
            "team": None,
        }
        more = {
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "",
            "owner": _user(OWNER, "boss"),
        }
        return _json(data | more | {"flags": 0})

    async def _say(self, request: web.Request) -> web.Response:
        data = await request.json()
        self.said.append(data)
        blank: dict[str, list[Any]] = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": []}
        flags = {"tts": False, "mention_everyone": False, "pinned": False, "type": 0, "edited_timestamp": None}
        made = {"id": str(90_000 + len(self.said)), "channel_id": str(CHANNEL), "content": data["content"]}
        return _json({**made, **blank, **flags, "timestamp": NOW, "author": _user(BOT, "dreambot", True)})

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 30_000}})
        async for frame in socket:
            told = json.loads(frame.data)
            if told["op"] == 1:
                await socket.send_json({"op": 11})
            elif told["op"] == 2:
                if self.close_code:
                    await socket.close(code=self.close_code)
                    break
                self.socket = socket
                url = f"ws://127.0.0.1:{self.port}/ws/"
                ready = {"v": 10, "user": _user(BOT, "dreambot", True), "session_id": "s", "resume_gateway_url": url}
                await self.event(
                    "READY",
                    ready
                    | {
                        "guilds": [{"id": str(GUILD), "unavailable": True}],
                        "application": {"id": str(BOT), "flags": 0},
                    },
                )
                await self.event("GUILD_CREATE", _guild())
            elif told["op"] == 6:
                self.socket = socket
                await self.event("RESUMED", {})
        return socket


def _json(data: Any, status: int = 200) -> web.Response:
    # As Discord does it, without a charset: discord.py compares the whole header.
    return web.Response(body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json"})


def _user(number: int, name: str, bot: bool = False) -> dict[str, Any]:
    blank = {"discriminator": "0", "avatar": None, "global_name": name.title()}
    return {"id": str(number), "username": name, "bot": bot, **blank}


def _guild() -> dict[str, Any]:
    def role(number: int, name: str, may: int) -> dict[str, Any]:
        return {
            **{"id": str(number), "name": name, "permissions": str(may), "position": 0, "color": 0, "flags": 0},
            **{"hoist": False, "managed": False, "mentionable": False},
        }

    place = {"id": str(CHANNEL), "type": 0, "name": "dream", "position": 0, "permission_overwrites": [], "nsfw": False}
    return {
        **{"id": str(GUILD), "name": "Dreams", "owner_id": str(OWNER), "unavailable": False, "member_count": 3},
        "roles": [role(GUILD, "@everyone", 1 << 11), role(801, "mods", 1 << 13)],
        "channels": [place, {**place, "id": "701", "name": "other"}],
        **{"members": [], "threads": [], "emojis": [], "stickers": [], "features": [], "presences": []},
        **{"voice_states": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": []},
        **{"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0},
        **{"system_channel_flags": 0, "preferred_locale": "en-US", "nsfw_level": 0, "premium_tier": 0},
        **{"premium_progress_bar_enabled": False, "afk_timeout": 60, "icon": None, "banner": None, "splash": None},
    }


Heard = list[Message | Purge]
Play = Callable[[Callable[[Gateway, DiscordSource, Heard], Awaitable[None]]], None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Run a script against the gateway; the token may be nowhere but in the login."""

    def played(script: Callable[[Gateway, DiscordSource, Heard], Awaitable[None]]) -> None:
        heard: Heard = []

        def receive(item: Message | Purge) -> list[Reply]:
            heard.append(item)
            if isinstance(item, Message) and item.text == "!now":
                return [Reply("@everyone **bee**", item.who, "discord", item.id)]
            return []

        async def main() -> None:
            source = DiscordSource(CHANNEL, TOKEN, backoff=Backoff(0.05, 0.2))
            async with Gateway().running(monkeypatch) as gateway:
                async with listening(source, receive):
                    await script(gateway, source, heard)
                    assert TOKEN not in json.dumps(source.state())
                assert set(gateway.logins) == {f"Bot {TOKEN}"}

        with all_logged("discord") as stream:
            asyncio.run(asyncio.wait_for(main(), 60))
            assert TOKEN not in stream.getvalue()

    return played


async def live(source: DiscordSource) -> None:
    """Wait until the bot reads and answers."""
    await become(lambda: source.state()["state"] == "live", "the bot to be live")


def test_it_reads_and_answers(play: Play) -> None:
    """Names, ids and ranks come with messages; answers are replies that can call nobody."""

    async def script(gateway: Gateway, source: DiscordSource, heard: Heard) -> None:
        await live(source)
        first = await gateway.say("!now", premium_since=NOW)
        await gateway.say("!skip", OWNER)
        await gateway.say("!skip", MOD, roles=["801"])
        await gateway.say("!dream owl", channel=701)
        await gateway.say("!dream cow", BOT, bot=True)
        await gateway.say("!dream bee")
        await become(lambda: len(heard) == 4 and gateway.said, "four messages and an answer")
        messages = [item for item in heard if isinstance(item, Message)]
        assert [(m.text, m.who, m.user, set(m.roles)) for m in messages] == [
            ("!now", "Ann", str(ANN), {"subscriber"}),
            ("!skip", "Boss", str(OWNER), {"broadcaster", "moderator"}),
            ("!skip", "Mia", str(MOD), {"moderator"}),
            ("!dream bee", "Ann", str(ANN), set()),
        ]
        (said,) = gateway.said
        assert str(said["message_reference"]["message_id"]) == first
        assert said["allowed_mentions"]["parse"] == []
        assert said["content"] == "@everyone \\*\\*bee\\*\\*"

    play(script)


def test_deletions_and_bans_are_purges(play: Play) -> None:
    """One message, many at once, and a person."""

    async def script(gateway: Gateway, source: DiscordSource, heard: Heard) -> None:
        await live(source)
        place = {"channel_id": str(CHANNEL), "guild_id": str(GUILD)}
        await gateway.event("MESSAGE_DELETE", {"id": "1", **place})
        await gateway.event("MESSAGE_DELETE", {"id": "9", **place, "channel_id": "701"})
        await gateway.event("MESSAGE_DELETE_BULK", {"ids": ["2", "3"], **place})
        await gateway.event("GUILD_BAN_ADD", {"guild_id": str(GUILD), "user": _user(ANN, "ann")})
        await become(lambda: len(heard) == 4, "four purges")
        assert heard == [
            *(Purge("discord", message_id=number) for number in ("1", "2", "3")),
            Purge("discord", user=str(ANN)),
        ]

    play(script)


def test_an_order_to_reconnect_is_followed(play: Play) -> None:
    """The session is resumed on a new connection."""

    async def script(gateway: Gateway, source: DiscordSource, heard: Heard) -> None:
        await live(source)
        await gateway.order_reconnect()
        await become(lambda: gateway.connections == 2, "the new connection")
        await become(lambda: source.counts["connections"] == 2, "the resumed session")
        await gateway.say("!dream bee")
        await become(lambda: heard, "the message")

    play(script)


def test_a_refused_token_and_a_missing_permission_are_explained(play: Play) -> None:
    """Both say what to do, and are tried again."""

    async def script(gateway: Gateway, source: DiscordSource, heard: Heard) -> None:
        gateway.takes, gateway.close_code = False, 4014
        await become(lambda: "does not take the token" in str(source.state()["detail"]), "the refusal")
        gateway.takes = True
        await become(lambda: "Message Content Intent" in str(source.state()["detail"]), "the permission")
        gateway.close_code = 0
        await live(source)

    play(script)
