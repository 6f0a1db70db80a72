"""What moderators turn while the show runs: the dreamer's controls and its look. Called on the loop's thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dreamstream.core.card import Card

# A phrase of the bot's language, and what fills it.
Answer = tuple[str, Mapping[str, object]]


class Controlled(Protocol):
    """What is turned; `DreamThread` is it."""

    def set(self, name: str, value: float) -> None:
        """Set a control from the next dream on."""

    def change_preset(self, preset: str) -> None:
        """Change to another preset as soon as it is ready."""


class ControlCommands:
    """Answers `!zoom 1.1` and `!preset calm`, once there is a dreamer.

    preset: the look that is wanted. card: the dreamer's, None until there is one.
    """

    def __init__(self, dreams: Controlled, preset: str) -> None:
        self._dreams, self.preset = dreams, preset
        self.card: Card | None = None

    def ready(self, card: Card) -> None:
        """Take the card of the dreamer that is at work; may be called from its thread."""
        self.card = card

    def turn(self, name: str, text: str) -> Answer:
        """Do one command; what to say."""
        return self._change_preset(text) if name == "preset" else self._set(name, text)

    def _change_preset(self, text: str) -> Answer:
        preset = text.strip().casefold()
        if self.card is None:
            return "control_none", {}
        if preset not in self.card.presets:
            return "preset_unknown", {"items": ", ".join(self.card.presets)}
        if preset == self.preset:
            return "preset_now", {"name": preset}
        self.preset = preset
        self._dreams.change_preset(preset)
        return "preset_set", {"name": preset}

    def _set(self, name: str, text: str) -> Answer:
        controls = self.card.controls if self.card is not None else ()
        control = next((each for each in controls if each.name == name), None)
        if control is None:
            return "control_none", {}
        try:
            value = control.check(float(text))
        except ValueError:
            return "number", {"low": f"{control.low:g}", "high": f"{control.high:g}"}
        self._dreams.set(name, value)
        return "control_set", {"name": name, "value": f"{value:g}"}
