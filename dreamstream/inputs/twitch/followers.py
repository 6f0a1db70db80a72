"""Who follows the channel: looked up when it matters, remembered for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace

from dreamstream.core.message import Message, Role
from dreamstream.inputs.twitch.api import Client, Route, TwitchError, ask

# In seconds. Twitch allows 800 calls a minute in all; six a second leave the better half for answering.
REMEMBERED, PATIENCE, APART = 600.0, 2.0, 1 / 6
_MOST = 10_000


class Followers:
    """Asks Twitch, with the login of `asker`, who follows the channel `room`."""

    def __init__(self, client: Client, asker: str, room: str) -> None:
        self._client, self._asker, self._room = client, asker, room
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Event] = {}
        self._free_at = 0.0

    async def known(self, message: Message, user_id: str) -> Message:
        """The message with its author's role. Only of commands, and only where no badge says more.

        When Twitch is slow or the calls are used up, the author counts as nobody special.
        """
        if not message.text.lstrip().startswith("!") or message.role >= Role.FOLLOWER:
            return message
        if (asked := self._asking.get(user_id)) is not None:
            await asked.wait()  # a second command must not overtake the first
        now = asyncio.get_running_loop().time()
        follows, until = self._known.get(user_id, (False, 0.0))
        if until < now and self._free_at <= now:
            self._free_at = now + APART
            follows = await self._look(user_id, now)
        return replace(message, roles=message.roles | {"follower"}) if follows else message

    async def _look(self, user_id: str, now: float) -> bool:
        """Ask, and remember the answer; no answer is soon asked for again."""
        answered = self._asking[user_id] = asyncio.Event()
        follows, until = False, now + PATIENCE
        try:
            follows, until = await self._ask(user_id), now + REMEMBERED
        except TwitchError:
            pass
        finally:
            del self._asking[user_id]
            answered.set()
        self._known[user_id] = (follows, until)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return follows

    async def _ask(self, user_id: str) -> bool:
        params = {"broadcaster_id": self._room, "user_id": user_id}
        route = Route("GET", "channels/followers", params=params, token_for=self._asker)
        return bool((await ask(self._client.http.request_json(route), "looking up a follower", PATIENCE))["data"])
