"""Who is connected to the page's server: so many in all, so many of one address, and none for long without a request.

A connection is silent until a whole request has come, and again when that was answered. When there is no room the one
that is silent for longest makes place, so that those who only hold connections shut nobody out.

    connected -> silent --whole request within REQUEST_SECONDS--> served --answer within ANSWER_SECONDS--> silent
                   |                                                 |
                   | too slow, or room is needed                     | upgraded: stays served until it ends
                   v                                                 v
                 closed                                            closed
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dreamstream.web.address import is_loopback
from dreamstream.web.rate_limit import Places

log = logging.getLogger(__name__)

MOST = 1000
# Descriptors that are left to recordings, HLS, chat and the dreamer, whatever the page's visitors do.
RESERVE = 256
EACH = 100
REQUEST_SECONDS = 15.0
ANSWER_SECONDS = 120.0
SAID_EVERY = 60.0


class Proxies:
    """The reverse proxies whose word about a visitor's address is believed: addresses and networks."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._networks = [ipaddress.ip_network(each, strict=False) for each in trusted]

    def __contains__(self, address: object) -> bool:
        try:
            parsed = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return any((mapped or parsed) in network for network in self._networks)


class Connections:
    """All connections of one server; used in its event loop only.

    most: in all. each: of one address; who is at this machine itself, or a trusted proxy, is not counted so.
    refused: where those who were turned away are counted, as "connections", "slow" and "broken".
    """

    def __init__(
        self,
        refused: Counter[str] | None = None,
        *,
        most: int = MOST,
        each: int = EACH,
        proxies: Proxies | None = None,
        uncounted: Callable[[str], bool] = is_loopback,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused: Counter[str] = Counter() if refused is None else refused
        self.most, self.proxies = most, Proxies() if proxies is None else proxies
        self._uncounted, self._clock = uncounted, clock
        self._places = Places(each)
        self._open: dict[asyncio.Transport, str] = {}
        self._silent: OrderedDict[asyncio.Transport, None] = OrderedDict()
        self._said: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, transport: asyncio.Transport, address: str) -> bool:
        """Let a new connection in, if need be in place of one that is silent; else False."""
        counted = "" if address in self.proxies or self._uncounted(address) else address
        if counted and not self._places.take(counted):
            self.refuse("connections", f"{address} has {self._places.each} connections; more are refused")
            return False
        if len(self._open) >= self.most:
            if not self._silent:
                if counted:
                    self._places.leave(counted)
                self.refuse("connections", f"all {self.most} connections are taken; more are refused")
                return False
            oldest, _ = self._silent.popitem(last=False)
            self.refuse("connections", f"all {self.most} connections are taken; silent ones are closed")
            self.leave(oldest)
            oldest.abort()
        self._open[transport] = counted
        self._silent[transport] = None
        return True

    def leave(self, transport: asyncio.Transport) -> None:
        """A connection has ended; harmless when repeated."""
        self._silent.pop(transport, None)
        if self._open.get(transport):
            self._places.leave(self._open[transport])
        self._open.pop(transport, None)

    def serves(self, transport: asyncio.Transport) -> None:
        """A whole request has come."""
        self._silent.pop(transport, None)

    def waits(self, transport: asyncio.Transport) -> None:
        """An answer is out, and the next request may come."""
        if transport in self._open:
            self._silent[transport] = None

    def refuse(self, reason: str, sentence: str) -> None:
        """Count somebody who is not served; the log hears of each reason once a minute."""
        self.refused[reason] += 1
        now = self._clock()
        if now - self._said.get(reason, -SAID_EVERY) >= SAID_EVERY:
            self._said[reason] = now
            log.warning("The page: %s (%d so far).", sentence, self.refused[reason])


class ServerConfig(uvicorn.Config):
    """uvicorn's settings, and the connections that its protocols report to."""

    visitors: Connections


class HttpConnection(H11Protocol):
    """One connection while it speaks HTTP."""

    config: ServerConfig
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or drop it."""
        transport = cast(asyncio.Transport, transport)  # uvloop's are none by name
        super().connection_made(transport)
        if self.config.visitors.enter(transport, self.client[0] if self.client else ""):
            self._within(REQUEST_SECONDS)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop()
        self.config.visitors.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear a part of a request; what HTTP has no answer for ends the connection."""
        if self.transport.is_closing():
            return
        before = self.conn.their_state
        try:
            super().data_received(data)
        except (h11.ProtocolError, ValueError):
            self.config.visitors.refuse("broken", "a request that is no HTTP was refused")
            self.transport.abort()
            return
        if self.conn.their_state is not before or self.cycle is not None:
            self._look()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and count it."""
        self.config.visitors.refuse("broken", "a request that is no HTTP was refused")
        super().send_400_response(msg)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Give the connection to the websockets."""
        self._stop()
        self.config.visitors.serves(self.transport)
        super().handle_websocket_upgrade(event)

    def _unsupported_upgrade_warning(self) -> None:
        self.config.visitors.refuse("upgrade", "an upgrade to another protocol was not made")

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.config.visitors.waits(self.transport)
        self._within(REQUEST_SECONDS + self.timeout_keep_alive)
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """Whether a whole request is being answered now."""
        served = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        if served and not self.transport.is_closing():
            self.config.visitors.serves(self.transport)
            self._within(ANSWER_SECONDS)

    def _within(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self.config.visitors.refuse("slow", "a connection was closed that took too long")
        self.transport.abort()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """One connection after its upgrade."""

    config: ServerConfig

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.config.visitors.leave(self.transport)
        super().connection_lost(exc)
