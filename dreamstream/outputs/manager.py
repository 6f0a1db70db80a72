"""The outputs of a show by name: added, started, stopped and taken away while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dreamstream.core.errors import UserError
from dreamstream.core.packet import Sink
from dreamstream.outputs.factory import Output, parse_output
from dreamstream.outputs.hub import PacketHub
from dreamstream.outputs.status import CLOSED, FAILED, STOPPED, SinkStatus

# More outputs than this are a mistake or a mischief.
MOST = 16

MakeSink = Callable[[Output, str], Sink]


@dataclass
class _Entry:
    """One output; `sink` is None while it is stopped, and `last` is then what it said at the end."""

    output: Output
    sink: Sink | None = None
    last: dict[str, object] = field(default_factory=dict)
    busy: threading.Lock = field(default_factory=threading.Lock)


class Sinks:
    """Owns the outputs that a person names; all methods may be called from any thread, and states() never waits.

    hub: what the sinks are attached to. make: opens the sink of an output, such as `open_sink` for one show.
    A name is unique; without one given it is the host or file, with a number where that is taken.
    """

    def __init__(self, hub: PacketHub, make: MakeSink) -> None:
        self._hub, self._make = hub, make
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._closed = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all outputs, in the order of adding."""
        return tuple(self._entries)

    def add(self, address: str, name: str | None = None, *, start: bool = True) -> str:
        """Add an output and start it; returns its name. For addresses see `parse_output`.

        Raises UserError, in which no stream key stands, when the address means nothing, the name is taken, there are
        too many, or the sink cannot be opened; it is not added then.
        """
        output = parse_output(address)
        with self._lock:
            if name is not None and (name in self._entries or not name.strip()):
                raise UserError(f"There is already an output called {name!r}." if name.strip() else "It needs a name.")
            self._check_room()
            name = name or self._free(output.name)
            for finished in [each for each, entry in self._entries.items() if self._finished(entry)][:-MOST]:
                del self._entries[finished]
            status = SinkStatus(name, output.kind, output.shown)
            self._entries[name] = _Entry(output, last=status.show(0))
        try:
            if start:
                self.start(name)
            else:
                self._entries[name].last |= {"state": STOPPED, "detail": "not started yet"}
        except BaseException:
            with self._lock:
                self._entries.pop(name, None)
            raise
        return name

    def start(self, name: str) -> None:
        """Start a stopped output; a running one goes on. Raises UserError when there is none or it cannot be opened."""
        entry = self._entry(name)
        with entry.busy:
            if entry.sink is not None and entry.sink in self._hub.sinks:
                return
            if self._closed or self._entries.get(name) is not entry:
                raise UserError(f"The output {name!r} cannot be started any more.")
            if self._finished(entry):
                self._check_room()
            entry.sink = self._make(entry.output, name)
            self._hub.attach(entry.sink)

    def stop(self, name: str, timeout: float = 5.0) -> None:
        """Stop an output properly (files ended, server told) within `timeout` seconds; it can be started again.

        Raises UserError when there is no such output.
        """
        entry = self._entry(name)
        with entry.busy:
            sink, entry.sink = entry.sink, None
            if sink is None:
                return
            self._hub.detach(sink)
            sink.close(timeout)
            entry.last = {**sink.state(), "state": STOPPED}

    def remove(self, name: str, timeout: float = 5.0) -> None:
        """Stop an output and forget it. Raises UserError when there is no such output."""
        self.stop(name, timeout)
        with self._lock:
            self._entries.pop(name, None)

    def forget(self, name: str) -> None:
        """Take an output that has ended off the list. Raises UserError when there is none, or it still works."""
        if self._state(self._entry(name))["state"] not in (STOPPED, CLOSED, FAILED):
            raise UserError(f"The output {name!r} still works; stop it first.")
        self.remove(name)

    def get(self, name: str) -> dict[str, object]:
        """What one output says about itself. Raises UserError when there is no such output."""
        return self._state(self._entry(name))

    def states(self) -> list[dict[str, object]]:
        """What every sink of the hub and every stopped output says about itself, for the page and for metrics."""
        entries = tuple(self._entries.values())
        own = [entry.sink for entry in entries]
        others = [sink.state() for sink in self._hub.sinks if sink not in own]
        return others + [self._state(entry) for entry in entries]

    def close(self, timeout: float = 5.0) -> None:
        """Close every sink of the hub, all at once, within `timeout` seconds; none can be started afterwards."""
        self._closed = True
        self._hub.close(timeout)

    def _check_room(self) -> None:
        """Raises UserError when there are too many outputs; finished recordings do not count."""
        if sum(not self._finished(entry) for entry in tuple(self._entries.values())) >= MOST:
            raise UserError(f"There are {MOST} outputs already; remove one first.")

    def _finished(self, entry: _Entry) -> bool:
        return entry.output.kind == "recording" and self._state(entry)["state"] in (STOPPED, CLOSED)

    def _state(self, entry: _Entry) -> dict[str, object]:
        sink = entry.sink
        if sink is None:
            return dict(entry.last)
        state = sink.state()
        taken_off = sink not in self._hub.sinks and not self._closed and not entry.busy.locked()
        if taken_off and state["state"] != "closed":
            return {**state, "state": FAILED, "detail": "it broke down and was taken off; start it again"}
        return state

    def _entry(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            there = f"there are {', '.join(self._entries)}" if self._entries else "there is none"
            raise UserError(f"There is no output {name!r}; {there}.")
        return entry

    def _free(self, name: str) -> str:
        """The name, or the name with the first number that makes it new."""
        number, free = 2, name
        while free in self._entries:
            free, number = f"{name}-{number}", number + 1
        return free
