"""What asks a show to end: Ctrl-C, SIGTERM, a closed terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def ending(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first such signal while the block runs; a second one ends the process at once.

    `stop` runs between two Python instructions of the main thread, so it must only hand the news on. In other threads,
    which cannot catch signals, nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal caught
        if caught:
            os._exit(128 + number)
        caught = True
        stop()

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    # What nohup or a shell's & has told this process to ignore stays ignored.
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
