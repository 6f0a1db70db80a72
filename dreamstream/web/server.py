"""How the app is served: the listening socket, uvicorn's settings, and a thread for those who want one."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from dreamstream.core.errors import UserError
from dreamstream.web.address import PageAddress
from dreamstream.web.connections import (
    SAID_EVERY,
    Connections,
    HttpConnection,
    Proxies,
    ServerConfig,
    WebSocketConnection,
)

MAX_MESSAGE = 64 << 10
# How uvicorn and websockets begin lines about what strangers send; the app counts it all.
_STRANGERS = ("Invalid UTF-8 sequence", "Invalid HTTP request", "opening handshake failed")
_KINDS = 100
# The kernel would queue about 4 MB for a reader that has stopped; this is a second or two of video.
_SEND_BUFFER = 512 << 10
# A peer that takes nothing for so long is cut off by the kernel: closing alone would wait for it for ever.
_STUCK_MS = 30_000


def listen(host: str, port: int) -> socket.socket:
    """A bound listening socket. Raises UserError that says why not and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # On Windows this option would let two programs share the port.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STUCK_MS)
        sock.bind((host, port))
        sock.listen(512)
    except (OSError, OverflowError) as error:
        sock.close()
        raise UserError(_why(error, host, port)) from None
    return sock


def serve_config(
    app: ASGIApp, host: str, port: int, visitors: Connections | None = None, proxies: Sequence[str] = ()
) -> uvicorn.Config:
    """uvicorn's settings for the app: bounded messages, pings, quick shutdown, and logging left to the program.

    visitors: how many may be connected. proxies: whose X-Forwarded-For is believed: addresses and networks.
    """
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(each, OnceAMinute) for each in logger.filters):
        logger.addFilter(OnceAMinute())
    config = ServerConfig(
        app,
        host=host,
        port=port,
        http=HttpConnection,
        ws=WebSocketConnection,
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=3,
        # So many are taken off the kernel's queue before the first of them can be turned away.
        backlog=128,
        lifespan="on",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    config.visitors = Connections(proxies=Proxies(proxies)) if visitors is None else visitors
    return config


def hear_accept_errors(loop: asyncio.AbstractEventLoop, visitors: Connections) -> None:
    """Count connections that the system has no descriptors for, instead of logging a traceback for each."""

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "socket.accept()" in str(context.get("message")):
            visitors.refuse("descriptors", "the system lets this process open no more connections")
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


class WebServer:
    """The app in a thread of its own with its own event loop; the socket is bound before the thread starts.

    port: the real port, also when 0 was asked for. url: where a browser on this machine finds it.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str = "127.0.0.1",
        port: int = 8080,
        visitors: Connections | None = None,
        proxies: Sequence[str] = (),
    ) -> None:
        """Raises UserError when the address cannot be had."""
        self._socket = listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = PageAddress(host, self.port).here.rstrip("/")
        self._server = uvicorn.Server(serve_config(app, host, self.port, visitors, proxies))
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self, timeout: float = 10.0) -> None:
        """Serve; returns when connections are answered. Raises TimeoutError when that takes too long."""
        self._thread.start()
        deadline = time.monotonic() + timeout
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("the web server did not start")
            time.sleep(0.01)

    def close(self, timeout: float = 5.0) -> None:
        """Close all connections and join the thread."""
        self._server.should_exit = True
        self._thread.join(timeout)
        with contextlib.suppress(OSError):
            self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


class SignallessServer(uvicorn.Server):
    """uvicorn in a program that hears signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


class OnceAMinute(logging.Filter):
    """Lets each kind of line through once a minute, so that no stranger fills the log, and says how many were left out.

    What a stranger does wrong is no fault of the program, and goes without a traceback; the app counts it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be said."""
        kind, now = str(record.msg), self._clock()
        if kind.startswith(_STRANGERS):
            return False
        said, left_out = self._said.get(kind, (-SAID_EVERY, 0))
        if now - said < SAID_EVERY:
            self._said[kind] = (said, left_out + 1)
            return False
        self._said[kind] = (now, 0)
        while len(self._said) > _KINDS:
            self._said.popitem(last=False)
        if left_out:
            record.msg = f"{record.msg} (and {left_out} more like it)".replace("\n", " ")
        return True


def _why(error: OSError | OverflowError, host: str, port: int) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return f"Port {port} on {host} is already in use. Stop what uses it, or choose another with --port {port + 1}."
    if number == errno.EACCES:
        return f"Port {port} may not be opened by this user. Choose one above 1023, for example --port 8080."
    if isinstance(error, OverflowError):
        return f"Port {port} does not exist. Choose one from 1 to 65535, for example --port 8080."
    reason = error.strerror or str(error)
    return f"Cannot listen on {host} port {port} ({reason}). Use an address of this machine, such as --host 127.0.0.1."
