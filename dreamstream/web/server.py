"""How the app is served: the listening socket, uvicorn's settings, and a thread for those who want one."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

from dreamstream.core.errors import UserError
from dreamstream.web.address import PageAddress

MAX_MESSAGE = 64 << 10
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


def serve_config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """uvicorn's settings for the app: bounded messages, pings, quick shutdown, and logging left to the program.

    X-Forwarded-For is believed from loopback alone, where a reverse proxy would be.
    """
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(each, _NoHostileTracebacks) for each in logger.filters):
        logger.addFilter(_NoHostileTracebacks())
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=3,
        limit_concurrency=1000,
        lifespan="on",
        forwarded_allow_ips=["127.0.0.1", "::1"],
    )


class WebServer:
    """The app in a thread of its own with its own event loop; the socket is bound before the thread starts.

    port: the real port, also when 0 was asked for. url: where a browser on this machine finds it.
    """

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 8080) -> None:
        """Raises UserError when the address cannot be had."""
        self._socket = listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = PageAddress(host, self.port).here.rstrip("/")
        self._server = uvicorn.Server(serve_config(app, host, self.port))
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


class _NoHostileTracebacks(logging.Filter):
    """Keeps a stranger's invalid UTF-8 from writing a traceback each into the log; the app counts it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Invalid UTF-8 sequence" not in record.getMessage()


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
