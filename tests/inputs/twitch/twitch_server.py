"""A scripted Twitch, as real HTTP and websockets on loopback, where a test says what happens.

Point twitchio at it with `aim`; what it answers, and what it notes, is in `twitch_api`.
"""

from __future__ import annotations

from typing import Any

import pytest
from twitchio.eventsub import websockets
from twitchio.http import Route

from tests.inputs.twitch.twitch_api import NOW, TwitchApi, eventsub, session_of


class TwitchServer(TwitchApi):
    """Twitch on a day when viewers chat, redeem and are banned, and connections are moved, revoked and cut."""

    def aim(self, patch: pytest.MonkeyPatch) -> None:
        """Send twitchio here."""
        patch.setattr(Route, "BASE", f"http://127.0.0.1:{self.port}/helix/")
        patch.setattr(Route, "ID_BASE", f"http://127.0.0.1:{self.port}/")
        patch.setattr(websockets, "WSS", f"ws://127.0.0.1:{self.port}/ws")

    async def event(self, kind: str, event: dict[str, Any]) -> None:
        """Notify whoever subscribed."""
        for each in [each for each in self.subscriptions if each["type"] == kind]:
            socket = next((s for s in self.sockets if session_of(s) == each["transport"]["session_id"]), None)
            if socket is not None and not socket.closed:
                about = {"subscription_type": kind, "subscription_version": "1"}
                await socket.send_json(eventsub("notification", {"subscription": each, "event": event}, about))

    async def say(self, text: str, login: str = "ann", *, id: str = "", **more: Any) -> None:
        """A chat message. badges: names; bits: how many were cheered."""
        bits = more.pop("bits", 0)
        user_id = next((key for key, name in self.users.items() if name == login), f"9{len(login)}")
        pieces: list[dict[str, Any]] = [{"type": "text", "text": text, "cheermote": None}]
        if bits:
            cheer = {"prefix": "cheer", "bits": bits, "tier": 1}
            pieces.insert(0, {"type": "cheermote", "text": f"cheer{bits}", "cheermote": cheer})
        for piece in pieces:
            piece |= {"emote": None, "mention": None}
        event = {
            **_room(),
            "chatter_user_id": user_id,
            "chatter_user_login": login,
            "chatter_user_name": more.pop("display_name", login.title()),
            "message_id": id or f"m{next(self._count)}",
            "message": {"text": "".join(piece["text"] for piece in pieces), "fragments": pieces},
            "color": "#FF0000",
            "badges": [{"set_id": name, "id": "1", "info": ""} for name in more.pop("badges", ())],
            "message_type": "text",
            "cheer": {"bits": bits} if bits else None,
            "reply": None,
            "channel_points_custom_reward_id": None,
            "channel_points_animation_id": None,
            "source_broadcaster_user_id": None,
            "source_broadcaster_user_login": None,
            "source_broadcaster_user_name": None,
            "source_message_id": None,
            "source_badges": None,
        }
        await self.event("channel.chat.message", event | more)

    async def redeem(self, text: str, id: str, login: str = "ann", status: str = "unfulfilled") -> None:
        """Somebody redeems the first reward; with another status, the streamer settles it by hand."""
        reward = self.rewards[0]
        event = {
            **_room(),
            "id": id,
            "user_id": "33",
            "user_login": login,
            "user_name": login.title(),
            "user_input": text,
            "status": status,
            "redeemed_at": NOW,
            "reward": {"id": reward["id"], "title": reward["title"], "cost": 500, "prompt": ""},
        }
        kind = "add" if status == "unfulfilled" else "update"
        await self.event(f"channel.channel_points_custom_reward_redemption.{kind}", event)

    async def ban(self, login: str) -> None:
        """A moderator bans somebody."""
        target = {"target_user_id": "33", "target_user_login": login, "target_user_name": login}
        await self.event("channel.chat.clear_user_messages", {**_room(), **target})

    async def delete(self, message_id: str) -> None:
        """A moderator deletes a message."""
        target = {"target_user_id": "33", "target_user_login": "ann", "target_user_name": "ann"}
        await self.event("channel.chat.message_delete", {**_room(), **target, "message_id": message_id})

    def moved_to(self, connections: int) -> bool:
        """Whether so many connections were made and the newest one has all three subscriptions."""
        holders = [each["transport"]["session_id"] for each in self.subscriptions]
        return self.connections == connections and holders == 3 * [session_of(self.sockets[-1])]

    async def order_reconnect(self) -> None:
        """Tell every connection to move to a new one; subscriptions move with it."""
        for socket in [socket for socket in self.sockets if not socket.closed]:
            url = f"ws://127.0.0.1:{self.port}/ws?moves={session_of(socket)}"
            session = {"id": session_of(socket), "status": "reconnecting", "connected_at": NOW, "reconnect_url": url}
            session["keepalive_timeout_seconds"] = None  # type: ignore[assignment]
            await socket.send_json(eventsub("session_reconnect", {"session": session}))

    async def revoke(self, status: str) -> None:
        """End the chat subscription."""
        each = next(each for each in self.subscriptions if each["type"] == "channel.chat.message")
        about = {"subscription_type": each["type"], "subscription_version": "1"}
        for socket in self.sockets:
            if session_of(socket) == each["transport"]["session_id"] and not socket.closed:
                await socket.send_json(eventsub("revocation", {"subscription": {**each, "status": status}}, about))

    async def cut(self) -> None:
        """Close every connection without a word."""
        for socket in self.sockets:
            if not socket.closed:
                await socket.close(code=1006)


def _room() -> dict[str, str]:
    return {"broadcaster_user_id": "11", "broadcaster_user_login": "dreams", "broadcaster_user_name": "Dreams"}
