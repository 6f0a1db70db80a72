"""MPEG-TS to a pipe, a file, standard output or UDP: for other programs on this machine or in this network."""

from __future__ import annotations

import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from dreamstream.core.packet import StreamInfo
from dreamstream.outputs.address import STDOUT, check_mpegts
from dreamstream.outputs.kind import OutputKind
from dreamstream.outputs.mux import Muxer
from dreamstream.outputs.pipes import NonBlockingWriter, open_pipe, take_stdout
from dreamstream.outputs.recorder import claim
from dreamstream.outputs.thread_sink import GiveUpError, Mishap, ThreadSink, explain
from dreamstream.support.backoff import Backoff

# Seven transport packets are what fits into one Ethernet frame.
DATAGRAM = 7 * 188
# So many datagrams go at once; then the receiver's buffer is given a moment.
BURST, PAUSE = 24, 0.002
# A reader that takes nothing for so long, in seconds, is given up.
STALL = 10.0
OPTIONS = {"flush_packets": "1", "mpegts_flags": "resend_headers", "pat_period": "0.5"}


class ByteSink(Protocol):
    """Where the bytes go."""

    def write(self, data: memoryview, /) -> int | None:
        """Take some of it; returns how many bytes. Raises OSError."""

    def close(self) -> None:
        """Let go of it."""


class MpegTsSink(ThreadSink):
    """Sends an MPEG transport stream.

    target: udp://HOST:PORT (also multicast, with ?ttl=N), "-" for standard output, or the path of a named pipe or a
    file; a file that exists already is not overwritten, the next free name is taken.
    A reader that is slow, stalls or goes away costs this sink packets and nothing else; a pipe is opened again, and
    only standard output, which cannot be, is given up. Raises UserError for a target that cannot be.
    """

    kind = "mpegts"
    QUEUE_BYTES = 8 << 20

    def __init__(
        self,
        target: str,
        info: StreamInfo,
        name: str | None = None,
        backoff: Backoff | None = None,
        stall: float = STALL,
    ) -> None:
        self._target, self._info, self._stall = check_mpegts(target), info, stall
        shown = "standard output" if target == STDOUT else target
        self._stdout = take_stdout() if target == STDOUT else None
        super().__init__(name or self.kind, shown, self.QUEUE_BYTES, backoff or Backoff(0.5, 5.0))
        self._start()

    def _session(self) -> None:
        way = self._open()
        try:
            muxer = Muxer(_Counted(way, self.status.sent), self._info, "mpegts", OPTIONS)
            try:
                for packets in self._batches():
                    for packet in packets:
                        if muxer.write(packet) and self.status.state != "live":
                            self.status.connected(f"sending to {self.status.shown}")
            finally:
                muxer.close()
        except Mishap as error:
            if self._stdout is None:
                raise
            raise GiveUpError(f"standard output is of no use any more: {explain(error)}") from None
        finally:
            way.close()

    def _open(self) -> ByteSink:
        if self._stdout is not None:
            return NonBlockingWriter(self._stdout, self._stall, self._stop)
        if "://" in self._target:
            return _Datagrams(self._target, self._stop)
        path = Path(self._target)
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            return NonBlockingWriter(open_pipe(path), self._stall, self._stop)
        return claim(path).open("r+b", buffering=0)


class _Counted:
    """A way whose bytes are counted."""

    def __init__(self, way: ByteSink, count: Callable[[int], None]) -> None:
        self._way, self._count = way, count

    def write(self, data: bytes) -> int:
        view = memoryview(bytes(data))
        while view:
            done = self._way.write(view) or 0
            self._count(done)
            view = view[done:]
        return len(data)


class _Datagrams:
    """Transport packets in datagrams; nobody needs to listen."""

    def __init__(self, target: str, stop: threading.Event) -> None:
        parts = urlsplit(target)
        addresses = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = addresses[0]
        self._address: Any = address
        self._socket = socket.socket(family, kind, protocol)
        self._socket.settimeout(1.0)
        ttl = int(parse_qs(parts.query).get("ttl", ["1"])[0])
        if family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        self._rest = b""
        self._burst = 0
        self._stop = stop

    def write(self, data: memoryview) -> int:
        ready = self._rest + bytes(data)
        whole = len(ready) - len(ready) % 188
        for place in range(0, whole, DATAGRAM):
            self._socket.sendto(ready[place : min(place + DATAGRAM, whole)], self._address)
            self._burst += 1
            if self._burst % BURST == 0 and not self._stop.is_set():
                time.sleep(PAUSE)
        self._rest = ready[whole:]
        return len(data)

    def close(self) -> None:
        self._socket.close()


KIND = OutputKind(
    name="mpegts",
    example="udp://HOST:PORT, mpegts:PIPE",
    open=lambda target, stream, name: MpegTsSink(target, stream.info, name),
    check=check_mpegts,
    schemes=("udp",),
    called=lambda target: "",
)
