"""Log lines: plain, short, with the show's channel, and never with a secret."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Iterable
from typing import TextIO

HIDDEN = "•••"

# Secrets that came up while the program ran, such as tokens that Twitch renews. Logging itself is one for the process,
# so is this; the newest are kept, for old tokens are worth nothing.
_late: deque[str] = deque(maxlen=64)


class _Plain(logging.Formatter):
    """`12:34:56 main: The page is at ...`, with secrets replaced in message and traceback."""

    def __init__(self, channel: str, secrets: Iterable[str]) -> None:
        super().__init__(f"%(asctime)s {channel}: %(message)s", "%H:%M:%S")
        # Longest first: a key may hold another one.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return redact(line, self._secrets)


def hide(*secrets: str) -> None:
    """Keep these out of all log lines from now on, but for what has less than 8 characters and may be a word."""
    for secret in secrets:
        if len(secret) >= 8 and secret not in _late:
            _late.append(secret)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with these secrets, and all that `hide` was told, replaced."""
    for secret in (*secrets, *sorted(_late, key=len, reverse=True)):
        text = text.replace(secret, HIDDEN)
    return text


def setup(channel: str, secrets: Iterable[str] = (), *, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Send all log lines to `stream` (default stderr) in our format; libraries' lines only from WARNING on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Plain(channel, secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("dreamstream").setLevel(logging.DEBUG if verbose else logging.INFO)
