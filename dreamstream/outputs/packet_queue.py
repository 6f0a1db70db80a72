"""A bounded queue of packets between the frame thread and a sink's own thread."""

from __future__ import annotations

import threading
from collections import deque

from dreamstream.core.packet import AUDIO, Packet


class PacketQueue:
    """Never blocks the one who puts; when it is full everything in it is dropped, up to the next key frame.

    A stream with a hole in it up to a key frame decodes; one with any other hole does not.

    max_bytes: how much may wait (one packet may, whatever its size). max_packets: how many may.
    """

    def __init__(self, max_bytes: int, max_packets: int = 2000) -> None:
        self._max_bytes, self._max_packets = max_bytes, max_packets
        self._packets: deque[Packet] = deque()
        self._bytes = 0
        self._waiting = True
        self._open = True
        self._changed = threading.Condition()
        self.dropped = 0

    def put(self, packet: Packet) -> bool:
        """Add one packet; returns False when it was dropped (no key frame yet, full, or closed)."""
        with self._changed:
            if not self._open:
                return False
            if self._waiting and (packet.kind == AUDIO or not packet.keyframe):
                self.dropped += 1
                return False
            full = self._bytes + len(packet.data) > self._max_bytes or len(self._packets) >= self._max_packets
            if full and self._packets:
                self.dropped += len(self._packets)
                self._packets.clear()
                self._bytes = 0
                # A key frame may itself be the fresh start.
                self._waiting = packet.kind == AUDIO or not packet.keyframe
                if self._waiting:
                    self.dropped += 1
                    return False
            self._waiting = False
            self._packets.append(packet)
            self._bytes += len(packet.data)
            self._changed.notify()
            return True

    def take(self) -> list[Packet]:
        """Everything that waits, at once; empty when nothing does."""
        with self._changed:
            return self._take()

    def wait(self, timeout: float) -> list[Packet]:
        """Everything that waits, after at most `timeout` seconds for the first packet; empty then, or when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._packets or not self._open, timeout)
            return self._take()

    def miss(self) -> None:
        """Count one packet that was not even offered, since nobody could take it."""
        with self._changed:
            self.dropped += 1

    def restart(self) -> None:
        """Forget what waits and begin anew at the next key frame."""
        with self._changed:
            self.dropped += len(self._packets)
            self._packets.clear()
            self._bytes = 0
            self._waiting = True

    def close(self) -> None:
        """Take no more packets; what waits can still be taken."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether no more packets are taken."""
        return not self._open

    def _take(self) -> list[Packet]:
        packets = list(self._packets)
        self._packets.clear()
        self._bytes = 0
        return packets
