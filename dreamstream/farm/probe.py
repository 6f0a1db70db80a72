"""What a channel's show says of itself, and its picture: asked over HTTP, bounded in time and size."""

from __future__ import annotations

import asyncio

import httpx
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dreamstream.core.status import PublicStatus

WITHIN = 3.0
_MOST_BYTES = 1 << 20
STILL_WITHIN = 5.0


async def ask(client: httpx.AsyncClient, page: str) -> PublicStatus | None:
    """The status of the show whose page is at `page`; None when none answers there as a show does."""
    try:
        answer = await client.get(f"{page}api/status", timeout=WITHIN)
        if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
            return None
        return PublicStatus.model_validate_json(answer.content)
    except (httpx.HTTPError, ValidationError, ValueError):
        return None


async def still(page: str) -> bytes | None:
    """A picture of the show, as a JPEG file; None when it sends none."""
    try:
        async with asyncio.timeout(STILL_WITHIN):
            async with connect(f"ws{page.removeprefix('http')}ws/stills", max_size=_MOST_BYTES, proxy=None) as socket:
                async for message in socket:
                    if isinstance(message, bytes):
                        return message
    except (OSError, TimeoutError, WebSocketException):
        pass
    return None
