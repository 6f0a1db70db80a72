"""What a control room can do, as one table: the API checks what it gets against it, and its description is made from
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 200


@dataclass(frozen=True)
class Argument:
    """One argument. kind: "text" (1 to `high` characters), "number" or "whole", from `low` to `high`."""

    kind: str
    about: str
    low: float = 1
    high: float = LONGEST

    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        if self.kind == "text":
            return {"type": "string", "minLength": 1, "maxLength": int(self.high)} | self._told()
        kind = "integer" if self.kind == "whole" else "number"
        limits = {"minimum": self.low, "maximum": self.high} if math.isfinite(self.high) else {}
        return {"type": kind, **limits} | self._told()

    def _told(self) -> dict[str, Any]:
        return {"description": self.about}

    def read(self, name: str, value: Any) -> Any:
        """The value, checked. Raises ValueError with a sentence."""
        if self.kind == "text":
            if not isinstance(value, str) or not 1 <= len(value) <= self.high:
                raise ValueError(f"{name} must be a text of 1 to {self.high:g} characters.")
            return value.strip()
        whole = self.kind == "whole"
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or (whole and value != int(value)) or not self.low <= value <= self.high:
            what = "a whole number" if whole else "a number"
            limits = f" from {self.low:g} to {self.high:g}" if math.isfinite(self.high) else ""
            raise ValueError(f"{name} must be {what}{limits}.")
        return int(value) if whole else float(value)


@dataclass(frozen=True)
class Action:
    """One thing to do, with all its arguments."""

    about: str
    arguments: Mapping[str, Argument]

    def schema(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        properties = {name: argument.schema() for name, argument in self.arguments.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def read(self, given: Any) -> dict[str, Any]:
        """The arguments, checked. Raises ValueError with a sentence."""
        if not isinstance(given, dict):
            raise ValueError("Send a JSON object.")
        for name in given:
            if name not in self.arguments:
                raise ValueError(f"There is no argument {str(name)[:40]!r}.")
        missing = next((name for name in self.arguments if name not in given), None)
        if missing is not None:
            raise ValueError(f"{missing} is missing.")
        return {name: argument.read(name, given[name]) for name, argument in self.arguments.items()}


def _action(about: str, **arguments: Argument) -> Action:
    return Action(about, arguments)


_REQUEST = Argument("text", "The request's id, from the queue.")
_OUTPUT = Argument("text", "The output's name, from the list of outputs.", high=100)

ACTIONS: dict[str, Action] = {
    "skip": _action("End what is dreamed now."),
    "pause": _action("Stay at what is dreamed now."),
    "resume": _action("Go on after a pause."),
    "clear": _action("Forget all waiting requests."),
    "ask": _action(
        "Dream something at once, before all others.",
        text=Argument("text", "Like a line of chat without its command: `bee + pizza`."),
    ),
    "move": _action(
        "Put a request at another place of the queue.",
        id=_REQUEST,
        place=Argument("whole", "How many stand before it; 0 is the front.", low=0, high=1000),
    ),
    "remove": _action("Take a request out of the queue.", id=_REQUEST),
    "block": _action(
        "Never listen to a viewer again, or never dream a class.",
        name=Argument("text", "A class, or a viewer's name (with @ where a class has it too).", high=100),
    ),
    "unblock": _action("Undo a block.", name=Argument("text", "What is blocked.", high=100)),
    "limit": _action("How many requests of one viewer may wait.", count=Argument("whole", "Requests.", low=1, high=50)),
    "hold": _action(
        "How long a request is dreamed when others wait.",
        seconds=Argument("number", "Seconds.", low=2, high=3600),
    ),
    "set": _action(
        "Set a control of the dream.",
        name=Argument("text", "The control's name, from the list of controls.", high=40),
        value=Argument("number", "Within the control's range.", low=-math.inf, high=math.inf),
    ),
    "preset": _action("Change the look.", name=Argument("text", "A preset's name.", high=40)),
    "start": _action("Start an output that was stopped.", name=_OUTPUT),
    "stop": _action("Stop an output; the others go on.", name=_OUTPUT),
    "stream": _action(
        "Stream to one more RTMP server, until the show ends.",
        url=Argument("text", "rtmp://HOST/APP/KEY; the key is shown nowhere.", high=500),
    ),
    "record": _action("Begin a recording in the show's folder of recordings."),
}
