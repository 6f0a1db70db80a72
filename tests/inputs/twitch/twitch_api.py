"""What a scripted Twitch answers: login by device code, Helix and EventSub's websocket, on loopback.

Tokens and refresh tokens are made here, each refresh token works once, and `secrets` holds all that
were ever made, so that a test can look for them where they must not be.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.inputs.playing import served

ALL = ["user:read:chat", "user:write:chat", "moderator:read:followers", "channel:manage:redemptions"]
USER, ID = web.RequestKey("user", str), web.ResponseKey("id", str)
NOW = "2026-01-01T00:00:00.000000000Z"


class TwitchApi:
    """What Twitch knows and was told; the fields may be changed while it runs."""

    def __init__(self) -> None:
        self.users = {"11": "dreams", "22": "dreambot", "33": "ann"}
        self.tokens: dict[str, str] = {}  # access token -> user id
        self.refreshes: dict[str, str] = {}  # refresh token -> user id
        self.scopes: dict[str, list[str]] = {}
        self.secrets: list[str] = []
        self.said: list[dict[str, Any]] = []
        self.subscriptions: list[dict[str, Any]] = []
        self.settled: list[tuple[str, str]] = []
        self.rewards: list[dict[str, Any]] = []
        self.unfulfilled: list[dict[str, Any]] = []
        self.following: set[str] = set()
        self.calls: list[str] = []
        self.entered = False  # whether somebody has entered the device code
        self.too_many: list[float] = []  # a 429 for each of these, with a reset so many seconds ahead
        self.refuse_subscriptions = False
        self.down = False
        self.sockets: list[web.WebSocketResponse] = []
        self.connections = 0
        self._count = itertools.count(1)
        self.port = 0

    def login(self, user_id: str, scopes: list[str] | None = None) -> tuple[str, str]:
        """A fresh token and refresh token."""
        number = next(self._count)
        token, refresh = f"accesstoken{number:08d}", f"refreshtoken{number:08d}"
        self.tokens[token], self.refreshes[refresh] = user_id, user_id
        self.scopes[user_id] = scopes or self.scopes.get(user_id, ALL)
        self.secrets += [token, refresh]
        return token, refresh

    def expire(self) -> None:
        """All access tokens end; refresh tokens still work."""
        self.tokens.clear()

    def withdraw(self) -> None:
        """Nobody is logged in any more."""
        self.tokens.clear()
        self.refreshes.clear()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        app = web.Application(middlewares=[self._gate])
        app.add_routes(
            [
                web.post("/oauth2/device", self._device),
                web.post("/oauth2/token", self._token),
                web.get("/oauth2/validate", self._validate),
                web.post("/oauth2/revoke", self._revoke),
                web.get("/helix/users", self._users),
                web.post("/helix/eventsub/subscriptions", self._subscribe),
                web.post("/helix/chat/messages", self._say),
                web.get("/helix/channels/followers", self._followers),
                web.get("/helix/channel_points/custom_rewards", self._rewards),
                web.post("/helix/channel_points/custom_rewards", self._new_reward),
                web.get("/helix/channel_points/custom_rewards/redemptions", self._redemptions),
                web.patch("/helix/channel_points/custom_rewards/redemptions", self._settle),
                web.get("/ws", self._ws),
            ]
        )
        async with served(app) as self.port:
            yield self

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        if self.down:
            return web.json_response({"status": 500, "message": "no"}, status=500)
        if request.path.startswith("/helix/"):
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if request.headers.get("Client-ID") != "publicclient" or bearer not in self.tokens:
                return web.json_response({"status": 401, "message": "Invalid OAuth token"}, status=401)
            request[USER] = self.tokens[bearer]
            if self.too_many:
                reset = str(time.time() + self.too_many.pop(0))
                return web.json_response(
                    {"message": "Too Many Requests"}, status=429, headers={"Ratelimit-Reset": reset}
                )
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _device(self, request: web.Request) -> web.Response:
        assert "client_secret" not in request.query
        scopes = request.query["scopes"].split()
        self.scopes["22"] = scopes
        self.secrets.append("devicecode00000000")
        data = {"device_code": "devicecode00000000", "expires_in": 1800, "interval": 1, "user_code": "ABCDEFGH"}
        return web.json_response(data | {"verification_uri": "https://www.twitch.tv/activate?device-code=ABCDEFGH"})

    async def _token(self, request: web.Request) -> web.Response:
        told = request.query
        if told["grant_type"] == "refresh_token":
            user_id = self.refreshes.pop(told["refresh_token"], None)
            if user_id is None:
                return web.json_response({"status": 400, "message": "Invalid refresh token"}, status=400)
        elif not self.entered:
            return web.json_response({"status": 400, "message": "authorization_pending"}, status=400)
        else:
            user_id = "22"
        token, refresh = self.login(user_id)
        data = {"access_token": token, "refresh_token": refresh, "expires_in": 14000, "token_type": "bearer"}
        return web.json_response(data | {"scope": self.scopes[user_id]})

    async def _validate(self, request: web.Request) -> web.Response:
        user_id = self.tokens.get(request.headers["Authorization"].removeprefix("OAuth "))
        if user_id is None:
            return web.json_response({"status": 401, "message": "invalid access token"}, status=401)
        data = {"client_id": "publicclient", "login": self.users[user_id], "scopes": self.scopes[user_id]}
        return web.json_response(data | {"user_id": user_id, "expires_in": 14000})

    async def _revoke(self, request: web.Request) -> web.Response:
        self.tokens.pop(str((await request.post())["token"]), None)
        return web.Response(status=200)

    async def _users(self, request: web.Request) -> web.Response:
        wanted = request.query.getall("login", [])
        blank = dict.fromkeys(("type", "broadcaster_type", "description", "profile_image_url", "offline_image_url"), "")
        found = [
            {"id": key, "login": name, "display_name": name.title(), **blank, "view_count": 0, "created_at": NOW}
            for key, name in self.users.items()
            if name in wanted
        ]
        return web.json_response({"data": found})

    async def _subscribe(self, request: web.Request) -> web.Response:
        data = await request.json()
        if self.refuse_subscriptions:
            text = "subscription missing proper authorization"
            return web.json_response({"status": 403, "message": text}, status=403)
        made = {
            **data,
            "id": f"s{next(self._count)}",
            "status": "enabled",
            "created_at": NOW,
            "cost": 0,
            "for": request[USER],
        }
        self.subscriptions.append(made)
        totals = {"total": len(self.subscriptions), "total_cost": 0, "max_total_cost": 10}
        return web.json_response({"data": [made], **totals}, status=202)

    async def _say(self, request: web.Request) -> web.Response:
        data = await request.json()
        assert data["sender_id"] == request[USER]
        self.said.append(data)
        return web.json_response({"data": [{"message_id": f"b{len(self.said)}", "is_sent": True, "drop_reason": None}]})

    async def _followers(self, request: web.Request) -> web.Response:
        user = request.query["user_id"]
        data = [{"user_id": user, "user_login": "x", "user_name": "x", "followed_at": NOW}]
        return web.json_response({"total": 1, "data": data if user in self.following else [], "pagination": {}})

    async def _rewards(self, request: web.Request) -> web.Response:
        ours = request.query["only_manageable_rewards"] == "true"
        return web.json_response({"data": [each for each in self.rewards if each["ours"] or not ours]})

    async def _new_reward(self, request: web.Request) -> web.Response:
        data = await request.json()
        self.rewards.append({"id": f"r{next(self._count)}", "ours": True, **data})
        return web.json_response({"data": [self.rewards[-1]]})

    async def _redemptions(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.unfulfilled, "pagination": {}})

    async def _settle(self, request: web.Request) -> web.Response:
        self.settled.append((request.query["id"], (await request.json())["status"]))
        return web.json_response({"data": [{"id": request.query["id"]}]})

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        socket[ID] = f"session{next(self._count)}"
        for each in self.subscriptions:
            if each["transport"]["session_id"] == request.query.get("moves"):
                each["transport"]["session_id"] = session_of(socket)
        self.sockets.append(socket)
        session = {"id": session_of(socket), "status": "connected", "connected_at": NOW, "reconnect_url": None}
        await socket.send_json(eventsub("session_welcome", {"session": {**session, "keepalive_timeout_seconds": 10}}))
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
        if not request.query.get("stays"):
            self.subscriptions = [
                each for each in self.subscriptions if each["transport"]["session_id"] != session_of(socket)
            ]
        return socket


def session_of(socket: web.WebSocketResponse) -> str:
    """The id of a connection's session."""
    return str(socket[ID])


def eventsub(kind: str, payload: dict[str, Any], about: dict[str, str] | None = None) -> dict[str, Any]:
    """What EventSub sends. kind: of message; about: further metadata."""
    stamp = {"message_id": str(time.monotonic_ns()), "message_type": kind, "message_timestamp": NOW}
    return {"metadata": {**stamp, **(about or {})}, "payload": payload}
