"""The bot on a scripted Twitch: each test is what happens there."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dreamstream.core.message import Message, Purge, Reply
from dreamstream.inputs.twitch.tokens import Account, TokenStore
from dreamstream.support.backoff import Backoff
from tests.conftest import need_library
from tests.inputs.lookalike import become

need_library("twitchio")


from dreamstream.inputs.twitch.source import TwitchBotSource  # noqa: E402
from tests.inputs.playing import all_logged, listening  # noqa: E402
from tests.inputs.twitch.twitch_api import ALL  # noqa: E402
from tests.inputs.twitch.twitch_server import TwitchServer  # noqa: E402

Heard = list[Message | Purge]
Script = Callable[[TwitchServer, TwitchBotSource, Heard], Awaitable[None]]


def keep(twitch: TwitchServer, store: TokenStore, user_id: str, scopes: list[str] | None = None) -> None:
    """Log somebody in."""
    token, refresh = twitch.login(user_id, scopes)
    store.keep(Account(user_id, twitch.users[user_id], token, refresh, tuple(scopes or ALL)), "publicclient")


def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What runs a script against the server with a bot that hears; afterwards no token may be found anywhere."""

    def played(
        script: Script, *, users: tuple[str, ...] = ("22",), scopes: list[str] | None = None, **options: Any
    ) -> None:
        store = TokenStore(tmp_path / "twitch.json")
        store.path.unlink(missing_ok=True)
        heard: Heard = []
        states: list[dict[str, object]] = []

        def receive(item: Message | Purge) -> list[Reply]:
            heard.append(item)
            if isinstance(item, Message) and item.text == "!now":
                return [Reply("bee, my own idea.", item.who, "twitch", item.id)]
            return []

        async def main(stream: io.StringIO) -> None:
            async with TwitchServer().running() as twitch:
                twitch.aim(monkeypatch)
                for user_id in users:
                    keep(twitch, store, user_id, scopes)
                given = {"backoff": Backoff(0.05, 0.2), **options}
                bot_receive = given.pop("receive", receive)
                source = TwitchBotSource("Dreams", store, **given)
                async with listening(source, bot_receive):
                    await script(twitch, source, heard)
                    states.append(source.state())
                everything = stream.getvalue() + json.dumps(states) + repr(source.__dict__)
                for secret in twitch.secrets:
                    assert secret not in everything

        with all_logged("twitchio") as stream:
            asyncio.run(asyncio.wait_for(main(stream), 60))

    return played


async def live(source: TwitchBotSource) -> None:
    """Wait until the bot reads and answers."""
    await become(lambda: source.state()["state"] == "live", "the bot to be live")
