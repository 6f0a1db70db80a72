"""A scripted server on loopback that talks as Twitch chat does, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from types import TracebackType


class TwitchLookalike:
    """Welcomes whoever comes and says what the test tells it. mute: accept and never answer anything."""

    def __init__(self, tls: ssl.SSLContext | None = None, mute: bool = False) -> None:
        self._tls, self.mute = tls, mute
        self.received: list[str] = []
        self.connections = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> TwitchLookalike:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.drop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while raw := await reader.readline():
                line = raw.decode().strip()
                self.received.append(line)
                if self.mute:
                    continue
                command, _, rest = line.partition(" ")
                if command == "NICK":
                    writer.write(f":tmi.twitch.tv 001 {rest} :Welcome, GLHF!\r\n".encode())
                elif command == "JOIN":
                    nick = next(one[5:] for one in self.received if one.startswith("NICK "))
                    writer.write(f":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN {rest}\r\n".encode())
                    writer.write(f"@room-id=1;slow=0 :tmi.twitch.tv ROOMSTATE {rest}\r\n".encode())
                elif command == "PING":
                    writer.write(f":tmi.twitch.tv PONG tmi.twitch.tv :{rest}\r\n".encode())
        except (ConnectionError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def send(self, data: bytes | str) -> None:
        """Send lines, or any bytes, to everybody connected."""
        for writer in self._writers:
            writer.write(data if isinstance(data, bytes) else data.encode() + b"\r\n")

    def say(self, text: str, login: str = "ann", **tags: str) -> None:
        """A chat message with tags (with - written as _)."""
        written = ";".join(f"{key.replace('_', '-')}={value}" for key, value in tags.items())
        self.send(f"@{written} :{login}!{login}@{login}.tmi.twitch.tv PRIVMSG #dreams :{text}")

    def drop(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()


async def become(true: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Wait until something is true; fail with its name when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        await asyncio.sleep(0.01)
