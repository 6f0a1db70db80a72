"""The control room's part of the API's description, made from the table of actions."""

from __future__ import annotations

from typing import Any

from dreamstream.web.control_actions import ACTIONS, Action

SECURITY = {"token": {"type": "http", "scheme": "bearer", "description": "Printed once, at the show's first start."}}

_ERRORS = {
    "400": "Not such an argument.",
    "401": "The token is missing or wrong.",
    "404": "There is no such action.",
    "408": "The message took too long.",
    "409": "It cannot be done, and why.",
    "413": "The message is too long.",
    "415": "Not JSON.",
    "429": "Too many wrong tokens; wait.",
}


def paths() -> dict[str, Any]:
    """All of /api/control."""
    see = {
        "summary": "What only the control room sees.",
        "security": [{"token": []}],
        "responses": {"200": _answer("The state now.", {"$ref": "#/components/schemas/Control"})}
        | _errors("401", "429"),
    }
    return {"/api/control": {"get": see}} | {
        f"/api/control/{name}": {"post": _post(action)} for name, action in ACTIONS.items()
    }


def schema() -> dict[str, Any]:
    """The state of the control room."""
    text, number, flag = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
    whole = {"type": "integer", "minimum": 0}
    texts = _list(text)
    dial = _object(name=text, value=number, unit=text, low=number, high=number, default=number, help=text)
    mishap = _object(age=number, level=text, text=text, count=whole)
    output = {**_object(name=text, kind=text, state=text, detail=text), "additionalProperties": True}
    return _object(
        paused=flag,
        hold=number,
        limit=whole,
        controls=_list(dial),
        preset=text,
        presets=texts,
        outputs=_list(output),
        blocked=_object(viewers=texts, classes=texts),
        chat={"type": "object", "additionalProperties": whole},
        errors={**_list(mishap), "description": "Warnings and errors of the last hour, newest first."},
    )


def _post(action: Action) -> dict[str, Any]:
    body = {"required": bool(action.arguments), "content": {"application/json": {"schema": action.schema()}}}
    done = {"200": _answer("Done, in a few words.", _object(reply={"type": "string"}))}
    return {
        "summary": action.about,
        "security": [{"token": []}],
        "requestBody": body,
        "responses": done | _errors("400", "401", "408", "409", "413", "415", "429"),
    }


def _errors(*codes: str) -> dict[str, Any]:
    return {code: _answer(_ERRORS[code], _object(error={"type": "string"})) for code in codes}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
