"""What tests of sources against a scripted platform share: the server, a source that runs, and all that was logged."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import AsyncIterator, Iterator

from aiohttp import web

from dreamstream.core.message import Receive, Source
from dreamstream.support import logs


@contextlib.asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[int]:
    """Serve an app on a free port of loopback."""
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def listening(source: Source, receive: Receive) -> AsyncIterator[None]:
    """Run a source; at the end it is cancelled, which it must heed and say."""
    task = asyncio.create_task(source.run(receive))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=60)
    assert task.cancelled()
    assert source.state()["state"] == "closed"


@contextlib.contextmanager
def all_logged(library: str) -> Iterator[io.StringIO]:
    """Every line of the show's log, and of a library's at its most talkative."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.setup("main", stream=stream, verbose=True)
        logging.getLogger(library).setLevel(logging.DEBUG)
        yield stream
    finally:
        logging.getLogger(library).setLevel(logging.NOTSET)
        root.handlers[:], root.level = before
