"""The description of the JSON API, in OpenAPI 3.1, made from the models that check and make what crosses it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from dreamstream.core.drawing import MAX_BYTES, MAX_POINTS, MAX_STROKES
from dreamstream.core.status import OwnerStatus, PublicStatus
from dreamstream.core.version import __version__
from dreamstream.web.control_actions import ACTIONS
from dreamstream.web.intake import MAX_TEXT, MAX_WHO


class AskRequest(BaseModel):
    """A line of chat from a visitor."""

    text: str = Field(description=f"What is beyond {MAX_TEXT} characters is cut off.", examples=["!dream bee + pizza"])
    who: str | None = Field(None, description=f"Your name, {MAX_WHO} characters; a guest without it.", examples=["ada"])
    id: str | None = Field(None, description="64 characters that name this delivery.")


class StrokeGiven(BaseModel):
    """One line of the pen, or of the eraser."""

    points: list[Annotated[list[float], Field(min_length=3, max_length=4)]] = Field(
        min_length=1, max_length=MAX_POINTS, description="Each x and y from 0 to 1, seconds, and perhaps pressure."
    )
    erase: bool = False


class DrawingGiven(BaseModel):
    """Strokes in a square box, in the order in which they were drawn; their seconds never fall."""

    strokes: list[StrokeGiven] = Field(min_length=1, max_length=MAX_STROKES)


class DrawRequest(BaseModel):
    """A drawing from a visitor."""

    drawing: DrawingGiven = Field(description=f"At most {MAX_POINTS} points in all, and {MAX_BYTES} bytes.")
    of: str | None = Field(None, description="A class and perhaps a place.", examples=["cat left"])
    who: str | None = Field(None, description=f"Your name, {MAX_WHO} characters; a guest without it.", examples=["ada"])
    id: str | None = Field(None, description="64 characters that name this delivery.")


class DrawReply(BaseModel):
    """What was answered to a drawing."""

    reply: str
    ok: bool
    drawing: str | None = Field(description="Its key, when it was taken.")


class StrokeKept(BaseModel):
    """One line of a drawing."""

    points: tuple[tuple[float, ...], ...]
    erase: bool = False


class DrawingKept(BaseModel):
    """A drawing's strokes."""

    strokes: tuple[StrokeKept, ...]


class DrawWord(BaseModel):
    """Something that a drawing may be said to be of."""

    name: str
    emoji: str


class DrawBounds(BaseModel):
    """What one drawing may hold."""

    strokes: int
    points: int
    seconds: float
    bytes: int


class DrawAbout(BaseModel):
    """Whether and what may be drawn."""

    able: bool
    held: bool = Field(description="Whether a moderator looks at each drawing first.")
    words: tuple[DrawWord, ...]
    most: DrawBounds
    filled: bool = Field(False, description="Whether the drawing that was asked for has its picture.")
    seen: str = Field("", description="What it was taken for, where its author had not said.")


class DrawnEntry(BaseModel):
    """A drawing that was filled; its picture is at drawings/KEY.png."""

    drawing: str
    title: str
    who: str


class DrawnList(BaseModel):
    """The drawings that were filled, the newest first."""

    drawings: tuple[DrawnEntry, ...]


class LabAbout(BaseModel):
    """The points of a subject; what one looks like is at lab/TEXT.jpg?VERSION, as in lab/mix a b .3.jpg."""

    able: bool = Field(description="Whether a subject dreams.")
    subject: str = Field(description="Its name, as in wishes.")
    points: tuple[str, ...]
    named: tuple[str, ...] = Field(description="Names that the audience gave to points, and that can be said as well.")
    film: bool = Field(description="Whether lab/film.mp4 is there: the film of its training.")
    version: str = Field(description="Another one for another subject.")
    largest: int = Field(description="The largest number that draws a point, as in random 1234.")


class Reply(BaseModel):
    """What was answered, in a few words."""

    reply: str


class Problem(BaseModel):
    """Why something was not done, in a sentence."""

    error: str


class Probe(BaseModel):
    """Whether all is well, and why not."""

    ok: bool
    reason: str | None = None


class ClassEntry(BaseModel):
    """Something that can be dreamed."""

    name: str
    emoji: str
    aliases: tuple[str, ...]


class ClassList(BaseModel):
    """What was found."""

    classes: tuple[ClassEntry, ...]


class FoundAt(BaseModel):
    """Where others reach the page."""

    url: str | None = Field(description="Null when only this machine can open the page.")


class Pictures(BaseModel):
    """What each word's dreams look like."""

    sheet: str | None = Field(description="Relative to the page; null when there are no pictures.")
    side: Annotated[int, Field(ge=0)] | None = Field(None, description="Pixels of each square picture.")
    columns: Annotated[int, Field(ge=0)] | None = Field(None, description="Pictures in a row.")
    names: tuple[str, ...] | None = Field(None, description="The word of each picture, row by row.")


_ANSWERS = (
    PublicStatus,
    OwnerStatus,
    Reply,
    Problem,
    Probe,
    ClassList,
    FoundAt,
    Pictures,
    DrawReply,
    DrawAbout,
    DrawnList,
    DrawingKept,
    LabAbout,
)
_ABOUT = (
    "A live show that a neural network dreams and its audience steers. Events come over the websocket `ws`: "
    '{"type": "state", "version", "state"} first, then {"type": "change", "changes"}; it takes {"ask", "who", "id"} '
    'and answers {"type": "reply", "text", "id"}. `ws/video` sends {"codec", "width", "height", "fps"}, an MP4 '
    'initialisation segment, and a fragment for each frame; a show with sound names its codec in "sound", and '
    '{"sound": true} from the viewer adds that track (number 2): its initialisation segment, then fragments between '
    'the others, until {"sound": false}. `ws/stills` sends {"width", "height", "fps"}, then JPEG files. `ws/control` '
    'wants {"token"} first, then sends states and changes as `ws` does, of what `/api/control` shows.'
)
_TOKEN = {"type": "http", "scheme": "bearer", "description": "Printed once, at the show's first start."}
_ERRORS = {
    "400": "Not such a message or argument.",
    "401": "The token is missing or wrong.",
    "404": "There is none.",
    "408": "The message took too long.",
    "409": "It cannot be done, and why.",
    "413": "The message is too long.",
    "415": "Not JSON.",
    "429": "Too much at once; wait.",
}
_BODY_ERRORS = ("400", "408", "413", "415", "429")


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    names, schemas = _schemas()

    def answer(about: str, model: type[BaseModel]) -> dict[str, Any]:
        return {"description": about, "content": {"application/json": {"schema": names[model]}}}

    def errors(*codes: str) -> dict[str, Any]:
        return {code: answer(_ERRORS[code], Problem) for code in codes}

    def get(summary: str, about: str, model: type[BaseModel], *codes: str, **more: Any) -> dict[str, Any]:
        return {"get": {"summary": summary, "responses": {"200": answer(about, model), **errors(*codes)}, **more}}

    def probe(summary: str) -> dict[str, Any]:
        responses = {"200": answer("It is so.", Probe), "503": answer("It is not, and why.", Probe)}
        return {"get": {"summary": summary, "responses": responses}}

    def post(
        summary: str, model: type[BaseModel], *codes: str, reply: type[BaseModel] = Reply, **more: Any
    ) -> dict[str, Any]:
        body = {
            "required": any(field.is_required() for field in model.model_fields.values()),
            "content": {"application/json": {"schema": names[model]}},
        }
        responses = {"200": answer("Done, in a few words.", reply), **errors(*codes)}
        return {"post": {"summary": summary, "requestBody": body, "responses": responses, **more}}

    owner: dict[str, Any] = {"security": [{"token": []}]}
    limit = {"type": "integer", "minimum": 1, "maximum": 2000, "default": 20}
    near = {"parameters": [_query("q", "What the names should be near to."), _query("limit", "How many.", limit)]}
    at = {"parameters": [_query("at", "Where the asking page finds itself.")]}
    drawn = {
        "parameters": [
            _query("drawing", "A drawing's key, to learn whether it was filled."),
            _query("soon", "With anything: somebody is about to draw, and the painter gets ready."),
        ]
    }
    key = {"name": "key", "in": "path", "required": True, "description": "Its key.", "schema": {"type": "string"}}
    keyed = {"parameters": [key]}
    about_lines = "A line without a leading ! is taken as a wish. The same id again changes nothing."
    line: dict[str, Any] = {"description": about_lines}
    paths = {
        "/api/status": get("Everything about the show.", "The state now.", PublicStatus),
        "/api/ask": post("Ask for something, as one line of chat.", AskRequest, *_BODY_ERRORS, **line),
        "/api/draw": post("Send a drawing.", DrawRequest, "409", *_BODY_ERRORS, reply=DrawReply),
        "/api/drawing": get("Whether and what may be drawn.", "What may be drawn.", DrawAbout, **drawn),
        "/api/drawings": get("Drawings of the evening.", "Those that were filled.", DrawnList, "429"),
        "/api/lab": get("The points of a subject.", "Whether there is one, and its points.", LabAbout),
        "/api/classes": get("Classes near a query.", "Names, best first.", ClassList, "400", "429", **near),
        "/api/address": get("How others reach the page.", "Where.", FoundAt, **at),
        "/api/pictures": get("What each word's dreams look like.", "Where each is.", Pictures),
        "/healthz": probe("Whether pictures really move."),
        "/readyz": probe("Whether the show can dream."),
        "/api/control/drawings/{key}": get(
            "The strokes of a drawing.", "Strokes.", DrawingKept, "401", "404", "429", **keyed, **owner
        ),
        "/api/control": get("What the control room sees.", "The state now.", OwnerStatus, "401", "429", **owner),
    }
    for name, action in ACTIONS.items():
        about = (action.__doc__ or "").strip()
        paths[f"/api/control/{name}"] = post(about, action, "401", "409", *_BODY_ERRORS, **owner)
    return {
        "openapi": "3.1.0",
        "info": {"title": "dreamstream", "version": __version__, "description": _ABOUT},
        "servers": [{"url": ".."}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": _TOKEN}},
    }


def _schemas() -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    """The reference to each model, and the schemas by name; answers as they are sent, requests as they are read."""
    requests: tuple[type[BaseModel], ...] = (AskRequest, DrawRequest, *ACTIONS.values())
    modes: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    modes += [(model, "serialization") for model in _ANSWERS]
    modes += [(model, "validation") for model in requests]
    references, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    return {model: references[model, mode] for model, mode in modes}, definitions["$defs"]


def _query(name: str, about: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": schema or {"type": "string"}}
