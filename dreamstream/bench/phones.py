"""Many phones that draw at a show at once, each from an address of its own as far as loopback has them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dreamstream.bench.hand import THINGS, drawn_by_hand

# Seconds between two drawings of one phone, from and to; and for an answer.
PAUSE, PATIENCE = (1.0, 5.0), 30.0
# One drawing in so many is of somebody who means harm.
HOSTILE = 8
_HARM = (
    b'{"drawing": {"strokes": [{"points": [[NaN, 0.5, 0]]}]}}',
    b'{"drawing": {"strokes": [{"points": [[1e308, 0.5, 0]]}]}}',
    b'{"drawing": {"strokes": [{"points": [[0.5, 0.5, -1]]}]}}',
    b'{"drawing": {"strokes": [{"points": [' + b"[0.25,0.25,0]," * 20_000 + b"[0.5,0.5,0]]}]}}",
    b"[" * 60_000,
)


@dataclass
class Answers:
    """What the phones were answered.

    kinds: "taken", "refused" by the queue's rules, "waiting" for who sends too fast, "malformed", "failed" for a 5xx or
    an answer without a sentence, "silent" for none at all. sentences: with which drawings were refused, by how often.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def draw_together(address: tuple[str, int], phones: int, seconds: float, seed: int = 1) -> Answers:
    """Have so many phones draw for so long."""
    return asyncio.run(_all(address, phones, seconds, seed))


async def _all(address: tuple[str, int], phones: int, seconds: float, seed: int) -> Answers:
    answers, until = Answers(), time.monotonic() + seconds
    await asyncio.gather(
        *(_phone(address, number, until, random.Random(seed + number), answers) for number in range(phones))
    )
    return answers


async def _phone(address: tuple[str, int], number: int, until: float, chance: random.Random, answers: Answers) -> None:
    await asyncio.sleep(chance.uniform(0, PAUSE[0]))
    mine, sent = f"127.0.{1 + number // 250}.{1 + number % 250}", 0
    while time.monotonic() < until:
        sent += 1
        if chance.randrange(HOSTILE) == 0:
            body = chance.choice(_HARM)
        else:
            thing = chance.choice(list(THINGS))
            drawing = drawn_by_hand(thing, chance)
            said = {"drawing": drawing.to_json(), "of": thing, "who": f"phone {number}", "id": f"{number}-{sent}"}
            body = json.dumps(said).encode()
        began = time.monotonic()
        try:
            code, answer = await asyncio.wait_for(_post(address, mine, body), PATIENCE)
        except (OSError, TimeoutError, ValueError, IndexError):
            answers.kinds["silent"] += 1
        else:
            answers.seconds.append(time.monotonic() - began)
            answers.kinds[_kind(code, answer)] += 1
            if code != 200 or not answer.get("ok"):
                answers.sentences[str(answer.get("error") or answer.get("reply"))] += 1
        await asyncio.sleep(chance.uniform(*PAUSE))


def _kind(code: int, answer: dict[str, Any]) -> str:
    sentence = answer.get("reply") or answer.get("error")
    if code >= 500 or not isinstance(sentence, str) or len(sentence) < 5:
        return "failed"
    if code == 200:
        return "taken" if answer["ok"] else "refused"
    return "waiting" if code == 429 else "malformed"


class _Exchange(asyncio.Protocol):
    """One request, and all that comes back until the connection ends, also where it ends before all was sent."""

    def __init__(self, request: bytes) -> None:
        self._request, self._come = request, bytearray()
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self._come += data

    def connection_lost(self, exc: Exception | None) -> None:
        """That is all."""
        if not self.answer.done():
            self.answer.set_result(bytes(self._come))


async def _post(address: tuple[str, int], mine: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Send a drawing from an address; the status and the answer. Raises OSError, IndexError or ValueError."""
    first = f"POST /api/draw HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nContent-Type: application/json\r\n"
    request = f"{first}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    loop = asyncio.get_running_loop()
    try:
        transport, exchange = await loop.create_connection(lambda: _Exchange(request), *address, local_addr=(mine, 0))
    except OSError:  # a system whose loopback has one address
        transport, exchange = await loop.create_connection(lambda: _Exchange(request), *address)
    try:
        head, _, content = (await exchange.answer).partition(b"\r\n\r\n")
    finally:
        transport.abort()
    return int(head.split()[1]), json.loads(content)
