"""Many viewers of the page's video in one cheap process: they take every byte, and count frames and gaps.

Run as `python -m dreamstream.bench.audience HOST PORT VIEWERS STALLED`; commands come in on its standard input, a line
each ("mark" begins the measurement, "end" prints the figures as JSON and leaves).
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import socket
import sys
import time
from typing import Any

_PATH = "/ws/video"
_TAKE = 1 << 18
# More than this between two frames is seen as a stutter, in seconds.
STUTTER = 0.25


class Viewer:
    """One viewer: joins as a browser would, reads as fast as it can, and parses no more than frame borders.

    joined: seconds from connecting to the first picture, None before. stalled ones stop reading once they have joined.
    """

    def __init__(self, address: tuple[str, int], stalls: bool = False) -> None:
        self.stalls = stalls
        self.joined: float | None = None
        self.frames = self.bytes = self.stutters = 0
        self.closed = False
        self._began = self._last = time.monotonic()
        self._left = 0
        self._head = b""
        self._ping: bytearray | None = None
        self._binaries = 0
        self.socket = socket.create_connection(address, timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        host = f"{address[0]}:{address[1]}"
        self.socket.sendall(
            f"GET {_PATH} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = self.socket.recv(1)
            if not part:
                raise ConnectionError("the show refused a viewer")
            answer += part
        self.socket.setblocking(False)

    def mark(self) -> None:
        """Count from now on."""
        self.frames = self.bytes = self.stutters = 0

    def take(self) -> bool:
        """Read what is there; whether to go on reading."""
        try:
            data = self.socket.recv(_TAKE)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        self.bytes += len(data)
        self._count(data)
        return not (self.stalls and self.joined is not None)

    def _count(self, data: bytes) -> None:
        place, end = 0, len(data)
        while place < end:
            if self._left:
                step = min(self._left, end - place)
                if self._ping is not None:
                    self._ping += data[place : place + step]
                self._left -= step
                place += step
                if self._ping is not None and not self._left:
                    self._answer()
                continue
            self._head += data[place : place + 1]
            place += 1
            size = _size(self._head)
            if size is not None:
                kind = self._head[0] & 15
                if kind in (0, 2):
                    self._frame()
                self._ping = bytearray() if kind == 9 else None
                self._left, self._head = size, b""

    def _answer(self) -> None:
        """Say that we are there; without it the server takes us for gone."""
        payload, self._ping = bytes(self._ping or b""), None
        # A mask of zeros leaves the payload as it is.
        self.socket.sendall(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)

    def _frame(self) -> None:
        self._binaries += 1
        now = time.monotonic()
        if self._binaries == 2:  # the first is the initialisation segment
            self.joined = now - self._began
        elif self._binaries > 2:
            self.frames += 1
            self.stutters += now - self._last > STUTTER
        self._last = now


def _size(head: bytes) -> int | None:
    """The payload's size when the header of a server's frame is complete."""
    if len(head) < 2:
        return None
    short = head[1] & 127
    more = {126: 2, 127: 8}.get(short, 0)
    if len(head) < 2 + more:
        return None
    return int.from_bytes(head[2:], "big") if more else short


def watch(address: tuple[str, int], count: int, stalled: int) -> dict[str, Any]:
    """Join with `count` viewers, of whom `stalled` stop reading; figures from "mark" to "end"."""
    with selectors.DefaultSelector() as selector:
        viewers = []
        selector.register(sys.stdin, selectors.EVENT_READ)
        for number in range(count):
            viewer = Viewer(address, stalls=number < stalled)
            viewers.append(viewer)
            selector.register(viewer.socket, selectors.EVENT_READ, viewer)
            _turn(selector, 0.0)
        print(json.dumps({"joined": count}), flush=True)
        marked = cpu = 0.0
        while True:
            for line in _turn(selector, 1.0):
                if line == "mark":
                    for viewer in viewers:
                        viewer.mark()
                    marked, cpu = time.monotonic(), time.process_time()
                elif line in ("end", ""):
                    passed = time.monotonic() - marked
                    return _figures(viewers, passed, time.process_time() - cpu)


def _turn(selector: selectors.BaseSelector, timeout: float) -> list[str]:
    """Serve who has something to read; the commands that came."""
    commands = []
    for key, _ in selector.select(timeout):
        viewer: Viewer | None = key.data
        if viewer is None:
            commands.append(sys.stdin.readline().strip())
        elif not viewer.take():
            selector.unregister(viewer.socket)
    return commands


def _figures(viewers: list[Viewer], seconds: float, cpu: float) -> dict[str, Any]:
    reading = [viewer for viewer in viewers if not viewer.stalls]
    joins = sorted(viewer.joined for viewer in viewers if viewer.joined is not None)
    rates = sorted(viewer.frames / seconds for viewer in reading)
    return {
        "viewers": len(reading),
        "seconds": seconds,
        "frames_per_second": {"least": rates[0], "median": rates[len(rates) // 2]},
        "stutters": sum(viewer.stutters for viewer in reading),
        "lost": sum(viewer.closed for viewer in reading),
        "join": {"median": joins[len(joins) // 2], "longest": joins[-1]} if joins else None,
        "megabits_per_second": sum(viewer.bytes for viewer in reading) * 8e-6 / seconds,
        "cpu": cpu / seconds,
    }


if __name__ == "__main__":
    print(json.dumps(watch((sys.argv[1], int(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4]))), flush=True)
