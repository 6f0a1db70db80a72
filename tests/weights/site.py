"""A real HTTP server on loopback that misbehaves as told, and says what it was asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Site:
    """Serves `content`; `behave` is asked before each answer and may answer itself (then it returns True)."""

    def __init__(self, content: bytes, etag: str | None = '"one"') -> None:
        self.content, self.etag = content, etag
        self.asked: list[dict[str, str]] = []
        self.behave: Callable[[int, BaseHTTPRequestHandler], bool] = lambda number, handler: False
        self.stop = threading.Event()
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append({"path": handler.path, **{k.title(): v for k, v in handler.headers.items()}})
        if self.behave(len(self.asked), handler):
            return
        self.send(handler)

    def send(self, handler: BaseHTTPRequestHandler, stop_after: int | None = None) -> None:
        """Answer properly, ranges and If-Range included; stop_after: break the connection after so many bytes."""
        start, span = 0, handler.headers.get("Range", "")
        condition = handler.headers.get("If-Range")
        if span.startswith("bytes=") and (condition is None or condition == self.etag):
            start = int(span.removeprefix("bytes=").rstrip("-"))
        if start >= len(self.content):
            self.say(handler, 416, b"", {"Content-Range": f"bytes */{len(self.content)}"})
            return
        headers = {"Content-Range": f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"} if start else {}
        part = self.content[start:]
        self.say(handler, 206 if start else 200, part[:stop_after], headers, len(part))

    def say(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Send this answer; length: what Content-Length claims, if not the body's; -1 for none."""
        handler.send_response(status)
        claimed = len(body) if length is None else length
        own = {"Content-Type": "application/octet-stream"} | ({"ETag": self.etag} if self.etag else {})
        if claimed >= 0:
            own["Content-Length"] = str(claimed)
        for name, value in (own | (headers or {})).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def says(self, handler: BaseHTTPRequestHandler, status: int, body: bytes, *more: Any, **named: Any) -> bool:
        """As `say`; True, for a `behave` that does nothing else."""
        self.say(handler, status, body, *more, **named)
        return True


@contextlib.contextmanager
def site(content: bytes, etag: str | None = '"one"') -> Iterator[Site]:
    """A running Site."""
    made = Site(content, etag)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):  # the client may leave
                made.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/model.safetensors"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.stop.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
