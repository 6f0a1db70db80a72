"""What a service manager is told: that the program is ready, that it is still alive, that it ends.

systemd's protocol: a datagram to the socket that NOTIFY_SOCKET names. Elsewhere nothing is told to anybody.
Source: sd_notify(3) and sd_watchdog_enabled(3).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping


class ServiceManager:
    """The way to whoever started this process as a service, if anybody did.

    Taken out of the environment, so that processes started later do not speak for this one.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        taken = _take() if environ is None else environ
        self._address = taken.get("NOTIFY_SOCKET", "")
        wanted = taken.get("WATCHDOG_USEC", "")
        ours = taken.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        # Twice as often as it is waited for.
        self._every = int(wanted) / 2e6 if wanted.isdecimal() and ours else 0.0
        self._clock, self._due = clock, 0.0

    def ready(self) -> None:
        """It does what it is for, from now on."""
        self._tell("READY=1")

    def alive(self) -> None:
        """It still does; call it as often as you like."""
        if self._every and self._clock() >= self._due:
            self._due = self._clock() + self._every
            self._tell("WATCHDOG=1")

    def ending(self) -> None:
        """It was asked to end, and closes its files."""
        self._tell("STOPPING=1")

    def _tell(self, what: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # A name that begins with @ is in the kernel alone.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto(what.encode(), address)
        except OSError:
            pass  # a manager that does not listen costs nothing


def _take() -> dict[str, str]:
    names = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    return {name: os.environ.pop(name) for name in names if name in os.environ}
