"""Log lines: their form, and that a secret never shows."""

from __future__ import annotations

import io
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.support import logs, redaction


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where lines are written, with logging put back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield io.StringIO()
    for handler in root.handlers:
        if handler not in before:
            handler.close()
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


def test_a_log_file_is_bounded_dated_and_holds_no_secret(
    lines: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weeks of lines take a few files, the newest of them complete; lines go to the terminal, too."""
    monkeypatch.setattr(logs, "MOST_BYTES", 5000)
    path = tmp_path / "logs" / "show.log"
    logs.setup("main", ["hunter2"], stream=lines, file=path)
    log = logging.getLogger("dreamstream.show")
    for number in range(2000):
        log.info("line %d to rtmp://host/app/hunter2", number)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["show.log", *(f"show.log.{n}" for n in range(1, 5))]
    assert sum(file.stat().st_size for file in files) <= 5 * 5000
    written = "".join(file.read_text() for file in files)
    assert "hunter2" not in written
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d main: line ", written)
    assert "line 1999" in path.read_text().splitlines()[-1]
    assert lines.getvalue().count("\n") == 2000


def test_a_log_file_taken_away_is_begun_anew(
    lines: io.StringIO, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file moved away gets a successor; while its folder is gone lines are lost there, without a word of Python."""
    path = tmp_path / "logs" / "show.log"
    logs.setup("main", stream=lines, file=path)
    log = logging.getLogger("dreamstream.show")
    log.info("one")
    path.rename(tmp_path / "moved.log")
    log.info("two")
    assert path.read_text().endswith("main: two\n")
    shutil.rmtree(path.parent)
    log.info("three")
    path.parent.mkdir()
    log.info("four")
    assert path.read_text().endswith("main: four\n")
    assert [line[15:] for line in lines.getvalue().splitlines()] == ["one", "two", "three", "four"]
    assert not capsys.readouterr().err


def test_a_log_file_that_cannot_be_is_said(lines: io.StringIO, tmp_path: Path) -> None:
    """Before anything starts, in a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"The log file .*show\.log cannot be written"):
        logs.setup("main", stream=lines, file=tmp_path / "file" / "show.log")
    with pytest.raises(UserError, match="Is a directory"):
        logs.setup("main", stream=lines, file=tmp_path)
