"""The wall: one page with every channel's picture and health, its API, and the farm's own figures.

Two tokens open it: a viewer's sees, an operator's also acts and gets the ways into the control rooms. Of both only
digests are kept. What the command line uses is a third, made anew at each start and readable by the farm's owner alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dreamstream.core.errors import UserError
from dreamstream.farm.jobs import Job
from dreamstream.farm.metrics import render
from dreamstream.farm.status import FarmStatus
from dreamstream.web.app import STATIC as SHARED
from dreamstream.web.connections import EACH
from dreamstream.web.guard import Guard, HostRule
from dreamstream.web.intake import address_of
from dreamstream.web.json_body import BodyError, answer, read_object, too_many
from dreamstream.web.rate_limit import RateLimit
from dreamstream.web.token import Lock

STATIC = Path(__file__).parent / "static"
ORDERS = ("start", "stop", "restart")


class Role(IntEnum):
    """What a token lets its bearer do; a higher one may all that a lower one may."""

    STRANGER = 0
    VIEWER = 1
    OPERATOR = 2


class FarmView(Protocol):
    """What the wall needs of a farm; called in the web server's event loop."""

    def status(self) -> FarmStatus:
        """Everything that viewers see."""

    def links(self) -> Mapping[str, str]:
        """The ways into the control rooms."""

    def order(self, what: Any, name: str = "") -> str:
        """Start, stop or restart; an answer in a sentence. Raises UserError."""

    def move(self, name: str, node: str) -> str:
        """Have a channel on another node; an answer in a sentence. Raises UserError."""

    def drain(self, node: str, *, undo: bool = False) -> str:
        """Have all channels leave a node, or let them come again. Raises UserError."""

    async def still(self, name: str) -> bytes | None:
        """A picture of a channel."""


class JobsView(Protocol):
    """What the wall needs of a farm's jobs."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are known."""

    def submit(self, command: Sequence[str], folder: str, output: str) -> str:
        """Have a command run when its turn comes; an answer in a sentence. Raises UserError."""

    def cancel(self, id: int) -> str:
        """End a job; an answer in a sentence. Raises UserError."""


class Wall:
    """The handlers of one farm's wall. locks: which tokens open it, for which role; the first is its owner's."""

    def __init__(
        self,
        farm: FarmView,
        jobs: JobsView,
        locks: Sequence[tuple[Lock, Role]],
        up: Callable[[str], Awaitable[str]],
        leave: Callable[[], None],
    ) -> None:
        self._farm, self._jobs, self._locks, self._up, self._leave = farm, jobs, locks, up, leave
        self._misses = RateLimit(rate=0.2, burst=5)
        self.refused: Counter[str] = Counter()

    async def page(self, request: Request) -> Response:
        """The page itself holds no secret; it asks for a token."""
        return FileResponse(
            STATIC / "wall.html", headers={"cache-control": "no-cache", "referrer-policy": "no-referrer"}
        )

    async def healthz(self, request: Request) -> Response:
        """200 while the farm looks after its channels."""
        return answer({"ok": True})

    async def metrics(self, request: Request) -> Response:
        """Figures for Prometheus: how the channels are, without what they dream."""
        text, content_type = render(self._farm.status(), request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    async def status(self, request: Request) -> Response:
        """The state of every channel."""
        role, refusal = self._admit(request, Role.VIEWER)
        if refusal:
            return refusal
        links = self._farm.links() if role >= Role.OPERATOR else {}
        return answer(self._farm.status().model_dump(mode="json") | {"role": role.name.lower(), "control": dict(links)})

    async def jobs(self, request: Request) -> Response:
        """The farm's jobs, with files and folders of its machine: for the owner's command line alone."""
        _, refusal = self._admit(request, Role.OPERATOR)
        if refusal:
            return refusal
        if not self._is_owner(request):
            return answer({"error": "Jobs are for the farm's owner alone."}, 403)
        return answer({"jobs": [job.model_dump(mode="json") for job in self._jobs.jobs]})

    async def still(self, request: Request) -> Response:
        """A picture of a channel, as JPEG."""
        _, refusal = self._admit(request, Role.VIEWER)
        if refusal:
            return refusal
        picture = await self._farm.still(request.path_params["name"])
        if picture is None:
            return answer({"error": "It sends no picture now."}, 404)
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "no-store"})

    async def act(self, request: Request) -> Response:
        """Start, stop or restart one channel, or all; or have the farm be as a plan says."""
        _, refusal = self._admit(request, Role.OPERATOR)
        if refusal:
            return refusal
        what = request.path_params["order"]
        try:
            said = await read_object(request, empty=True)
        except BodyError as error:
            self.refused[error.kind] += 1
            return answer({"error": str(error)}, error.status)
        name = said.get("channel", "")
        if not isinstance(name, str) or len(name) > 32:
            return answer({"error": "channel must be a channel's name."}, 400)
        try:
            if what in ORDERS:
                return answer({"reply": self._farm.order(what, name)})
            if what in ("move", "drain"):
                node = said.get("node", "")
                if not isinstance(node, str) or len(node) > 64:
                    return answer({"error": "node must be a node's name."}, 400)
                if what == "move":
                    return answer({"reply": self._farm.move(name, node)})
                return answer({"reply": self._farm.drain(node, undo=said.get("undo") is True)})
            # Which files are read and written is for the owner's command line to say, never for a page.
            if what in ("submit", "cancel") and self._is_owner(request):
                return self._job(what, said)
            if what in ("up", "down") and self._is_owner(request):
                if what == "up":
                    return answer({"reply": await self._up(str(said.get("plan", "")))})
                self._leave()
                return answer({"reply": "The farm ends its channels, and then itself."})
        except UserError as error:
            return answer({"error": str(error)}, 409)
        return answer({"error": f"There is no such order; there are {', '.join(ORDERS)}, move and drain."}, 404)

    def _job(self, what: str, said: Mapping[str, Any]) -> Response:
        """Submit or cancel a job. Raises UserError."""
        if what == "cancel":
            id = said.get("job")
            if not isinstance(id, int):
                return answer({"error": "job must be a job's number."}, 400)
            return answer({"reply": self._jobs.cancel(id)})
        command, paths = said.get("command"), (said.get("folder"), said.get("output"))
        words = command if isinstance(command, list) and all(isinstance(word, str) for word in command) else []
        folder, output = (path if isinstance(path, str) and Path(path).is_absolute() else "" for path in paths)
        if not (words and folder and output):
            return answer({"error": "A job has a command, a folder and an output, as absolute paths."}, 400)
        return answer({"reply": self._jobs.submit(words, folder, output)})

    def _is_owner(self, request: Request) -> bool:
        return self._locks[0][0].opens(_token(request))

    def _admit(self, request: Request, least: Role) -> tuple[Role, Response | None]:
        """The role of whoever asks, and why they may not; None when they may."""
        token, address = _token(request), address_of(request)
        if token and self._misses.spent(address):
            self.refused["token"] += 1
            return Role.STRANGER, too_many("Too many wrong tokens; wait a few seconds.", retry_after=5)
        role = max((role for lock, role in self._locks if token and lock.opens(token)), default=Role.STRANGER)
        if role >= least:
            return role, None
        if role is Role.STRANGER:
            if token:
                self.refused["token"] += 1
                self._misses.allows(address)
            error = "A token of the wall is needed: `Authorization: Bearer TOKEN`."
            return role, answer({"error": error}, 401, {"www-authenticate": "Bearer"})
        return role, answer({"error": "A viewer's token may only look; this takes an operator's."}, 403)


def create_wall(wall: Wall, host: str, allowed_hosts: Sequence[str] = ()) -> Starlette:
    """The ASGI app of a farm's wall. host: the address it will be bound to."""
    app = Starlette(
        routes=[
            Route("/", wall.page),
            Route("/healthz", wall.healthz),
            Route("/metrics", wall.metrics),
            Route("/api/farm", wall.status),
            Route("/api/farm/jobs", wall.jobs, methods=["GET"]),
            Route("/api/farm/{order}", wall.act, methods=["POST"]),
            Route("/api/still/{name}", wall.still),
            Mount("/static", StaticFiles(directory=SHARED)),
            Mount("/wall", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, rule=HostRule(host, allowed_hosts), refused=wall.refused, each=EACH)],
    )
    app.router.redirect_slashes = False
    return app


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""
