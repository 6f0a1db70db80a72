"""The state of the show as a stream of events: all of it first, then what changes."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import AsyncGenerator, Callable
from typing import Any

from pydantic import BaseModel

VERSION = 1
# Values that move with the clock alone. They are sent with other changes, and by themselves once a second:
# pages count on by themselves in between.
_CLOCKS = frozenset({"since", "left", "eta", "age", "picture_age", "uptime", "seconds"})

log = logging.getLogger(__name__)


class Events:
    """Looks at the show `rate` times a second and tells every listener what changed.

    A listener that fell behind gets the whole state again instead of a queue of changes, so none costs memory.
    """

    def __init__(self, status: Callable[[], BaseModel | dict[str, Any]], rate: float = 4.0) -> None:
        self._status = status
        self._pause = 1 / rate
        self._ticks_per_second = max(1, round(rate))
        self._state: dict[str, Any] = {}
        self._still: Any = None
        self._number = 0
        self._change = ""
        self._changed = asyncio.Condition()
        self._listeners = 0

    async def run(self) -> None:
        """Watch the show until cancelled."""
        tick = 0
        while True:
            await asyncio.sleep(self._pause)
            if not self._listeners:
                continue
            tick += 1
            try:
                changed = self._look(everything=tick % self._ticks_per_second == 0)
            except Exception:
                log.exception("the show's status could not be read")
                continue
            if changed:
                async with self._changed:
                    self._changed.notify_all()

    async def updates(self) -> AsyncGenerator[str, None]:
        """JSON messages for one listener: {"type": "state", "version", "state"}, then {"type": "change", ...}."""
        self._listeners += 1
        try:
            self._look(everything=True)
            number = -1
            while True:
                if number == self._number - 1 and number >= 0:
                    message = self._change
                else:
                    message = _json({"type": "state", "version": VERSION, "state": self._state})
                number = self._number
                yield message
                async with self._changed:
                    while self._number == number:
                        await self._changed.wait()
        finally:
            self._listeners -= 1

    def _look(self, everything: bool) -> bool:
        state = plain(self._status())
        still = _without_clocks(state)
        if still == self._still and not everything:
            return False
        changes = {key: value for key, value in state.items() if self._state.get(key) != value}
        self._state, self._still = state, still
        if not changes:
            return False
        self._number += 1
        self._change = _json({"type": "change", "version": VERSION, "changes": changes})
        return True


def plain(value: Any) -> Any:
    """`value` as JSON can say it: numbers that are not finite become null, floats are cut to a thousandth."""
    if isinstance(value, BaseModel):
        return {name: plain(item) for name, item in value}
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _without_clocks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_clocks(item) for key, item in value.items() if key not in _CLOCKS}
    if isinstance(value, list):
        return [_without_clocks(item) for item in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
