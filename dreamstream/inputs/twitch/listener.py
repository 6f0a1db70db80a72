"""One Twitch login's ear: EventSub's events, as twitchio dispatches them, become what the bot hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
import twitchio

from dreamstream.core.message import Message, Purge
from dreamstream.inputs.twitch import rewards as twitch_rewards
from dreamstream.inputs.twitch.api import Client
from dreamstream.inputs.twitch.events import message_of
from dreamstream.inputs.twitch.followers import Followers
from dreamstream.inputs.twitch.tokens import Account, TokenStore


class Listener(Client):
    """twitchio's client, handing what it hears to `hear` as messages and purges.

    is_ours: whether the show said this text lately. ended: called when Twitch sends no more. own: the user whose words
    are never listened to; None when that is the channel's owner. over: why Twitch sends no more, "" while it does.
    """

    def __init__(
        self,
        client_id: str,
        bot: Account,
        http: aiohttp.ClientSession,
        store: TokenStore,
        hear: Callable[[Message | Purge], None],
        is_ours: Callable[[str], bool],
        ended: Callable[[], None],
    ) -> None:
        super().__init__(client_id, bot, http, store)
        self._hear, self._is_ours, self._ended = hear, is_ours, ended
        self.own: str | None = None
        self.reward: twitch_rewards.Reward | None = None
        self.followers: Followers | None = None
        self.over = ""

    async def event_message(self, event: twitchio.ChatMessage) -> None:
        """Somebody said something."""
        if str(event.chatter.id) == self.own or (self.own is None and self._is_ours(event.text)):
            return
        message = message_of(event, asyncio.get_running_loop().time())
        if self.followers is not None:
            message = await self.followers.known(message, str(event.chatter.id))
        self._hear(message)

    async def event_chat_clear_user(self, event: twitchio.ChannelChatClearUserMessages) -> None:
        """A moderator banned somebody, or sent them to a time-out."""
        self._hear(Purge("twitch", user=(event.user.name or "").lower()))

    async def event_message_delete(self, event: twitchio.ChatMessageDelete) -> None:
        """A moderator deleted a message."""
        self._hear(Purge("twitch", message_id=event.message_id))

    async def event_custom_redemption_add(self, event: twitchio.ChannelPointsRedemptionAdd) -> None:
        """Somebody redeemed the reward."""
        reward, user = self.reward, event.user
        if reward is not None and event.reward.id == reward.id and event.status == "unfulfilled":
            now = asyncio.get_running_loop().time()
            who, login, cost = user.display_name or user.name or "", user.name or "", event.reward.cost
            message = twitch_rewards.redeemed(reward, event.id, who, login, event.user_input, cost, now)
            self._hear(message)

    async def event_custom_redemption_update(self, event: twitchio.ChannelPointsRedemptionUpdate) -> None:
        """The streamer gave points back by hand: then there is nothing to dream either."""
        if event.status == "canceled":
            self._hear(Purge("twitch", message_id=event.id))

    async def event_subscription_revoked(self, event: twitchio.SubscriptionRevoked) -> None:
        """Twitch sends no more of something."""
        self.over = str(getattr(event.status, "value", event.status))
        self._ended()
