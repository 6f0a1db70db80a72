"""A crowd for measuring: a small IRC server on loopback whose one channel is full of people. The show connects to it.

It speaks as much of IRC as a reader needs, and sends at a fixed rate by absolute deadlines, whatever the reader does.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

CHANNEL, MODERATOR = "#dream", "moderator"
# Messages leave in small groups, so that the crowd itself costs little.
_SLICE = 0.02
_TALK = (
    *("so pretty", "wow, look at the left side", "LUL", "this is amazing 😍", "is that a dog?", "hello from Brazil"),
    *("KEKW KEKW KEKW", "what song is this", "first time here, what do I do?", "zoom zoom zoom", "https://example.org"),
    *("@someone no way", "!uptime", "!discord", "¿qué es esto?", "すごい", "lol that face in the middle of it all"),
)


# How many different lines a hostile crowd has; more than any memory of late texts holds.
_HOSTILE = 8000


def worst_lines(classes: Sequence[str], count: int, chance: random.Random) -> list[str]:
    """Wishes that are the hardest to understand: as long as may be, and nothing in them spelt as it should be."""
    words = [word for name in classes for word in name.split() if len(word) > 5] or list(classes)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def near() -> str:
        word, place = chance.choice(words), chance.randrange(1, 5)
        return word[:place] + chance.choice(letters) + word[place + 1 :]

    kinds = (
        lambda: " + ".join(" ".join(near() for _ in range(7)) for _ in range(4)),
        lambda: "+".join(near()[:4] for _ in range(100)),
        lambda: " ".join("\u00e9\u0301\u200d\U0001f60d" + near()[:2] for _ in range(40)),
        lambda: f"{near()} {near()}" + " left" * 90,
        near,
    )
    return ["!dream " + chance.choice(kinds)()[:480] for _ in range(count)]


class Crowd:
    """People of `names` different names, who ask for one of `classes` in every `every`-th message; seeded.

    hostile: every message is a wish of the hardest kind instead (see worst_lines).
    port: where it listens. sent: messages so far. late: by how many seconds it fell behind at most, which means that
    the reader did not keep up. replies: how many lines the show said.
    """

    def __init__(
        self, classes: Sequence[str], names: int = 5000, every: int = 20, seed: int = 1, hostile: bool = False
    ) -> None:
        self._classes, self._names, self._every = list(classes), names, every
        self._chance = random.Random(seed)
        self._hostile = worst_lines(self._classes, _HOSTILE, self._chance) if hostile else []
        self.sent, self.replies, self.late = 0, 0, 0.0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._writer: asyncio.StreamWriter | None = None
        self._joined = threading.Event()
        self._answer: asyncio.Future[float] | None = None
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Crowd:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def joined(self, timeout: float) -> bool:
        """Whether the show is in the channel, waiting for it at most `timeout` seconds."""
        return self._joined.wait(timeout)

    def talk(self, seconds: float, rate: float) -> Future[None]:
        """Talk for so long, at `rate` messages a second."""
        return asyncio.run_coroutine_threadsafe(self._talk(seconds, rate), self._loop)

    def skip(self, patience: float = 5.0) -> float | None:
        """Let the moderator say !skip; seconds until the show has answered that it did, None when it did not."""
        try:
            return asyncio.run_coroutine_threadsafe(self._skip(patience), self._loop).result(patience + 5)
        except TimeoutError:
            return None

    # -- in the crowd's thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nick = "dreamstream"
        try:
            while raw := await reader.readline():
                command, _, rest = raw.decode().strip().partition(" ")
                if command == "NICK":
                    nick = rest
                    writer.write(f":crowd 001 {nick} :hello\r\n".encode())
                elif command == "PING":
                    writer.write(f":crowd PONG crowd {rest}\r\n".encode())
                elif command == "JOIN":
                    writer.write(f":{nick}!d@h JOIN {CHANNEL}\r\n".encode())
                    writer.write(f":crowd 353 {nick} = {CHANNEL} :{nick} @{MODERATOR}\r\n".encode())
                    writer.write(f":crowd 366 {nick} {CHANNEL} :end\r\n".encode())
                    self._writer = writer
                    self._joined.set()
                elif command == "PRIVMSG":
                    self.replies += 1
                    if f"@{MODERATOR} " in rest and self._answer is not None and not self._answer.done():
                        self._answer.set_result(time.perf_counter())
        except (ConnectionError, OSError):
            pass
        finally:
            writer.close()

    async def _talk(self, seconds: float, rate: float) -> None:
        began, before = time.perf_counter(), self.sent
        total = before + round(seconds * rate)
        while self.sent < total and self._writer is not None:
            passed = time.perf_counter() - began
            due = min(total, before + int(passed * rate) + 1)
            lines = [self._line() for _ in range(due - self.sent)]
            self.sent = due
            self._writer.write("".join(lines).encode())
            turn = time.perf_counter()
            await self._writer.drain()
            self.late = max(self.late, time.perf_counter() - turn)
            await asyncio.sleep(_SLICE)

    def _line(self) -> str:
        number = self._chance.randrange(self._names)
        if self._hostile:
            text = self._chance.choice(self._hostile)
        elif self._chance.randrange(self._every) == 0:
            text = f"!dream {self._chance.choice(self._classes)}"
        else:
            text = self._chance.choice(_TALK)
        return f":viewer{number}!v@h PRIVMSG {CHANNEL} :{text}\r\n"

    async def _skip(self, patience: float) -> float:
        if self._writer is None:
            raise TimeoutError
        answer: asyncio.Future[float] = self._loop.create_future()
        self._answer = answer
        began = time.perf_counter()
        self._writer.write(f":{MODERATOR}!m@h PRIVMSG {CHANNEL} :!skip\r\n".encode())
        return (await asyncio.wait_for(answer, patience)) - began


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, 95th of 100 and greatest; None where there are no values."""
    if not values:
        return {"median": None, "p95": None, "most": None}
    ordered = sorted(values)
    return {
        "median": ordered[len(ordered) // 2],
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "most": ordered[-1],
    }
