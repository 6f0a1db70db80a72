"""Writing to pipes whose reader may be slow, stuck or gone, without ever being stuck oneself."""

from __future__ import annotations

import errno
import os
import select
import sys
import threading
import time
from pathlib import Path

# A pipe that has room at all has room for this much (PIPE_BUF), so that a write of it never waits.
PIECE = 4096
LOOK_EVERY = 0.2
# Seconds that a reader has when the show ends.
LAST_WAIT = 0.5


def open_pipe(path: Path) -> int:
    """A descriptor to write to a named pipe or a device. Raises OSError when nobody reads it."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(f"nobody reads {path.name} yet") from None
        raise


def take_stdout() -> int:
    """Standard output for one's own; what is printed from now on goes to standard error."""
    sys.stdout.flush()
    mine = os.dup(1)
    os.dup2(2, 1)
    return mine


class NonBlockingWriter:
    """Writes to a descriptor in pieces, and only when it takes them.

    stall: after so many seconds in which the reader takes nothing, OSError is raised. stop: ends the waiting, too.
    """

    def __init__(self, descriptor: int, stall: float, stop: threading.Event) -> None:
        self._descriptor, self._stall, self._stop = descriptor, stall, stop
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(descriptor, select.POLLOUT)

    def write(self, data: memoryview) -> int:
        """Write at least one byte; returns how many. Raises OSError when the reader is stuck or gone."""
        began = time.monotonic()
        while self._poll is not None and not self._poll.poll(1000 * LOOK_EVERY):
            waited = time.monotonic() - began
            if waited > (LAST_WAIT if self._stop.is_set() else self._stall):
                raise OSError(f"the reader has taken nothing for {waited:.0f} s")
        return os.write(self._descriptor, data[:PIECE])

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)
