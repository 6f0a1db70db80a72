"""The asyncio shell under every IRC source: connect, read, write, notice silence, and come back. Holds no policy."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dreamstream.core.message import Message, Purge, Receive, Reply, Role
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

# All that a reader keeps, so that moderators are seen behind a flood; it is handled in slices of a few milliseconds,
# and the loop stays free between them.
_CHUNK = 64 * 1024
_SLICE = 8
_TICK = 1.0
_LEAVE = 0.5
_STEADY = 30.0


@dataclass(frozen=True)
class Server:
    """Where a server is. tls: whether the link is encrypted and its certificate checked."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Lost:
    """The connection is to be given up. asked: the server wants us to come back, so it is no sign of trouble."""

    reason: str
    asked: bool = False


Event = Message | Purge | Lost


def moderators_first(events: Sequence[Event]) -> list[Event]:
    """The same events with moderators' messages out of turn; the end of a link stays behind all that came before it."""
    return sorted(events, key=lambda event: not (isinstance(event, Message) and event.role >= Role.MODERATOR))


class Dialect(Protocol):
    """What a link carries: pure protocol state of one connection (see `IrcProtocol`)."""

    source: str
    channel: str
    live: bool

    @property
    def dropped(self) -> int:
        """Lines that could not be read."""

    def start(self) -> None:
        """Begin the conversation."""

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What the bytes mean."""

    def take(self) -> bytes:
        """What is to be sent now."""

    def say(self, reply: Reply) -> None:
        """Speak."""

    def ping(self) -> None:
        """Ask for a sign of life."""

    def quit(self) -> None:
        """Take leave."""


class Link:
    """Keeps one connection of one protocol alive until cancelled.

    due: asked about once a second for answers that may be said by now. silent_after: seconds without a byte until a
    ping is sent; answer_within: seconds for anything to come back. patience: seconds for connecting and each write.
    """

    def __init__(
        self,
        address: Server,
        protocol: Callable[[], Dialect],
        *,
        speaks: bool,
        due: Callable[[str], list[Reply]] | None = None,
        backoff: Backoff | None = None,
        tls_context: ssl.SSLContext | None = None,
        silent_after: float = 60.0,
        answer_within: float = 15.0,
        patience: float = 10.0,
    ) -> None:
        self.address, self._make, self._speaks, self._due = address, protocol, speaks, due
        self._backoff = backoff or Backoff()
        self._tls = tls_context
        self.silent_after, self.answer_within, self.patience = silent_after, answer_within, patience
        self._state, self._detail = "connecting", f"connecting to {address}"
        self._protocol: Dialect | None = None
        self.connections = 0
        self.messages = 0
        self._dropped = 0

    def state(self) -> dict[str, object]:
        """{"state": connecting|live|waiting|closed, "detail", "connections", "messages", "dropped"}."""
        dropped = self._dropped + (self._protocol.dropped if self._protocol else 0)
        counts = {"connections": self.connections, "messages": self.messages, "dropped": dropped}
        return {"state": self._state, "detail": self._detail, **counts}

    async def run(self, receive: Receive) -> None:
        """Stay connected until cancelled. Never ends by itself."""
        try:
            while True:
                self._state, self._detail = "connecting", f"connecting to {self.address}"
                reason, asked = await self._converse(receive)
                wait = self._backoff.next()
                self._state, self._detail = "waiting", f"{reason}; trying again in {wait:.0f} s"
                log.log(logging.INFO if asked else logging.WARNING, "%s", self._detail)
                await asyncio.sleep(wait)
        finally:
            self._state, self._detail = "closed", "closed"

    async def _converse(self, receive: Receive) -> tuple[str, bool]:
        """One connection from beginning to end; why it ended, and whether the server asked for that."""
        tls: ssl.SSLContext | None = None
        if self.address.tls:
            tls = self._tls or ssl.create_default_context()
        try:
            async with asyncio.timeout(self.patience):
                reader, writer = await asyncio.open_connection(self.address.host, self.address.port, ssl=tls)
        except TimeoutError:
            return f"{self.address} does not answer", False
        except ssl.SSLCertVerificationError as error:
            return f"the certificate of {self.address} is not trusted ({error.verify_message})", False
        except OSError as error:
            return f"{self.address} cannot be reached ({error.strerror or type(error).__name__})", False
        self.connections += 1
        protocol = self._protocol = self._make()
        try:
            return await self._exchange(protocol, reader, writer, receive)
        except TimeoutError:
            return f"{self.address} takes no more data", False
        except OSError as error:
            return f"the link to {self.address} broke ({error.strerror or type(error).__name__})", False
        finally:
            self._dropped += protocol.dropped
            self._protocol = None
            protocol.quit()
            with contextlib.suppress(Exception):
                writer.write(protocol.take())
            writer.close()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_LEAVE):
                    await writer.wait_closed()

    async def _exchange(
        self, protocol: Dialect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receive: Receive
    ) -> tuple[str, bool]:
        clock = asyncio.get_running_loop().time
        protocol.start()
        tick = min(_TICK, self.silent_after / 2, self.answer_within / 2)
        heard, pinged_at = clock(), float("inf")
        live_since = float("inf")
        while True:
            writer.write(protocol.take())
            async with asyncio.timeout(self.patience):
                await writer.drain()
            chunk: bytes | None = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(tick):
                    chunk = await reader.read(_CHUNK)
            if chunk == b"":
                return f"{self.address} closed the link", False
            replies: list[Reply] = []
            if chunk is None:
                # Counted from the ping, not from the silence: a computer that slept finds the link as it left it.
                if clock() - pinged_at > self.answer_within:
                    return f"{self.address} went silent", False
                if clock() - heard > self.silent_after and pinged_at > clock():
                    protocol.ping()
                    pinged_at = clock()
            else:
                heard, pinged_at = clock(), float("inf")
                for number, event in enumerate(moderators_first(protocol.receive(chunk, clock())), start=1):
                    if isinstance(event, Lost):
                        return event.reason, event.asked
                    self.messages += 1
                    self._say(protocol, receive(event))
                    if number % _SLICE == 0:
                        writer.write(protocol.take())
                        await asyncio.sleep(0)
                if protocol.live and self._state != "live":
                    self._state, self._detail = "live", f"reading {protocol.channel}"
                    live_since = clock()
            # Not at once: a server that lets us in and throws us out again must not be pestered.
            if clock() - live_since > _STEADY:
                self._backoff.reset()
            if self._due:
                replies += self._due(protocol.source)
            self._say(protocol, replies)
            # A stream that always has data never yields by itself.
            await asyncio.sleep(0)

    def _say(self, protocol: Dialect, replies: list[Reply]) -> None:
        for reply in replies if self._speaks else ():
            protocol.say(reply)


class LinkSource:
    """A source that is one link. kind: of the source, which is its name, too."""

    def __init__(self, kind: str, channel: str, link: Link) -> None:
        self.name, self._channel, self._link = kind, channel, link

    async def run(self, receive: Receive) -> None:
        """Read, and answer if the link speaks, until cancelled; reconnects by itself."""
        await self._link.run(receive)

    def state(self) -> dict[str, object]:
        """Where the connection stands, for people."""
        return {"name": self.name, "kind": self.name, "channel": self._channel, **self._link.state()}
