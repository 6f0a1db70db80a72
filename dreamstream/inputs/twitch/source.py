"""A Twitch channel as a source that can speak: EventSub for reading, Helix for answering, as a logged-in account.

Without a login, or with one that Twitch no longer takes, the channel is read anonymously until somebody logs in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from twitchio import eventsub

from dreamstream.core.errors import UserError
from dreamstream.core.message import Message, Purge, Receive, Reply, Settled, line
from dreamstream.inputs.twitch import rewards as twitch_rewards
from dreamstream.inputs.twitch.anonymous import TwitchSource
from dreamstream.inputs.twitch.api import (
    FOLLOWERS,
    READ,
    REDEMPTIONS,
    WRITE,
    Client,
    LoginLostError,
    TwitchError,
    ask,
    session,
)
from dreamstream.inputs.twitch.followers import Followers
from dreamstream.inputs.twitch.listener import Listener
from dreamstream.inputs.twitch.tokens import Account, Logins, TokenStore
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

# In seconds. twitchio brings its links back by itself; what stays away longer is made anew.
TICK, AWAY, STEADY, LEAVE, LISTEN, LATER = 1.0, 60.0, 30.0, 0.7, 1800.0, 10.0
_UNSAID, _UNSETTLED, _SAID = 40, 200, 40


class TwitchBotSource:
    """Reads and answers in `channel` with the logins in `store`.

    due: answers that may be said by now. settled: what became of paid messages, asked for once a second. reward: title
    or id of the channel-point reward that asks for a dream, "" for none. followers: whether to look up who follows.
    listener: makes the anonymous source for times without a login.
    """

    def __init__(
        self,
        channel: str,
        store: TokenStore,
        *,
        due: Callable[[str], list[Reply]] | None = None,
        settled: Callable[[str], list[Settled]] | None = None,
        reward: str = "",
        followers: bool = False,
        backoff: Backoff | None = None,
        listener: Callable[[str], TwitchSource] | None = None,
        away: float = AWAY,
    ) -> None:
        self.name = "twitch"
        self._channel, self._store = channel.lower().lstrip("#"), store
        self._due, self._settled, self._wanted, self._look_up = due, settled, reward, followers
        self._backoff = backoff or Backoff()
        self._listener = listener or TwitchSource
        self._away = away
        self._state, self._detail, self._as = "connecting", "logging in", ""
        self._anonymous: TwitchSource | None = None
        self._unsaid: deque[Reply] = deque(maxlen=_UNSAID)
        self._said: deque[str] = deque(maxlen=_SAID)
        self._unsettled: deque[Settled] = deque(maxlen=_UNSETTLED)
        self._over: deque[str] = deque(maxlen=_UNSETTLED)
        self._settle_at = 0.0
        self._wake = asyncio.Event()
        self.counts = {"connections": 0, "messages": 0, "said": 0, "unsaid": 0, "settled": 0}

    def state(self) -> dict[str, object]:
        """Where the connection stands, for people."""
        known: dict[str, object] = {"name": self.name, "kind": "twitch", "channel": self._channel, "as": self._as}
        if self._anonymous is not None:
            heard = self._anonymous.state()
            detail = self._detail if heard["state"] == "live" else heard["detail"]
            return known | {"as": "", "state": heard["state"], "detail": detail, "messages": heard["messages"]}
        return known | {"state": self._state, "detail": self._detail} | self.counts

    async def run(self, receive: Receive) -> None:
        """Read and answer until cancelled; reconnects by itself, and reads anonymously while the login is no good."""
        try:
            while True:
                self._state, self._detail = "connecting", "logging in"
                try:
                    if not self._store.load().accounts:
                        await self._listen(receive, "Reading as a guest. To answer as well: dreamstream twitch login")
                        continue
                    reason = await self._converse(receive)
                except (LoginLostError, UserError) as error:
                    text = f"{str(error).rstrip('.')}. Until then it reads and does not answer"
                    log.warning("Twitch: %s.", text)
                    await self._listen(receive, text, LISTEN)
                    continue
                except TwitchError as error:
                    reason = str(error)
                except Exception as error:  # a surprise of Twitch's or the library's must not end the source
                    log.exception("Twitch failed.")
                    reason = f"Twitch failed ({type(error).__name__}; see the log)"
                wait = self._backoff.next()
                self._state, self._detail = "waiting", f"{reason}; trying again in {wait:.0f} s"
                log.warning("Twitch: %s", self._detail)
                await asyncio.sleep(wait)
        finally:
            self._state, self._detail = "closed", "closed"

    # -- one login -----------------------------------------------------------------------------------------------

    async def _converse(self, receive: Receive) -> str:
        """Log in, listen and speak until that is over; why it is. Raises TwitchError, LoginLostError or UserError."""
        logins = self._store.load()
        bot, owner = self._choose(logins)
        async with session() as http:
            hear = partial(self._hand_over, receive)
            client = Listener(logins.client_id, bot, http, self._store, hear, self._is_ours, self._wake.set)
            try:
                await client.enter(*{account.user_id: account for account in (bot, owner) if account}.values())
                return await self._exchange(client, bot, owner, receive)
            finally:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(LEAVE):
                        await client.close(save_tokens=False)

    def _choose(self, logins: Logins) -> tuple[Account, Account | None]:
        """Who speaks, preferably somebody else than the channel's owner, and the owner if logged in."""
        owner = logins.named(self._channel)
        able = [account for account in logins.accounts if {READ, WRITE} <= set(account.scopes)]
        others = [account for account in able if account != owner]
        if not able:
            raise LoginLostError("nobody is logged in who may read and write chat; run: dreamstream twitch login")
        return (others or able)[-1], owner

    async def _exchange(self, client: Listener, bot: Account, owner: Account | None, receive: Receive) -> str:
        users = await ask(client.fetch_users(logins=[self._channel]), "looking for the channel")
        if not users:
            raise TwitchError(f"there is no Twitch channel {self._channel}")
        room = str(users[0].id)
        client.own = None if bot.user_id == room else bot.user_id
        if self._look_up and FOLLOWERS in (owner or bot).scopes:
            client.followers = Followers(client, (owner or bot).user_id, room)
        for kind in (
            eventsub.ChatMessageSubscription,
            eventsub.ChatClearUserMessagesSubscription,
            eventsub.ChatMessageDeleteSubscription,
        ):
            payload = kind(broadcaster_user_id=room, user_id=bot.user_id)
            await ask(client.subscribe_websocket(payload, token_for=bot.user_id), "subscribing to chat")
        expected = 3
        trouble = ""
        if self._wanted:
            try:
                await self._open_reward(client, owner, receive)
                expected += 2
            except LoginLostError:
                raise
            except TwitchError as error:  # chat goes on without
                trouble = f"; no rewards: {error}"
                log.warning("Twitch rewards: %s.", error)
        self.counts["connections"] += 1
        self._as = bot.login
        return await self._stay(client, bot, owner, room, expected, trouble)

    async def _open_reward(self, client: Listener, owner: Account | None, receive: Receive) -> None:
        if owner is None or REDEMPTIONS not in owner.scopes:
            raise TwitchError(f"as {self._channel} run: dreamstream twitch login --rewards")
        reward = await twitch_rewards.find_reward(client, owner, self._wanted)
        client.reward = reward
        redeem = eventsub.ChannelPointsRedeemAddSubscription(broadcaster_user_id=owner.user_id, reward_id=reward.id)
        settled = eventsub.ChannelPointsRedeemUpdateSubscription(broadcaster_user_id=owner.user_id, reward_id=reward.id)
        for payload in (redeem, settled):
            await ask(client.subscribe_websocket(payload, token_for=owner.user_id), "subscribing to the reward")
        if not reward.ours:
            log.warning("The reward %r was made elsewhere: points cannot be given back.", reward.title)
        now = asyncio.get_running_loop().time()
        self._gather()
        for message in await twitch_rewards.missed(client, owner, reward, now):
            # Twitch may not have heard yet what became of it; it must not be dreamed twice.
            if message.paid is None or message.paid.handle not in self._over:
                self._hand_over(receive, message)

    def _gather(self) -> None:
        """Take what the bot has for us by now: held answers, and what became of paid messages."""
        self._unsaid.extend(self._due(self.name) if self._due else ())
        for settled in self._settled(self.name) if self._settled else ():
            self._unsettled.append(settled)
            self._over.append(settled.handle)

    async def _stay(
        self, client: Listener, bot: Account, owner: Account | None, room: str, expected: int, trouble: str
    ) -> str:
        clock = asyncio.get_running_loop().time
        began = linked_at = clock()
        while True:
            if client.over:
                if client.over.startswith("authorization"):
                    raise LoginLostError("the login was withdrawn at Twitch; run: dreamstream twitch login")
                return f"Twitch ended the subscription ({client.over})"
            if client.connected() >= expected:
                linked_at = clock()
                self._state, self._detail = "live", f"reading and answering as {bot.login}{trouble}"
            else:
                self._state, self._detail = "waiting", "the link to Twitch broke; it is coming back"
                if clock() - linked_at > self._away:
                    return "the link to Twitch did not come back"
            if clock() - began > STEADY:
                self._backoff.reset()
            self._gather()
            await self._speak(client, bot, room)
            if clock() >= self._settle_at:
                await self._settle(client, owner)
            self._wake.clear()
            if not self._unsaid:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK):
                        await self._wake.wait()

    async def _speak(self, client: Client, bot: Account, room: str) -> None:
        if not self._unsaid:
            return
        reply = self._unsaid.popleft()
        # An answer in a thread names its asker by itself.
        text = reply.text if reply.message_id else line(reply)
        self._said.append(text)
        call = client.http.post_chat_message(
            broadcaster_id=room,
            sender_id=bot.user_id,
            message=text,
            token_for=bot.user_id,
            reply_to_message_id=reply.message_id or None,
        )
        try:
            sent = (await ask(call, "answering"))["data"][0]
        except LoginLostError:
            raise
        except TwitchError as error:
            self.counts["unsaid"] += 1
            log.warning("Twitch: %s; an answer was not said.", error)
            return
        if sent["is_sent"]:
            self.counts["said"] += 1
        else:
            self.counts["unsaid"] += 1
            reason: Any = sent.get("drop_reason") or {}
            log.info("Twitch did not show an answer: %s.", str(reason.get("message", "no reason"))[:120])

    async def _settle(self, client: Client, owner: Account | None) -> None:
        while self._unsettled and owner is not None:
            settled = self._unsettled[0]
            try:
                await twitch_rewards.settle(client, owner, settled)
                self.counts["settled"] += 1
            except LoginLostError:
                raise
            except TwitchError as error:
                log.warning("Twitch: %s.", error)
                if not 400 <= error.status < 500:
                    self._settle_at = asyncio.get_running_loop().time() + LATER
                    return  # it stays first in line
            self._unsettled.popleft()

    # -- without a login -----------------------------------------------------------------------------------------

    async def _listen(self, receive: Receive, detail: str, seconds: float = float("inf")) -> None:
        """Read anonymously until the logins change, or for so long."""
        self._detail = detail
        before, clock = self._store.changed_at(), asyncio.get_running_loop().time
        until = clock() + seconds
        self._anonymous = self._listener(self._channel)
        listening = asyncio.create_task(self._anonymous.run(receive))
        try:
            while clock() < until and self._store.changed_at() == before:
                await asyncio.sleep(TICK)
                self._unsaid.clear()
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([listening], timeout=LEAVE)
            self._anonymous = None

    # -- what the listener calls ---------------------------------------------------------------------------------

    def _hand_over(self, receive: Receive, item: Message | Purge) -> None:
        """Give the bot what was heard, and keep its answers to be said."""
        self.counts["messages"] += 1
        replies = receive(item)
        self.counts["unsaid"] += max(0, len(self._unsaid) + len(replies) - _UNSAID)
        self._unsaid.extend(replies)
        self._wake.set()

    def _is_ours(self, text: str) -> bool:
        """Whether we said this lately; the only sign when we speak as the channel's owner."""
        return any(text.endswith(said) for said in self._said)
