"""The web face of the show: the page, the overlay, the JSON API, events, live video, health and metrics."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dreamstream.core.status import Status
from dreamstream.core.text import clean
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.web import metrics
from dreamstream.web.address import PageAddress, code
from dreamstream.web.connections import EACH
from dreamstream.web.control_room import ControlHandlers, ControlView
from dreamstream.web.drawings import DrawingHandlers, DrawingsView, NoDrawings
from dreamstream.web.events import Events, plain
from dreamstream.web.guard import Guard, HostRule
from dreamstream.web.intake import Intake, ShowView, address_of
from dreamstream.web.json_body import BodyError, answer, read_body, too_many
from dreamstream.web.lab import LabHandlers, LabView, NoLab
from dreamstream.web.openapi import document
from dreamstream.web.sockets import Sockets
from dreamstream.web.thumbnails import Sheet
from dreamstream.web.token import Lock

__all__ = ["ShowView", "create_app"]

STATIC = Path(__file__).parent / "static"


class Web:
    """The HTTP handlers of one app."""

    def __init__(
        self,
        show: ShowView,
        intake: Intake,
        events: Sequence[Events],
        sheet: Sheet | None,
        address: PageAddress,
    ) -> None:
        self._show = show
        self._intake = intake
        self._events = events
        self._sheet = sheet
        self._address = address

    def routes(self) -> list[BaseRoute]:
        """Its part of the app."""
        return [
            Route("/", self.page),
            Route("/overlay", self.overlay),
            Route("/kiosk", self.kiosk),
            Route("/favicon.ico", self.icon),
            Route("/dreams.webp", self.sheet),
            Route("/qr.svg", self.code),
            Route("/api/address", self.where),
            Route("/api/pictures", self.pictures),
            Route("/api/status", self.status),
            Route("/api/ask", self.ask, methods=["POST"]),
            Route("/api/classes", self.classes),
            Route("/api/openapi.json", self.openapi),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Own the tasks that watch the show for as long as the server runs."""
        tasks = [asyncio.create_task(events.run(), name="events") for events in self._events]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def page(self, request: Request) -> Response:
        """The viewer page."""
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def overlay(self, request: Request) -> Response:
        """The transparent page for OBS browser sources."""
        return FileResponse(STATIC / "overlay.html", headers={"cache-control": "no-cache"})

    async def kiosk(self, request: Request) -> Response:
        """The page for a wall: the picture, and a code that leads phones to the viewer page."""
        return FileResponse(STATIC / "kiosk.html", headers={"cache-control": "no-cache"})

    async def icon(self, request: Request) -> Response:
        """The icon where browsers look for one that read no SVG, and other programs."""
        return FileResponse(STATIC / "icon.png", headers={"cache-control": "max-age=86400"})

    async def where(self, request: Request) -> Response:
        """The address of the viewer page that others can open."""
        url = self._address.page(request.query_params.get("at", ""), request.headers.get("host", ""))
        return answer({"url": url or None})

    async def code(self, request: Request) -> Response:
        """The same address as a QR code."""
        if not self._intake.may_call(address_of(request)):
            return too_many()
        url = self._address.page(request.query_params.get("at", ""), request.headers.get("host", ""))
        if not url:
            return answer({"error": "Only this machine can open the page; serve it with --host 0.0.0.0."}, 404)
        return Response(code(url), media_type="image/svg+xml", headers={"cache-control": "no-cache"})

    async def pictures(self, request: Request) -> Response:
        """Where the pictures of the words are; a null sheet when there are none for this network."""
        return answer(self._sheet.about() if self._sheet else {"sheet": None})

    async def sheet(self, request: Request) -> Response:
        """The pictures of the words."""
        if self._sheet is None:
            return answer({"error": "There are no pictures of this network's dreams."}, 404)
        return FileResponse(self._sheet.path, media_type="image/webp", headers={"cache-control": "max-age=86400"})

    async def status(self, request: Request) -> Response:
        """The state of the show as JSON."""
        return answer(plain(self._show.status().public()))

    async def openapi(self, request: Request) -> Response:
        """The description of this API."""
        return answer(document())

    async def classes(self, request: Request) -> Response:
        """Classes near a query."""
        if not self._intake.may_call(address_of(request)):
            return too_many()
        try:
            limit = int(request.query_params.get("limit", "20"))
        except ValueError:
            limit = 0
        if not 1 <= limit <= 2000:
            return answer({"error": "limit must be a whole number from 1 to 2000."}, 400)
        query = clean(request.query_params.get("q", ""), 100)
        return answer({"classes": self._show.classes(query, limit)})

    async def ask(self, request: Request) -> Response:
        """One line of chat, answered with one reply."""
        if not self._intake.may_ask(address_of(request)):
            return too_many()
        try:
            body = await read_body(request)
        except BodyError as error:
            self._intake.refused[error.kind] += 1
            return answer({"error": str(error)}, error.status)
        asked = self._intake.read(body, "text", blank=True)
        if asked is None:
            return answer({"error": 'Send {"text": "!dream bee", "who": "your name"}.'}, 400)
        return answer({"reply": self._intake.ask(asked, "text", address_of(request))})

    async def healthz(self, request: Request) -> Response:
        """200 while pictures move, else 503 with the reason."""
        status = self._show.status()
        if status.healthy:
            return answer({"ok": True})
        return answer({"ok": False, "reason": _why_still(status)}, 503)

    async def readyz(self, request: Request) -> Response:
        """200 when the show can dream, else 503 with the reason."""
        status = self._show.status()
        if status.ready:
            return answer({"ok": True})
        detail = status.dream.detail or "it is starting"
        return answer({"ok": False, "reason": f"The show cannot dream: {detail}"}, 503)

    async def metrics(self, request: Request) -> Response:
        """Figures for Prometheus."""
        accept = request.headers.get("accept", "")
        text, content_type = metrics.render(self._show.status(), self._intake.refused, accept)
        return Response(text, headers={"content-type": content_type})


def create_app(
    show: ShowView,
    preview: Preview,
    *,
    host: str = "127.0.0.1",
    allowed_hosts: Sequence[str] = (),
    stills: Stills | None = None,
    sheet: Sheet | None = None,
    address: PageAddress | None = None,
    max_listeners: int = 600,
    events_per_second: float = 4.0,
    connections_per_address: int = EACH,
    refused: Counter[str] | None = None,
    drawings: DrawingsView | None = None,
    lab: LabView | None = None,
    control: ControlView | None = None,
    lock: Lock | None = None,
    overflow: str = "",
) -> Starlette:
    """The ASGI app of one show.

    host: the address it will be bound to; with allowed_hosts it decides which names are answered (see HostRule).
    stills: for browsers that can play no live video. sheet: pictures of the words. address: how others find the page.
    max_listeners: event websockets at once. events_per_second: how often changes are looked for and sent.
    connections_per_address: how many websockets one visitor may have open. refused: where it is counted what was not
    served.
    drawings: what viewers drew. lab: the points of a subject. control: what the control room sees and does; lock: the
    token that opens it.
    overflow: an HLS playlist of the show on another server, for viewers whom this one has no room for.
    """
    intake, events = Intake(show, refused), Events(lambda: show.status().public(), events_per_second)
    room = (
        ControlHandlers(control, intake, lock or Lock(), STATIC / "control.html", events_per_second)
        if control
        else None
    )
    publishers = [events, *([room.events] if room else [])]
    web = Web(show, intake, publishers, sheet, address or PageAddress(host, 0))
    sockets = Sockets(intake, events, preview, stills, max_listeners, overflow)
    app = Starlette(
        routes=[
            *web.routes(),
            *sockets.routes(),
            *DrawingHandlers(drawings or NoDrawings(), intake, STATIC / "drawings.html").routes(),
            *LabHandlers(lab or NoLab(), intake, STATIC / "lab.html").routes(),
            *(room.routes() if room else ()),
            Mount("/static", _Static(directory=STATIC)),
        ],
        middleware=[
            Middleware(
                Guard,
                rule=HostRule(host, allowed_hosts),
                refused=intake.refused,
                each=connections_per_address,
                media=overflow,
            )
        ],
        lifespan=web.lifespan,
    )
    # Its redirects are absolute, and would leave a proxy's path prefix.
    app.router.redirect_slashes = False
    return app


class _Static(StaticFiles):
    """Static files that browsers check for a newer version each time: an update shows at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def _why_still(status: Status) -> str:
    if status.picture_age is None:
        return "No picture was sent yet."
    return f"The last picture is {status.picture_age:.1f} s old."
