"""The packet hub: every packet goes to every sink, and no sink can hold up or break another.

A sink: attached -> (every packet, in order) -> detached, by name or because it raised; then it is closed, once.
Invariants: `publish` takes no lock, waits for nobody, and sees a set of sinks that was whole at one moment; a sink is
attached once; a sink that raises is away before the next packet, and the others had theirs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dreamstream.core.packet import Packet, Sink

log = logging.getLogger(__name__)


class PacketHub:
    """Hands each packet to all attached sinks.

    on_join: called when a sink is attached; ask the encoder for a key frame there, so that the newcomer starts at once.
    """

    def __init__(self, on_join: Callable[[], None] | None = None) -> None:
        self._on_join = on_join
        self._lock = threading.Lock()
        # Replaced, never changed in place, so that publish() reads it without the lock.
        self._sinks: tuple[Sink, ...] = ()

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The sinks attached now."""
        return self._sinks

    def attach(self, sink: Sink) -> None:
        """Add a sink; attaching one twice changes nothing."""
        with self._lock:
            if any(known is sink for known in self._sinks):
                return
            self._sinks = (*self._sinks, sink)
        if self._on_join is not None:
            self._on_join()

    def detach(self, sink: Sink) -> bool:
        """Take a sink off without closing it; returns whether it was attached."""
        with self._lock:
            before = len(self._sinks)
            self._sinks = tuple(known for known in self._sinks if known is not sink)
            return len(self._sinks) < before

    def publish(self, packet: Packet) -> None:
        """Offer one packet to every sink, in the order of attaching. A sink that raises is detached and reported."""
        for sink in self._sinks:
            try:
                sink.put(packet)
            except Exception as error:
                # Only the kind of error: its text may carry an address with a stream key.
                if self.detach(sink):
                    log.error("The output %r failed (%s) and was taken off.", sink.name, type(error).__name__)

    def close(self, timeout: float = 5.0) -> None:
        """Detach and close all sinks, each within its share of `timeout` seconds, all at once."""
        with self._lock:
            sinks, self._sinks = self._sinks, ()
        closers = [threading.Thread(target=_close, args=(sink, timeout), daemon=True) for sink in sinks]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join(timeout + 1.0)


def _close(sink: Sink, timeout: float) -> None:
    try:
        sink.close(timeout)
    except Exception as error:
        log.error("The output %r did not close cleanly (%s).", sink.name, type(error).__name__)
