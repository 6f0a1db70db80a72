"""Log lines: their form, and that a secret never shows."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from dreamstream.support import logs, redaction


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where lines are written, with logging put back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("dreamstream").setLevel(logging.NOTSET)


def test_a_line_is_plain_and_names_the_channel(lines: io.StringIO) -> None:
    """Time, channel, message."""
    logs.setup("main", stream=lines)
    logging.getLogger("dreamstream.show.show").info("The page is at %s", "http://x")
    logging.getLogger("dreamstream.show.show").debug("detail")
    logging.getLogger("uvicorn").info("chatter")
    assert lines.getvalue()[8:] == " main: The page is at http://x\n"


def test_secrets_show_neither_in_messages_nor_in_tracebacks(lines: io.StringIO) -> None:
    """A key hides in addresses and in the texts of exceptions; one key may hold another."""
    logs.setup("main", ["live_1", "live_1_long"], verbose=True, stream=lines)
    log = logging.getLogger("dreamstream.video")
    try:
        raise OSError("cannot open rtmp://host/app/live_1_long")
    except OSError:
        log.exception("Failed for %s", "rtmp://host/app/live_1")
    assert "live_1" not in lines.getvalue()
    assert "_long" not in lines.getvalue()
    assert lines.getvalue().count(redaction.HIDDEN) == 3  # message, source line, exception
