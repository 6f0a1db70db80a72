"""Log lines: plain, short, with the show's channel, and never with a secret; to a file they are bounded."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from dreamstream.core.errors import UserError
from dreamstream.support.redaction import redact

# A log file has at most so many bytes, and so many older ones stay: 40 MB in all, months of a quiet show.
MOST_BYTES, OLD_FILES = 8 << 20, 4


class _Plain(logging.Formatter):
    """`12:34:56 main: The page is at ...`, with secrets replaced in message and traceback."""

    def __init__(self, channel: str, secrets: Iterable[str], time_format: str = "%H:%M:%S") -> None:
        super().__init__(f"%(asctime)s {channel}: %(message)s", time_format)
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), self._secrets)


class _LogFile(RotatingFileHandler):
    """A file with a bound; a full disk or a folder taken away costs lines, never the show."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=OLD_FILES, encoding="utf-8", errors="replace")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, into a new file where somebody moved the old one away."""
        if self.stream is not None and not Path(self.baseFilename).exists():
            self.stream.close()
            self.stream = None
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the name is logging's
        """Lose the line: the other handlers have it, and a traceback for each would be a flood."""


def setup(
    channel: str,
    secrets: Iterable[str] = (),
    *,
    verbose: bool = False,
    stream: TextIO | None = None,
    file: Path | None = None,
) -> None:
    """Send all log lines to `stream` (default stderr) in our format; libraries' lines only from WARNING on.

    file: also written to, with dates; at MOST_BYTES another is begun, and OLD_FILES older ones stay beside it.
    Raises UserError when it cannot be written.
    """
    secrets = tuple(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Plain(channel, secrets))
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, _LogFile):
            old.close()
    root.handlers[:] = [handler]
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file_log = _LogFile(file)
        except OSError as error:
            raise UserError(f"The log file {file} cannot be written: {error.strerror or error}.") from None
        file_log.setFormatter(_Plain(channel, secrets, "%Y-%m-%d %H:%M:%S"))
        root.addHandler(file_log)
    root.setLevel(logging.WARNING)
    logging.getLogger("dreamstream").setLevel(logging.DEBUG if verbose else logging.INFO)


HOUR = 3600.0
MOST = 100


class RecentErrors(logging.Handler):
    """Remembers log records from WARNING on. The same line again is counted, not kept twice.

    clock: monotonic seconds. Use as a context manager: it hears the root logger while entered.
    """

    def __init__(self, secrets: tuple[str, ...] = (), clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._secrets, self._clock = secrets, clock
        self._kept: deque[tuple[float, str, str, int]] = deque(maxlen=MOST)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record's message, without its traceback."""
        text = redact(record.getMessage(), self._secrets)[:300]
        now = self._clock()
        again = next((kept for kept in self._kept if kept[2] == text and now - kept[0] < HOUR), None)
        if again:
            self._kept.remove(again)
        self._kept.append((now, record.levelname.lower(), text, again[3] + 1 if again else 1))

    def recent(self) -> list[dict[str, object]]:
        """Those of the last hour, newest first: {"age", "level", "text", "count"}."""
        now = self._clock()
        self.acquire()  # records come from every thread
        try:
            last_hour = [entry for entry in self._kept if now - entry[0] < HOUR]
        finally:
            self.release()
        return [
            {"age": now - when, "level": level, "text": text, "count": count}
            for when, level, text, count in reversed(last_hour)
        ]

    def __enter__(self) -> RecentErrors:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
