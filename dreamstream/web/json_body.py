"""JSON out of a request, bounded in size and in time, and into an answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamstream.web.server import MAX_MESSAGE

# How long a request's body may take, in seconds.
TIMEOUT = 10.0


class BodyError(Exception):
    """A body that cannot be taken: an HTTP status, a sentence, and the kind of refusal to count."""

    def __init__(self, status: int, sentence: str, kind: str = "malformed") -> None:
        super().__init__(sentence)
        self.status, self.kind = status, kind


async def read_body(request: Request, most: int = MAX_MESSAGE) -> bytes:
    """The body of a JSON request, or nothing. Raises BodyError for another type, too many bytes, or too long a wait."""
    # A form on a foreign page cannot send this type without the browser asking first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise BodyError(413, f"A message has at most {most} bytes.", "oversized")
    except TimeoutError:
        raise BodyError(408, f"The message did not arrive within {TIMEOUT:g} s.") from None
    if kind != "application/json" and (kind or body):
        raise BodyError(415, "Send JSON, with content-type application/json.")
    return bytes(body)


async def read_object(request: Request, *, empty: bool = False) -> dict[str, Any]:
    """The JSON object in a request's body; with `empty`, no body at all counts as {}. Raises BodyError."""
    body = await read_body(request)
    return {} if empty and not body.strip() else object_of(body)


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises BodyError."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BodyError(400, "Send a JSON object.")
    return value


def too_many(sentence: str = "Too many requests; wait a few seconds.", *, retry_after: int = 3) -> Response:
    """The answer to who asks for more than its share. retry_after: seconds."""
    return answer({"error": sentence}, 429, {"retry-after": str(retry_after)})


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of JSON that nobody may keep."""
    return JSONResponse(value, status, headers={"cache-control": "no-store", **(headers or {})})
