"""Drawings from the page and back to it: taken as strokes, bounded before they are parsed, and shown in a gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from dreamstream.core.drawing import MAX_BYTES, MAX_POINTS, MAX_SECONDS, MAX_STROKES, Drawing, from_json
from dreamstream.core.errors import UserError
from dreamstream.core.text import clean
from dreamstream.web.intake import MAX_TEXT, MAX_WHO, Intake, address_of, visitor_of
from dreamstream.web.json_body import BodyError, answer, object_of, read_body, too_many
from dreamstream.web.rate_limit import RateLimit

# Of a whole message: the strokes, and the words about them.
MOST_BYTES = MAX_BYTES + 4096
# Seconds after which who sends or asks too much may try again.
LATER = 5


class DrawingsView(Protocol):
    """What the web needs of a show's drawings; called in the web server's event loop."""

    @property
    def able(self) -> bool:
        """Whether the show takes drawings."""

    @property
    def held(self) -> bool:
        """Whether a moderator looks at each drawing first."""

    def words(self) -> list[tuple[str, str]]:
        """What a drawing may be said to be of, with emoji."""

    def expect(self) -> None:
        """Somebody is about to draw."""

    def draw(self, drawing: Drawing, text: str, who: str, id: str, visitor: str) -> tuple[str, bool]:
        """Take a drawing of `text`, a class and perhaps a place: the reply, and whether it was taken."""

    def gallery(self) -> list[tuple[str, str, str]]:
        """Key, title and author of each drawing that was filled, the newest first."""

    def seen(self, key: str) -> str:
        """What a drawing was taken for, "" where its author had said it."""

    def picture(self, key: str) -> Path | None:
        """The picture of a drawing that was filled."""


class NoDrawings:
    """The drawings of a show that takes none."""

    able = held = False

    def words(self) -> list[tuple[str, str]]:
        """None."""
        return []

    def expect(self) -> None:
        """Nothing comes of it."""

    def draw(self, drawing: Drawing, text: str, who: str, id: str, visitor: str) -> tuple[str, bool]:
        """Nothing is taken."""
        return "This show takes no drawings.", False

    def gallery(self) -> list[tuple[str, str, str]]:
        """None."""
        return []

    def seen(self, key: str) -> str:
        """Nothing."""
        return ""

    def picture(self, key: str) -> Path | None:
        """None."""
        return None


class DrawingHandlers:
    """The handlers of one show's drawings. page: the gallery's file."""

    def __init__(self, view: DrawingsView, intake: Intake, page: Path) -> None:
        self._view, self._intake, self._page = view, intake, page
        # Nobody draws faster; a burst is for the same drawing sent again where the network was bad.
        self._draws = RateLimit(rate=0.5, burst=6)

    def routes(self) -> list[BaseRoute]:
        """Their part of the app."""
        return [
            Route("/api/draw", self.draw, methods=["POST"]),
            Route("/api/drawing", self.about),
            Route("/api/drawings", self.listed),
            Route("/drawings", self.gallery),
            Route("/drawings/{key}.png", self.picture),
        ]

    async def draw(self, request: Request) -> Response:
        """One drawing, answered with one reply."""
        address = address_of(request)
        if not self._draws.allows(address):
            self._intake.refused["rate"] += 1
            return too_many("That was a lot at once. Wait a few seconds, then send it again.", retry_after=LATER)
        try:
            content = await read_body(request, MOST_BYTES)
            if not self._view.able:
                return answer({"error": "This show takes no drawings."}, 409)
            body = object_of(content)
            drawing = from_json(body.get("drawing"))
            text, who, identity = (_text(body, name) for name in ("of", "who", "id"))
        except BodyError as error:
            self._intake.refused[error.kind] += 1
            return answer({"error": str(error)}, error.status)
        except UserError as error:
            self._intake.refused["malformed"] += 1
            return answer({"error": str(error)}, 400)
        name = clean(who, MAX_WHO) or "guest"
        reply, taken = self._view.draw(drawing, clean(text, MAX_TEXT), name, identity[:64], visitor_of(address, name))
        return answer({"reply": reply, "ok": taken, "drawing": drawing.key() if taken else None})

    async def about(self, request: Request) -> Response:
        """Whether and what may be drawn."""
        words = [{"name": name, "emoji": emoji} for name, emoji in self._view.words()] if self._view.able else []
        bounds = {"strokes": MAX_STROKES, "points": MAX_POINTS, "seconds": MAX_SECONDS, "bytes": MAX_BYTES}
        about = {"able": self._view.able, "held": self._view.held, "words": words, "most": bounds}
        if "soon" in request.query_params:
            self._view.expect()
        if key := request.query_params.get("drawing"):
            about["filled"] = self._view.picture(key) is not None
            about["seen"] = self._view.seen(key)
        return answer(about)

    async def listed(self, request: Request) -> Response:
        """The drawings that were filled, the newest first."""
        if not self._intake.may_call(address_of(request)):
            return too_many(retry_after=LATER)
        items = [{"drawing": key, "title": title, "who": who} for key, title, who in self._view.gallery()]
        return answer({"drawings": items})

    async def gallery(self, request: Request) -> Response:
        """The page that shows them."""
        return FileResponse(self._page, headers={"cache-control": "no-cache"})

    async def picture(self, request: Request) -> Response:
        """A drawing beside what it was filled with."""
        if not self._intake.may_call(address_of(request)):
            return too_many(retry_after=LATER)
        path = self._view.picture(request.path_params["key"])
        if path is None:
            return answer({"error": "There is no such drawing, or it was not filled yet."}, 404)
        return FileResponse(path, media_type="image/png", headers={"cache-control": "no-cache"})


def _text(body: dict[str, Any], name: str) -> str:
    """A text, "" where there is none. Raises BodyError for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BodyError(400, f"{name} must be a text.")
    return value or ""
