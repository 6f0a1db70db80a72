"""The description of the JSON API, in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from dreamstream.core.version import __version__
from dreamstream.web import openapi_control


def document(max_text: int, max_who: int) -> dict[str, Any]:
    """The OpenAPI document; the limits on texts are given in characters."""
    text, number, flag = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
    maybe = {"type": ["number", "null"]}
    whole = {"type": "integer", "minimum": 0}
    states = {"enum": ["starting", "live", "waiting", "failed", "closed", "stopped"]}
    wish = _object(what=text, emoji=text, region=text, weight=number, who=text)
    queued = _object(id=text, title=text, emoji=text, who=text, eta={**maybe, "description": "Seconds until its turn."})
    now = _object(
        title={**text, "description": "What is dreamed, as a person would say it."},
        wishes=_list(wish),
        who={**text, "description": "Who asked; empty when the show chose by itself."},
        since={**number, "description": "Seconds since it began."},
        left={**maybe, "description": "Seconds it goes on at least; null when nothing waits."},
        idle=flag,
    )
    dream = _object(
        number=whole,
        age=maybe,
        per_second=number,
        steps_per_second=number,
        seconds={**number, "description": "How long the last dream took."},
        steps={**whole, "description": "Ascent steps since the start."},
        busy={**number, "description": "Seconds spent dreaming since the start."},
        state={"enum": ["starting", "dreaming", "late", "stopped"]},
        detail=text,
    )
    costs = {"type": "object", "additionalProperties": number, "description": "Milliseconds a frame, by stage."}
    frames = _object(fps=number, sent=whole, late=whole, on_time={**maybe, "minimum": 0, "maximum": 1}, costs=costs)
    part = {**_object(name=text, kind=text, state=states, detail=text), "additionalProperties": True}
    since = {**number, "description": "Since when it is in this state, in Unix time."}
    sink = {
        **_object(
            **part["properties"],
            url={**text, "description": "Where it sends; a stream key is hidden."},
            since=since,
            bytes=whole,
            dropped={**whole, "description": "Packets that were not sent."},
            reconnects=whole,
            error={**text, "description": "What went wrong last, also when that is over."},
        ),
        "additionalProperties": True,
    }
    status = _object(
        version={"const": 1},
        channel=text,
        now=now,
        queue=_list(queued),
        dream=dream,
        frames=frames,
        picture_age={**maybe, "description": "Seconds since the last video frame."},
        viewers={**whole, "description": "Who watches on the page now, by video or by still pictures."},
        sinks=_list(sink),
        sources=_list(part),
        uptime=number,
        memory={**whole, "description": "Resident memory in bytes."},
    )
    ask = {
        **_object(
            text={**text, "description": f"What is beyond {max_text} characters is cut off."},
            who={"type": ["string", "null"], "description": f"Your name, {max_who} characters; a guest without it."},
            id={"type": ["string", "null"], "description": "64 characters that name this delivery."},
        ),
        "required": ["text"],
        "example": {"text": "!dream bee + pizza", "who": "ada"},
    }
    found = _object(classes=_list(_object(name=text, emoji=text, aliases=_list(text))))
    query = [
        {"name": "q", "in": "query", "description": "What the names should be near to.", "schema": text},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 2000, "default": 20}},
    ]
    reach = _object(url={"type": ["string", "null"], "description": "Null when only this machine can open the page."})
    found_at = _get("How others reach the page.", _answer("Where.", reach))
    at = {"name": "at", "in": "query", "description": "Where the asking page finds itself.", "schema": text}
    sheet = _object(
        sheet={"type": ["string", "null"], "description": "Relative to the page; null when there are no pictures."},
        side={**whole, "description": "Pixels of each square picture."},
        columns={**whole, "description": "Pictures in a row."},
        names={**_list(text), "description": "The word of each picture, row by row."},
    )
    sheet["required"] = ["sheet"]
    look_up = _get("Classes near a query.", _answer("Names, best first.", found), "400", "429")
    error = _object(error=text)
    probe = {"ok": flag, "reason": text}
    asking = {
        "summary": "Ask for something, as one line of chat.",
        "description": "A line without a leading ! is taken as a wish. The same id again changes nothing.",
        "requestBody": {"required": True, "content": _json("Ask")},
        "responses": {
            "200": _answer("One short reply.", _object(reply=text)),
            **{code: _answer(why, error) for code, why in _ERRORS.items()},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dreamstream",
            "version": __version__,
            "description": "A live show that a neural network dreams and its audience steers. Events come over the "
            'websocket `ws`: {"type": "state", "version", "state"} first, then {"type": "change", "changes"}; it takes '
            '{"ask", "who", "id"} and answers {"type": "reply", "text", "id"}. `ws/video` sends {"codec", "width", '
            '"height", "fps"}, an MP4 initialisation segment, and a fragment for each frame; a show with sound names '
            'its codec in "sound", and {"sound": true} from the viewer adds that track (number 2): its initialisation '
            'segment, then fragments between the others, until {"sound": false}. `ws/stills` sends {"width", "height", '
            '"fps"}, then JPEG files. `ws/control` wants {"token"} first, then sends states and changes as `ws` does, '
            "of what `/api/control` shows.",
        },
        "servers": [{"url": ".."}],
        "paths": {
            "/api/status": {"get": _get("Everything about the show.", _answer("The state now.", _ref("Status")))},
            "/api/ask": {"post": asking},
            "/api/classes": {"get": {**look_up, "parameters": query}},
            "/api/address": {"get": {**found_at, "parameters": [at]}},
            "/api/pictures": {"get": _get("What each word's dreams look like.", _answer("Where each is.", sheet))},
            "/healthz": {"get": _get("Whether pictures really move.", _answer("They do.", _object(**probe)), "503")},
            "/readyz": {"get": _get("Whether the show can dream.", _answer("It can.", _object(**probe)), "503")},
            **openapi_control.paths(),
        },
        "components": {
            "schemas": {"Status": status, "Ask": ask, "Control": openapi_control.schema()},
            "securitySchemes": openapi_control.SECURITY,
        },
    }


_ERRORS = {
    "400": "Not such a message.",
    "408": "The message took too long.",
    "413": "The message is too long.",
    "415": "Not JSON.",
    "429": "Too many requests; wait.",
}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _get(summary: str, answer: dict[str, Any], *errors: str) -> dict[str, Any]:
    reason = _object(ok={"type": "boolean"}, reason={"type": "string"}, error={"type": "string"})
    others = {code: _answer(_ERRORS.get(code, "It does not, and why."), reason) for code in errors}
    return {"summary": summary, "responses": {"200": answer, **others}}
