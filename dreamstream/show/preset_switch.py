"""Another preset for a dreamer at work: made and compiled in a thread beside it, so that the picture never waits."""

from __future__ import annotations

import logging
import threading
from typing import Generic, TypeVar

from dreamstream.core.dreamer import Dreamer
from dreamstream.support import machine

log = logging.getLogger(__name__)

D = TypeVar("D", bound=Dreamer)


class PresetSwitch(Generic[D]):
    """Makes the dreamer of the preset wanted last, one at a time.

    `want` may be called from any thread; `fresh` is called by the dreamer's thread, between two dreams.
    preset: the one last changed to, "" for the one at the start.
    """

    def __init__(self) -> None:
        self.preset = ""
        self._guard = threading.Lock()
        self._wanted = ""
        self._ready: tuple[str, D | None] | None = None
        self._maker: threading.Thread | None = None
        self._closed = False

    def want(self, preset: str) -> None:
        """Ask for a preset; one that was asked for before and is not there yet is forgotten."""
        with self._guard:
            self._wanted = preset

    def close(self) -> None:
        """Begin nothing any more."""
        self._closed = True

    def fresh(self, dreamer: D) -> D | None:
        """The dreamer that is to take over from this one, once it is ready; None for as long as none is."""
        with self._guard:
            if self._ready is not None:
                preset, ready = self._ready
                self._ready = None
                if preset == self._wanted and ready is not None:
                    self._wanted, self.preset = "", preset
                    return ready
                if preset == self._wanted:  # it could not be made, and would not be the next time
                    self._wanted = ""
            if self._wanted and not self._closed and (self._maker is None or not self._maker.is_alive()):
                # Daemon: compiling cannot be interrupted, and must not keep the process from ending.
                arguments = (dreamer, self._wanted)
                self._maker = threading.Thread(target=self._make, args=arguments, name="preset", daemon=True)
                self._maker.start()
        return None

    def _make(self, dreamer: D, preset: str) -> None:
        ready: D | None = None
        try:
            ready = dreamer.with_preset(preset)
            ready.prepare()
        except Exception as error:
            ready = None
            log.error("The look %s cannot be used (%s: %s); the old one stays.", preset, type(error).__name__, error)
        machine.give_back_memory()
        with self._guard:
            self._ready = preset, ready
