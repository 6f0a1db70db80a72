"""The control room's page, API and events: all of it behind one token."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from dreamstream.core.drawing import Drawing
from dreamstream.core.errors import UserError
from dreamstream.core.status import OwnerStatus, RoomStatus
from dreamstream.web.control_actions import ACTIONS, Action, read
from dreamstream.web.events import Events, plain
from dreamstream.web.intake import Intake, address_of
from dreamstream.web.json_body import BodyError, answer, read_object, too_many
from dreamstream.web.rate_limit import RateLimit
from dreamstream.web.sockets import close, first, receive
from dreamstream.web.token import Lock

log = logging.getLogger(__name__)

# How long a socket may take to say its token, and how many control rooms may be open at once.
_TOKEN_TIMEOUT = 5.0
_MAX_ROOMS = 16


class ControlView(Protocol):
    """What the control room needs of a show; called in the web server's event loop."""

    def state(self) -> RoomStatus:
        """What the control room sees beside the show's status."""

    async def act(self, action: Action) -> str:
        """Do something; a short answer. Raises UserError for what cannot be done."""

    def drawing(self, key: str) -> Drawing | None:
        """The strokes of a drawing, also of one that is held; None where there is none."""


class ControlHandlers:
    """The handlers of one show's control room. lock: which token opens it."""

    def __init__(self, view: ControlView, intake: Intake, lock: Lock, page: Path, rate: float = 4.0) -> None:
        self._view, self._intake, self._lock, self._page = view, intake, lock, page
        self.events = Events(self._status, rate)
        # Guessing is hopeless; this keeps it from being loud as well. Who has no tries left is not heard, lest the one
        # right guess among thousands be taken.
        self._misses = RateLimit(rate=0.2, burst=5)
        self._rooms = 0

    def routes(self) -> list[BaseRoute]:
        """Its part of the app."""
        return [
            Route("/control", self.page),
            Route("/api/control", self.state),
            Route("/api/control/drawings/{key}", self.drawing),
            Route("/api/control/{action}", self.act, methods=["POST"]),
            WebSocketRoute("/ws/control", self.watch),
        ]

    def _status(self) -> OwnerStatus:
        return OwnerStatus(**dict(self._intake.show.status()), control=self._view.state())

    async def page(self, request: Request) -> Response:
        """The page itself holds no secret; it asks for the token."""
        return FileResponse(self._page, headers={"cache-control": "no-cache", "referrer-policy": "no-referrer"})

    async def state(self, request: Request) -> Response:
        """Everything that the control room sees."""
        if refusal := self._refusal(request):
            return refusal
        return answer(plain(self._status()))

    async def drawing(self, request: Request) -> Response:
        """The strokes of one drawing."""
        if refusal := self._refusal(request):
            return refusal
        drawing = self._view.drawing(request.path_params["key"])
        if drawing is None:
            return answer({"error": "There is no such drawing."}, 404)
        return answer(drawing.to_json())

    async def act(self, request: Request) -> Response:
        """Do one action."""
        if refusal := self._refusal(request):
            return refusal
        name = request.path_params["action"]
        if name not in ACTIONS:
            return answer({"error": f"There is no such action; there are {', '.join(ACTIONS)}."}, 404)
        try:
            action = read(name, await read_object(request, empty=True))
        except BodyError as error:
            self._intake.refused[error.kind] += 1
            return answer({"error": str(error)}, error.status)
        except ValueError as error:
            return answer({"error": str(error)}, 400)
        try:
            return answer({"reply": await self._view.act(action)})
        except UserError as error:
            return answer({"error": str(error)}, 409)

    async def watch(self, socket: WebSocket) -> None:
        """Events for who sends {"token": ...} first: {"type": "state"} with everything, then changes."""
        await socket.accept()
        if self._rooms >= _MAX_ROOMS or self._misses.spent(address_of(socket)):
            await close(socket, 1013)
            return
        if not await self._admitted(socket):
            await close(socket, 1008)
            return
        self._rooms += 1
        try:
            await first(self._tell(socket), self._until_gone(socket))
        finally:
            self._rooms -= 1

    async def _admitted(self, socket: WebSocket) -> bool:
        address = address_of(socket)
        with contextlib.suppress(TimeoutError, ValueError, RecursionError):
            async with asyncio.timeout(_TOKEN_TIMEOUT):
                hello = json.loads(await receive(socket, self._intake) or b"null")
            token = hello.get("token") if isinstance(hello, dict) else None
            if isinstance(token, str) and not self._misses.spent(address) and self._lock.opens(token):
                return True
        self._miss(address)
        return False

    async def _tell(self, socket: WebSocket) -> None:
        async with contextlib.aclosing(self.events.updates()) as updates:
            async for message in updates:
                await socket.send_text(message)

    async def _until_gone(self, socket: WebSocket) -> None:
        while await receive(socket, self._intake) is not None:
            await asyncio.sleep(0.25)

    def _refusal(self, request: Request) -> Response | None:
        """Why this request may not; None when its token is right."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if token and self._misses.spent(address_of(request)):
            self._intake.refused["token"] += 1
            return too_many("Too many wrong tokens; wait a few seconds.", retry_after=5)
        if kind.lower() == "bearer" and self._lock.opens(token):
            return None
        if token:
            self._miss(address_of(request))
        error = "The control room's token is needed: `Authorization: Bearer TOKEN`."
        return answer({"error": error}, 401, {"www-authenticate": "Bearer"})

    def _miss(self, address: str) -> None:
        """Note a wrong token."""
        self._intake.refused["token"] += 1
        self._misses.allows(address)
