"""What every sink says about itself, in one form: state and since when, reason, counters, and the last mishap."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

STARTING, LIVE, WAITING, FAILED, CLOSED, STOPPED = "starting", "live", "waiting", "failed", "closed", "stopped"
# States that a person should be warned of.
BAD = (WAITING, FAILED)


class SinkStatus:
    """The state of one sink; all methods may be called from any thread.

    name, kind: as in the sink. shown: where it sends, as a person may see it. hide: takes the secrets out of a text;
    everything that comes in passes through it. clock: monotonic seconds. wall: seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        shown: str,
        hide: Callable[[str], str] = lambda text: text,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.kind, self.shown = name, kind, shown
        self._hide, self._clock, self._wall = hide, clock, wall
        self._lock = threading.Lock()
        self._state, self._detail, self._error = STARTING, "", ""
        self._since, self._since_wall = clock(), wall()
        self._bytes = self._connections = self._failures = 0
        self._logged: tuple[str, str] | None = None

    @property
    def state(self) -> str:
        """The state's name."""
        return self._state

    @property
    def connections(self) -> int:
        """How often it became live."""
        return self._connections

    def say(self, state: str, reason: str, then: str = "") -> None:
        """Take on a state; a reason is logged when it is new, not at every attempt of a night without the server.

        then: what follows the reason in the detail, like when it will be tried again; never logged.
        """
        reason = self._hide(reason)
        with self._lock:
            if state != self._state:
                self._since, self._since_wall = self._clock(), self._wall()
            self._state, self._detail = state, reason + then
            if state in BAD:
                self._failures += 1
                self._error = reason
            new = (state, reason) != self._logged
            self._logged = (state, reason)
        if new:
            log.log(logging.WARNING if state in BAD else logging.INFO, "%s: %s", self.name, reason)

    def connected(self, reason: str) -> None:
        """A connection, session or file has begun and works."""
        with self._lock:
            self._connections += 1
        self.say(LIVE, reason)

    def sent(self, count: int) -> None:
        """So many bytes have gone out."""
        self._bytes += count

    def show(self, dropped: int, **more: object) -> dict[str, object]:
        """Everything, ready for JSON. "since" counts seconds since 1970, "seconds" those in the present state.

        "reconnects": how often it became live again. "error": what went wrong last, also when that is over.
        """
        with self._lock:
            return {
                "name": self.name,
                "kind": self.kind,
                "state": self._state,
                "detail": self._detail,
                "url": self.shown,
                "since": round(self._since_wall, 1),
                "seconds": round(self._clock() - self._since, 1),
                "bytes": self._bytes,
                "dropped": dropped,
                "connections": self._connections,
                "reconnects": max(0, self._connections - 1),
                "failures": self._failures,
                "error": self._error,
                **more,
            }
