"""The websockets: events out and requests in, the live video, and still pictures where video cannot be played."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dreamstream.outputs.browser.preview import Preview, PreviewFullError
from dreamstream.outputs.browser.stills import Stills, StillsViewer
from dreamstream.outputs.browser.viewer import Viewer
from dreamstream.web.address import is_loopback
from dreamstream.web.events import Events
from dreamstream.web.intake import Intake, address_of, parse
from dreamstream.web.rate_limit import Places

# A websocket that goes on sending nonsense is closed after so many messages.
_MAX_NONSENSE = 20
# What a flooder waits for each message that is thrown away; meanwhile TCP holds the rest of the flood back.
_PENALTY = 0.25
# What the disconnect codes say about a peer that was cut off.
_FAULTS = {1002: "protocol", 1007: "utf8", 1009: "oversized"}

_Task = Coroutine[Any, Any, Any]
_V = TypeVar("_V", Viewer, StillsViewer)


class _Watched(Protocol[_V]):
    """A sink that browsers watch."""

    def subscribe(self) -> _V:
        """A new viewer. Raises PreviewFullError."""

    def unsubscribe(self, viewer: _V) -> None:
        """Let it go."""


class Sockets:
    """The websocket handlers of one app."""

    def __init__(
        self,
        intake: Intake,
        events: Events,
        preview: Preview,
        stills: Stills | None,
        max_listeners: int,
        overflow: str = "",
    ) -> None:
        self._overflow = overflow
        self._intake = intake
        self._events = events
        self._preview = preview
        self._stills = stills
        self._max_listeners = max_listeners
        self._listeners = 0
        # One address may take a part of the places of each kind, so that others find one too.
        self._event_places = Places(_share(max_listeners))
        self._video_places = Places(_share(preview.max_viewers))
        self._stills_places = Places(_share(stills.max_viewers if stills else 1))

    def routes(self) -> list[BaseRoute]:
        """Their part of the app."""
        return [
            WebSocketRoute("/ws", self.talk),
            WebSocketRoute("/ws/video", self.video),
            WebSocketRoute("/ws/stills", self.pictures),
        ]

    async def talk(self, socket: WebSocket) -> None:
        """Events out, requests in."""
        async with self._place(socket, self._event_places) as taken:
            if not taken:
                return
            if self._listeners >= self._max_listeners:
                await _turn_away(socket, "Too many pages are open; try again later.")
                return
            self._listeners += 1
            try:
                await socket.accept()
                await first(self._tell(socket), self._hear(socket))
            finally:
                self._listeners -= 1

    async def video(self, socket: WebSocket) -> None:
        """Live video: one JSON text with the codec, the initialisation segment, then a fragment for each frame.

        {"sound": true} from the viewer adds the sound: its initialisation segment, then its fragments (track 2)
        between the others; {"sound": false} ends it.
        """
        await self._watch(
            socket,
            self._video_places,
            self._preview,
            lambda viewer: (self._show(socket, viewer), self._serve(socket, viewer), _closed(viewer)),
        )

    async def pictures(self, socket: WebSocket) -> None:
        """Still pictures: one JSON text with their size, then JPEG files."""
        if self._stills is None:
            await _turn_away(socket, "This server sends no still pictures.")
            return
        stills = self._stills
        await self._watch(
            socket,
            self._stills_places,
            stills,
            lambda viewer: (self._show_stills(socket, viewer, stills), self._hear_nothing(socket)),
        )

    async def _watch(
        self, socket: WebSocket, places: Places, sink: _Watched[_V], serve: Callable[[_V], Sequence[_Task]]
    ) -> None:
        """Show a sink to one viewer until one of the tasks that serve it has ended."""
        async with self._place(socket, places) as taken:
            if not taken:
                return
            try:
                viewer = sink.subscribe()
            except PreviewFullError as error:
                self._intake.refused["full"] += 1
                await _turn_away(socket, str(error), self._overflow)
                return
            try:
                await socket.accept()
                await first(*serve(viewer))
            finally:
                sink.unsubscribe(viewer)
        await close(socket, 1013 if viewer.slow else 1001)

    @contextlib.asynccontextmanager
    async def _place(self, socket: WebSocket, places: Places) -> AsyncIterator[bool]:
        """A place of the visitor's address, if it has one left; else it is turned away."""
        address = address_of(socket)
        if is_loopback(address):
            yield True
        elif places.take(address):
            try:
                yield True
            finally:
                places.leave(address)
        else:
            self._intake.refused["full"] += 1
            await _turn_away(socket, "Too many from one address; close another page first.")
            yield False

    async def _tell(self, socket: WebSocket) -> None:
        async with contextlib.aclosing(self._events.updates()) as updates:
            async for message in updates:
                await socket.send_text(message)

    async def _hear(self, socket: WebSocket) -> None:
        nonsense, address = 0, address_of(socket)
        while (message := await receive(socket, self._intake)) is not None:
            body = self._intake.read(message, "ask")
            if body is None:
                nonsense += 1
                if nonsense >= _MAX_NONSENSE:
                    await close(socket, 1008)
                    return
                await asyncio.sleep(_PENALTY)
                continue
            answer: dict[str, Any] = {"type": "reply", "ok": True}
            if isinstance(body.get("id"), str):
                answer["id"] = body["id"][:64]
            if self._intake.may_ask(address):
                answer["text"] = self._intake.ask(body, "ask", address)
            else:
                await asyncio.sleep(_PENALTY)
                if not self._intake.may_be_told(address):
                    continue
                answer |= {"ok": False, "text": "That was a lot at once. Wait a few seconds, then ask again."}
            await socket.send_text(json.dumps(answer, ensure_ascii=False))

    async def _show(self, socket: WebSocket, viewer: Viewer) -> None:
        info = self._preview.info
        about = {"codec": self._preview.codec, "width": info.width, "height": info.height, "fps": info.fps}
        if self._preview.sound is not None:
            about["sound"] = self._preview.sound.codec
        await socket.send_text(json.dumps(about))
        await socket.send_bytes(self._preview.init)
        async for fragment in viewer:
            await socket.send_bytes(fragment)

    async def _serve(self, socket: WebSocket, viewer: Viewer) -> None:
        """Switch the sound as the viewer asks."""
        while (message := await receive(socket, self._intake)) is not None:
            wish = parse(message)
            if wish is None or not isinstance(on := wish.get("sound"), bool) or self._preview.sound is None:
                self._intake.refused["malformed"] += 1
            elif on != viewer.sound:
                if on:
                    await socket.send_bytes(self._preview.sound.init)
                self._preview.listen(viewer, on)
            await asyncio.sleep(_PENALTY)

    async def _show_stills(self, socket: WebSocket, viewer: StillsViewer, stills: Stills) -> None:
        width, height = stills.size
        await socket.send_text(json.dumps({"width": width, "height": height, "fps": stills.rate}))
        async for picture in viewer:
            await socket.send_bytes(picture)

    async def _hear_nothing(self, socket: WebSocket) -> None:
        while await receive(socket, self._intake) is not None:
            self._intake.refused["malformed"] += 1
            await asyncio.sleep(_PENALTY)


def _share(places: int) -> int:
    return max(1, places // 3)


async def receive(socket: WebSocket, intake: Intake) -> bytes | None:
    """The next message, or None when the peer has gone or was cut off for breaking the protocol, which is counted."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        if reason := _FAULTS.get(message.get("code", 1000)):
            intake.refused[reason] += 1
        return None
    text: str | None = message.get("text")
    return text.encode() if text is not None else message.get("bytes") or b""


async def first(*coroutines: _Task) -> None:
    """Run until one has ended, then end the others. A peer that goes away is no error."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, WebSocketDisconnect | RuntimeError):
            raise error


async def _closed(viewer: Viewer) -> None:
    await viewer.closed.wait()


async def close(socket: WebSocket, code: int) -> None:
    """Say goodbye, unless the peer has gone or takes nothing more."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(1):
            await socket.close(code)


async def _turn_away(socket: WebSocket, reason: str, overflow: str = "") -> None:
    """Say why, and where else the show can be seen, if anywhere."""
    await socket.accept()
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        if overflow:
            await socket.send_json({"overflow": overflow})
        await socket.close(1013, reason)
