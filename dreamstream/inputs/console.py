"""Lines typed in the terminal as wishes: "bee" and "!dream bee" are the same, and the typist is the broadcaster."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import TextIO

from dreamstream.core.message import Message, Receive

_CHUNK = 4096
_LONGEST = 16 * 1024


def is_interactive(stream: TextIO | None = None) -> bool:
    """Whether somebody can type into `stream` (standard input): a terminal that this program may read."""
    stream = sys.stdin if stream is None else stream
    try:
        # A background job that reads its terminal is stopped by the system.
        return stream.isatty() and (not hasattr(os, "tcgetpgrp") or os.tcgetpgrp(stream.fileno()) == os.getpgrp())
    except (AttributeError, OSError, ValueError):
        return False


def _say(line: str) -> None:
    """Print at once, also where somebody's pipe stands in for the terminal."""
    print(line, flush=True)


class ConsoleSource:
    """Reads a stream line by line until it ends. say: how answers are shown. dropped: lines too long or not UTF-8."""

    def __init__(self, stream: TextIO | None = None, say: Callable[[str], None] = _say) -> None:
        self.name = "console"
        self._stream = sys.stdin if stream is None else stream
        self._say = say
        self._rest = b""
        self._skipping = False
        self._state = "waiting"
        self.dropped = 0

    async def run(self, receive: Receive) -> None:
        """Read until the end of the stream or until cancelled."""
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[bytes] = asyncio.Queue(maxsize=16)
        try:
            number = self._stream.fileno()
        except (AttributeError, OSError, ValueError):  # no real stream, as under some service managers
            self._state = "closed"
            return

        def readable() -> None:
            # Read here and nowhere else: only now is it certain that reading does not block the loop.
            try:
                chunk = os.read(number, _CHUNK)
            except OSError:  # the terminal was closed
                chunk = b""
            chunks.put_nowait(chunk)
            if not chunk or chunks.full():
                loop.remove_reader(number)

        watched = True
        try:
            loop.add_reader(number, readable)
        except (NotImplementedError, OSError, ValueError):
            # Windows, and files as standard input, cannot be waited for; a read there cannot be interrupted either, so
            # the thread is a daemon that ends with the stream or with the program.
            watched = False
            threading.Thread(target=self._pump, args=(number, loop, chunks), name="console", daemon=True).start()
        self._state = "live"
        try:
            while chunk := await chunks.get():
                self._take(chunk, receive)
                if watched and chunks.empty():
                    loop.add_reader(number, readable)
                # A file is always ready, and others want the loop as well.
                await asyncio.sleep(0)
            if self._rest:
                self._take(b"\n", receive)
        finally:
            self._state = "closed"
            if watched:
                loop.remove_reader(number)

    def state(self) -> dict[str, object]:
        """Whether the stream is still read."""
        return {"name": self.name, "kind": "console", "state": self._state, "detail": "", "dropped": self.dropped}

    def _pump(self, number: int, loop: asyncio.AbstractEventLoop, chunks: asyncio.Queue[bytes]) -> None:
        while not loop.is_closed():
            try:
                chunk = os.read(number, _CHUNK)
            except OSError:
                chunk = b""
            try:
                asyncio.run_coroutine_threadsafe(chunks.put(chunk), loop).result(timeout=60)
            except Exception:  # the loop is gone or no longer listens; so does this thread
                return
            if not chunk:
                return

    def _take(self, chunk: bytes, receive: Receive) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for raw in lines:
            if self._skipping:
                self._skipping = False
                continue
            try:
                text = raw.decode("utf-8").strip()
            except UnicodeDecodeError:
                self.dropped += 1
                continue
            if not text:
                continue
            wish = text if text.startswith("!") else f"!dream {text}"
            roles = frozenset(("broadcaster",))
            for reply in receive(Message(wish, "host", self.name, "", roles, asyncio.get_running_loop().time())):
                self._say(reply.text)
        if len(self._rest) > _LONGEST:
            self.dropped += not self._skipping
            self._rest, self._skipping = b"", True
