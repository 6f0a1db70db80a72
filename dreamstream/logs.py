"""Log lines: plain, short, with the show's channel, and never with a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TextIO

HIDDEN = "•••"


class _Plain(logging.Formatter):
    """`12:34:56 main: The page is at ...`, with secrets replaced in message and traceback."""

    def __init__(self, channel: str, secrets: Iterable[str]) -> None:
        super().__init__(f"%(asctime)s {channel}: %(message)s", "%H:%M:%S")
        # Longest first: a key may hold another one.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line


def setup(channel: str, secrets: Iterable[str] = (), *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send all log lines to `stream` (default stderr) in our format; libraries' lines only from WARNING on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Plain(channel, secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("dreamstream").setLevel(logging.DEBUG if verbose else logging.INFO)
