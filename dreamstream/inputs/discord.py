"""A Discord channel as a source, through discord.py: the whole of another platform in one file.

Import it only where Discord is wanted: discord.py is an extra. It brings links back by itself and resumes them; what it
gives up (a wrong token, a missing permission) is said, and tried again with back-off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable

import aiohttp
import discord

from dreamstream.core.message import Message, Purge, Receive, Reply, line
from dreamstream.support.backoff import Backoff
from dreamstream.support.redaction import hide, redact

log = logging.getLogger(__name__)

TICK, STEADY, LEAVE, PATIENCE = 1.0, 30.0, 0.7, 20.0
_UNSAID = 40


class DiscordSource:
    """Reads and answers in the channel with this id. due: answers that may be said by now.

    The server's owner counts as broadcaster, who may manage messages or members as moderator, boosters as subscribers.
    """

    def __init__(
        self,
        channel: int,
        token: str,
        *,
        due: Callable[[str], list[Reply]] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = "discord"
        self._channel, self._token, self._due = channel, token, due
        self._backoff = backoff or Backoff(5.0, 300.0, steady=STEADY)
        self._state, self._detail = "connecting", "logging in"
        self._unsaid: deque[Reply] = deque(maxlen=_UNSAID)
        self._wake = asyncio.Event()
        self.counts = {"connections": 0, "messages": 0, "said": 0, "unsaid": 0}
        hide(token)

    def state(self) -> dict[str, object]:
        """Where the connection stands, for people."""
        known: dict[str, object] = {"name": self.name, "kind": "discord", "channel": str(self._channel)}
        return known | {"state": self._state, "detail": self._detail} | self.counts

    async def run(self, receive: Receive) -> None:
        """Read and answer until cancelled; reconnects by itself."""
        clock = asyncio.get_running_loop().time
        try:
            while True:
                self._state, self._detail = "connecting", "logging in"
                began = clock()
                reason = await self._converse(receive)
                wait = self._backoff.next(clock() - began)
                self._state, self._detail = "waiting", f"{reason}; trying again in {wait:.0f} s"
                log.warning("Discord: %s", self._detail)
                await asyncio.sleep(wait)
        finally:
            self._state, self._detail = "closed", "closed"

    async def _converse(self, receive: Receive) -> str:
        """One login from beginning to end; why it ended."""
        client = _Listener(self, receive, self._channel)
        speaking = asyncio.create_task(self._speak(client))
        try:
            await client.start(self._token)
        except discord.LoginFailure:
            return "Discord does not take the token; copy a new one from the Developer Portal"
        except discord.PrivilegedIntentsRequired:
            return "the bot may not read messages; switch on Message Content Intent in the Developer Portal"
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            return f"Discord cannot be used ({redact(str(error))[:120] or type(error).__name__})"
        except Exception as error:  # a surprise of Discord's or the library's must not end the source
            log.exception("Discord failed.")
            return f"Discord failed ({type(error).__name__}; see the log)"
        finally:
            speaking.cancel()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LEAVE):
                    await client.close()
        return "Discord closed the link"

    async def _speak(self, client: _Listener) -> None:
        while True:
            self._unsaid.extend(self._due(self.name) if self._due else ())
            while self._unsaid and self._state == "live":
                await self._say(client, self._unsaid.popleft())
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._wake.wait()

    async def _say(self, client: _Listener, reply: Reply) -> None:
        place = client.get_partial_messageable(self._channel)
        threaded = reply.message_id.isdecimal()
        try:
            async with asyncio.timeout(PATIENCE):
                await place.send(
                    discord.utils.escape_markdown(reply.text if threaded else line(reply)),
                    reference=discord.MessageReference(
                        message_id=int(reply.message_id), channel_id=self._channel, fail_if_not_exists=False
                    )
                    if threaded
                    else discord.utils.MISSING,
                    mention_author=False,
                    # Nobody can make the bot call a role or everybody by naming it in a request.
                    allowed_mentions=discord.AllowedMentions.none(),
                    suppress_embeds=True,
                )
            self.counts["said"] += 1
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            self.counts["unsaid"] += 1
            log.warning("Discord: an answer was not said (%s).", redact(str(error))[:120] or type(error).__name__)

    def hand_over(self, receive: Receive, item: Message | Purge) -> None:
        """Give the bot what was heard, and keep its answers to be said."""
        self.counts["messages"] += 1
        replies = receive(item)
        self.counts["unsaid"] += max(0, len(self._unsaid) + len(replies) - _UNSAID)
        self._unsaid.extend(replies)
        self._wake.set()

    def linked(self, standing: bool, who: str = "") -> None:
        """The link stands, or it broke and discord.py brings it back."""
        if standing:
            self.counts["connections"] += 1
            self._state, self._detail = "live", f"reading and answering as {who}" if who else self._detail
            self._wake.set()
        elif self._state == "live":
            self._state = "waiting"


class _Listener(discord.Client):
    """One login's ear."""

    def __init__(self, source: DiscordSource, receive: Receive, channel: int) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.message_content = intents.moderation = True
        super().__init__(intents=intents, max_messages=None, chunk_guilds_at_startup=False, guild_ready_timeout=1.0)
        self._source, self._receive, self._place = source, receive, channel

    async def on_ready(self) -> None:
        """Logged in, and everything is known."""
        self._source.linked(True, str(self.user))

    async def on_resumed(self) -> None:
        """Back, with nothing lost."""
        self._source.linked(True, str(self.user))

    async def on_disconnect(self) -> None:
        """The link broke; discord.py brings it back."""
        self._source.linked(False)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something, here or elsewhere."""
        author = message.author
        if message.channel.id != self._place or author.bot or not message.content:
            return
        roles: set[str] = set()
        if isinstance(author, discord.Member):
            may = author.guild_permissions
            roles |= {"broadcaster"} if author.guild.owner_id == author.id else set()
            roles |= {"moderator"} if may.manage_messages or may.moderate_members or may.administrator else set()
            roles |= {"subscriber"} if author.premium_since is not None else set()
        now = asyncio.get_running_loop().time()
        heard = Message(
            message.content,
            author.display_name,
            "discord",
            str(message.id),
            frozenset(roles),
            now,
            str(author.id),
        )
        self._source.hand_over(self._receive, heard)

    async def on_raw_message_delete(self, deleted: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted, by a moderator or by its author."""
        if deleted.channel_id == self._place:
            self._source.hand_over(self._receive, Purge("discord", message_id=str(deleted.message_id)))

    async def on_raw_bulk_message_delete(self, deleted: discord.RawBulkMessageDeleteEvent) -> None:
        """Many at once."""
        if deleted.channel_id == self._place:
            for each in sorted(deleted.message_ids):
                self._source.hand_over(self._receive, Purge("discord", message_id=str(each)))

    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Somebody was banned."""
        if guild.get_channel(self._place) is not None:
            self._source.hand_over(self._receive, Purge("discord", user=str(user.id)))

    async def on_error(self, event: str, /, *_: object, **__: object) -> None:
        """One event that cannot be handled must not end the others."""
        log.exception("Discord: the event %s failed.", event)
