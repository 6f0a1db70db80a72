"""The laboratory of a subject: its points for the page, and small pictures of any mixture of them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from dreamstream.core.errors import UserError
from dreamstream.core.points import LARGEST_SEED, LETTERS
from dreamstream.web.intake import Intake, address_of
from dreamstream.web.json_body import answer, too_many
from dreamstream.web.rate_limit import RateLimit

# A page full of pictures at once, then about as many as one person looks at.
RATE, BURST = 12.0, 120
# A picture of the same point by the same generator is always the same.
KEPT = "public, max-age=86400, immutable"


class LabView(Protocol):
    """What the web needs of a subject; called in the web server's event loop."""

    @property
    def able(self) -> bool:
        """Whether a subject dreams, whose points can be shown."""

    @property
    def subject(self) -> str:
        """Its name, as in wishes."""

    @property
    def named(self) -> list[str]:
        """The names that the audience gave to points."""

    @property
    def film(self) -> Path | None:
        """The film of its training; None where there is none."""

    @property
    def version(self) -> str:
        """What tells its pictures from those of another subject."""

    def lasts(self, text: str) -> bool:
        """Whether the picture of what is said is always the same."""

    async def picture(self, text: str) -> bytes | None:
        """A JPEG of what is said of points ("mix a b .3"), or of a point ("a"); None when too much is asked for now.

        Raises UserError for what is no certain point.
        """


class NoLab:
    """Of a show whose dreamer is no subject."""

    able = False
    subject = version = ""
    named: ClassVar[list[str]] = []
    film: Path | None = None

    def lasts(self, text: str) -> bool:
        """There are no pictures."""
        return False

    async def picture(self, text: str) -> bytes | None:
        """There are none."""
        raise UserError("The dreamer of this show is no subject, and has no points.")


class LabHandlers:
    """The handlers of one laboratory. page: its file."""

    def __init__(self, view: LabView, intake: Intake, page: Path) -> None:
        self._view, self._intake, self._page = view, intake, page
        self._looks = RateLimit(rate=RATE, burst=BURST)

    def routes(self) -> list[BaseRoute]:
        """Their part of the app."""
        return [
            Route("/lab", self.laboratory),
            Route("/api/lab", self.about),
            Route("/lab/film.mp4", self.film),
            Route("/lab/{point}.jpg", self.picture),
        ]

    async def laboratory(self, request: Request) -> Response:
        """The page; where no subject dreams, it says so."""
        return FileResponse(self._page, headers={"cache-control": "no-cache"})

    async def about(self, request: Request) -> Response:
        """Whether there is a subject, its name, its points, and what its pictures are called by."""
        view = self._view
        points = list(LETTERS) if view.able else []
        about = {"able": view.able, "subject": view.subject, "points": points, "version": view.version}
        return answer({**about, "named": view.named, "film": view.film is not None, "largest": LARGEST_SEED})

    async def film(self, request: Request) -> Response:
        """The film of the training, whole or the part that is asked for."""
        if not self._looks.allows(address_of(request)):
            self._intake.refused["rate"] += 1
            return too_many("Too many pictures at once; wait a few seconds.")
        film = self._view.film
        if film is None:
            return answer({"error": "There is no film of this subject's training."}, 404)
        return FileResponse(film, media_type="video/mp4", headers={"cache-control": "no-cache"})

    async def picture(self, request: Request) -> Response:
        """What a point looks like; kept by browsers where the address names the version."""
        address = address_of(request)
        if not self._looks.allows(address):
            self._intake.refused["rate"] += 1
            return too_many("Too many pictures at once; wait a few seconds.")
        try:
            point = request.path_params["point"]
            picture = await self._view.picture(point)
        except UserError as error:
            return answer({"error": str(error)}, 404)
        if picture is None:
            return answer({"error": "The show is busy with other pictures; try again."}, 503, {"retry-after": "1"})
        kept = KEPT if request.url.query == self._view.version and self._view.lasts(point) else "no-cache"
        return Response(picture, media_type="image/jpeg", headers={"cache-control": kept})
