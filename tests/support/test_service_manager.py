"""What a service manager hears, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamstream.support.service_manager import ServiceManager

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(0)
        yield sock


def heard(manager: socket.socket) -> list[bytes]:
    """Everything that was said since."""
    found = []
    while True:
        try:
            found.append(manager.recv(100))
        except BlockingIOError:
            return found


def test_ready_alive_and_ending(manager: socket.socket) -> None:
    """Said once each, and alive twice as often as the manager wants to hear it."""
    now = [100.0]
    environ = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    service = ServiceManager(environ, lambda: now[0])
    service.ready()
    for _ in range(61):
        service.alive()
        now[0] += 0.5
    service.ending()
    assert heard(manager) == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_watchdog_of_another_process(manager: socket.socket) -> None:
    """Not ours to feed."""
    environ = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}
    ServiceManager(environ, lambda: 0.0).alive()
    assert heard(manager) == []


def test_nobody_listens(tmp_path: Path) -> None:
    """No manager, or one that has gone: nothing happens."""
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none"), "WATCHDOG_USEC": "nonsense"}):
        service = ServiceManager(environ)
        service.ready()
        service.alive()
        service.ending()


def test_children_do_not_inherit_it(monkeypatch: pytest.MonkeyPatch, manager: socket.socket) -> None:
    """The address is taken out of the environment, and used."""
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    service = ServiceManager()
    assert "NOTIFY_SOCKET" not in os.environ
    service.ready()
    assert heard(manager) == [b"READY=1"]
