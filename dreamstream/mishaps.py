"""The warnings and errors of the last hour, for the control room: what the log said, bounded and without secrets."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from dreamstream.logs import redact

HOUR = 3600.0
MOST = 100


class Mishaps(logging.Handler):
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
            kept = [entry for entry in self._kept if now - entry[0] < HOUR]
        finally:
            self.release()
        return [
            {"age": now - when, "level": level, "text": text, "count": count}
            for when, level, text, count in reversed(kept)
        ]

    def __enter__(self) -> Mishaps:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
