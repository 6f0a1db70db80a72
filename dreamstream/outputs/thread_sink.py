"""What sinks that write in a thread of their own have in common: a bounded queue, a state, and another attempt."""

from __future__ import annotations

import errno
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

import av

from dreamstream.core.packet import Packet
from dreamstream.outputs.packet_queue import PacketQueue
from dreamstream.outputs.status import CLOSED, FAILED, WAITING, SinkStatus
from dreamstream.support.backoff import Backoff

# What a session may raise and another attempt may mend.
Mishap = (OSError, ValueError, av.error.FFmpegError)


class GiveUpError(Exception):
    """No other attempt can help; the text says why, to a person."""


class ThreadSink(ABC):
    """A sink whose thread runs one session after another until it is closed.

    name, kind, shown: see SinkStatus. queue_bytes: how much may wait before it drops to the next key frame.
    The subclass calls `_start` at the end of its own making.
    """

    kind = ""

    def __init__(self, name: str, shown: str, queue_bytes: int, backoff: Backoff | None = None) -> None:
        self.name = name
        self.status = SinkStatus(name, self.kind, shown)
        self.queue = PacketQueue(queue_bytes, max_packets=20_000)
        self._backoff = backoff or Backoff(1.0, 30.0)
        self._stop = threading.Event()
        self._taking = True
        self._thread = threading.Thread(target=self._run, name=f"{self.kind} {name}", daemon=True)

    def put(self, packet: Packet) -> None:
        """Offer one packet; when it cannot be written in time, what waits is dropped up to the next key frame."""
        if self._taking:
            self.queue.put(packet)
        else:
            self.queue.miss()

    def state(self) -> dict[str, object]:
        """The state in the common form, and what the subclass adds."""
        return self.status.show(self.queue.dropped, **self._more())

    def close(self, timeout: float = 5.0) -> None:
        """Write what waits, end properly and join the thread within `timeout` seconds."""
        self._stop.set()
        self.queue.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @abstractmethod
    def _session(self) -> None:
        """Write what comes until the queue is closed and empty. Raises Mishap or GiveUpError."""

    def _more(self) -> dict[str, object]:
        return {}

    def _start(self) -> None:
        self._thread.start()

    def _batches(self, idle: float = 1.0) -> Iterator[list[Packet]]:
        """What waits in the queue, again and again until it is closed; an empty list after `idle` seconds of none."""
        while True:
            packets = self.queue.wait(idle)
            if not packets and self.queue.closed:
                return
            yield packets

    def _run(self) -> None:
        while True:
            began, connections = time.monotonic(), self.status.connections
            try:
                self._session()
                self.status.say(CLOSED, self._farewell())
                return
            except Mishap as error:
                reason = explain(error)
            except GiveUpError as error:
                self._give_up(str(error))
                return
            except Exception as error:
                # Its text may hold anything; its kind says enough for a report.
                self._give_up(f"the output broke down ({type(error).__name__})")
                return
            self._taking = False
            delay = self._backoff.next(time.monotonic() - began if self.status.connections > connections else 0.0)
            self.status.say(WAITING, reason, f"; trying again in {delay:.0f} s")
            if self._stop.wait(delay):
                self.status.say(CLOSED, f"ended while it did not work: {reason}")
                return
            self.queue.restart()
            self._taking = True

    def _farewell(self) -> str:
        return "it has ended"

    def _give_up(self, reason: str) -> None:
        self._taking = False
        self.queue.restart()
        self.status.say(FAILED, f"{reason}. The show goes on")


def explain(error: BaseException) -> str:
    """Why something could not be written, as a person would say it."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if number == errno.EPIPE:
        return "the reader has gone"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
