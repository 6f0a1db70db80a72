"""The control room's side of the show: everything that it sees beyond the public status, and everything it can do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dreamstream.chat.bot import Bot
from dreamstream.core.errors import UserError
from dreamstream.outputs import address
from dreamstream.outputs.manager import Sinks
from dreamstream.show.dream_thread import DreamThread
from dreamstream.support.logs import RecentErrors

# Whom the picture's title names when the control room asked.
HOUSE = "the house"


class ControlRoom:
    """Meets the web's ControlView; `state` and `act` are called in the event loop that owns the queue.

    preset: the look now. card: the dreamer's card, None until it is there. recordings: the folder that "record" writes
    into. on_secret: is told addresses that hold stream keys, before anything can log them.
    """

    def __init__(
        self,
        bot: Bot,
        dreams: DreamThread,
        sinks: Sinks,
        mishaps: RecentErrors,
        recordings: Path,
        preset: Callable[[], str],
        card: Callable[[], Any],
        on_secret: Callable[[str], None],
    ) -> None:
        self._bot, self._dreams, self._sinks, self._mishaps = bot, dreams, sinks, mishaps
        self._recordings, self._preset, self._card = recordings, preset, card
        self._on_secret = on_secret
        self._do: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            "set": self._set,
            "ask": self._ask,
            "move": self._move,
        }
        # Connecting and closing may take seconds, so they are done beside the event loop.
        self._do_aside: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            "start": self._start,
            "stop": self._stop,
            "stream": self._stream,
            "record": self._record,
        }
        self._names = {"remove": "id", "block": "name", "unblock": "name", "limit": "count", "hold": "seconds"}
        self._names |= {"preset": "name"}

    def state(self) -> dict[str, Any]:
        """What only the control room sees, ready for JSON."""
        queue, card = self._bot.queue, self._card()
        return {
            "paused": queue.paused,
            "hold": queue.pace.hold,
            "limit": queue.limit_per_viewer,
            "controls": [self._control(each) for each in self._controls()],
            "preset": self._preset(),
            "presets": list(card.presets) if card else [self._preset()],
            "outputs": [self._sinks.get(name) for name in self._sinks.names],
            "blocked": self._bot.blocked,
            "chat": dict(self._bot.counts),
            "errors": self._mishaps.recent(),
        }

    async def act(self, action: str, arguments: Mapping[str, Any]) -> str:
        """Do one of web/actions.py, with checked arguments; a short answer. Raises UserError for what cannot be."""
        if aside := self._do_aside.get(action):
            return await asyncio.to_thread(aside, arguments)
        if do := self._do.get(action):
            return do(arguments)
        name = self._names.get(action)
        value = arguments[name] if name else ""
        return self._bot.order(action, f"{value:g}" if isinstance(value, float) else str(value))

    def _controls(self) -> Sequence[Any]:
        card = self._card()
        return card.controls if card else ()

    def _control(self, each: Any) -> dict[str, Any]:
        value = self._dreams.controls.get(each.name, each.default)
        shown = {"name": each.name, "value": value, "unit": each.unit, "low": each.low, "high": each.high}
        return {**shown, "default": each.default, "help": each.help}

    def _set(self, arguments: Mapping[str, Any]) -> str:
        name, value = arguments["name"], arguments["value"]
        control = next((each for each in self._controls() if each.name == name), None)
        if control is None:
            known = ", ".join(each.name for each in self._controls()) or "none yet: the dreamer is starting"
            raise UserError(f"There is no control {name!r}; there are {known}.")
        if not control.low <= value <= control.high:
            raise UserError(f"{name} must be a number from {control.low:g} to {control.high:g}.")
        self._dreams.set(name, value)
        return f"{name} is {value:g} now."

    def _ask(self, arguments: Mapping[str, Any]) -> str:
        accepted, text = self._bot.ask_first(arguments["text"], HOUSE)
        if not accepted:
            raise UserError(text)
        return text

    def _move(self, arguments: Mapping[str, Any]) -> str:
        request = self._bot.queue.promote(arguments["id"], arguments["place"])
        if request is None:
            raise UserError("That request is not waiting any more.")
        self._bot.changed()
        return f"{request.programme.title()} was moved."

    def _start(self, arguments: Mapping[str, Any]) -> str:
        self._sinks.start(arguments["name"])
        return f"{arguments['name']} is starting."

    def _stop(self, arguments: Mapping[str, Any]) -> str:
        self._sinks.stop(arguments["name"])
        return f"{arguments['name']} has stopped."

    def _stream(self, arguments: Mapping[str, Any]) -> str:
        url = address.check(arguments["url"])
        self._on_secret(url)
        return f"{self._sinks.add(url)} is starting."

    def _record(self, arguments: Mapping[str, Any]) -> str:
        try:
            self._recordings.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self._recordings} cannot be written ({error.strerror}).") from None
        path = self._recordings / time.strftime("dream-%Y%m%d-%H%M%S.mkv")
        self._sinks.add(f"recording:{path}")
        return f"Recording to {path}."
