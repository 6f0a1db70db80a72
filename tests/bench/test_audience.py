"""The bench's cheap viewer: counts frames however they are cut, and answers pings."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from dreamstream.bench.audience import Viewer


def frame(kind: int, size: int, fill: bytes = b"x") -> bytes:
    """A server's websocket frame."""
    head = bytes([0x80 | kind])
    if size < 126:
        head += bytes([size])
    elif size < 1 << 16:
        head += bytes([126]) + size.to_bytes(2, "big")
    else:
        head += bytes([127]) + size.to_bytes(8, "big")
    return head + fill * size


@pytest.fixture
def pair() -> Iterator[tuple[Viewer, socket.socket]]:
    """A viewer, and the server's end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def serve() -> None:
            peer, _ = listener.accept()
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            accepted.append(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        viewer = Viewer(listener.getsockname())
        thread.join(10)
        (peer,) = accepted
        yield viewer, peer
        viewer.socket.close()
        peer.close()


@pytest.mark.parametrize("cut", [1, 7, 4096, 1 << 20])
def test_frames_are_counted_however_they_are_cut(pair: tuple[Viewer, socket.socket], cut: int) -> None:
    """One text, the initialisation segment, then frames of every size of header."""
    viewer, _ = pair
    data = frame(1, 80) + frame(2, 700) + b"".join(frame(2, size) for size in (5, 125, 126, 65535, 65536, 0, 1))
    for place in range(0, len(data), cut):
        viewer._count(data[place : place + cut])
    assert viewer.joined is not None
    # The first frame tells when it joined; the others are counted.
    assert viewer.frames == 6


def test_pings_are_answered(pair: tuple[Viewer, socket.socket]) -> None:
    """With a masked pong of the same payload, also when the ping comes in pieces between two frames."""
    viewer, peer = pair
    data = frame(2, 10) + frame(9, 4, b"p") + frame(2, 10)
    for place in range(len(data)):
        viewer._count(data[place : place + 1])
    assert peer.recv(100) == b"\x8a\x84\0\0\0\0pppp"
