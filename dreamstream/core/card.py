"""What a dreamer tells the world about itself: its words, and what may be turned while it runs. No JAX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """Something that a person may turn while the show runs: name, unit, range, default, and one line of help."""

    name: str
    unit: str
    low: float
    high: float
    default: float
    help: str


@dataclass(frozen=True)
class Card:
    """What a dreamer is: the model's name, the words that it knows (in the model's order), its controls, its looks."""

    model: str
    classes: tuple[str, ...]
    controls: tuple[Control, ...]
    presets: tuple[str, ...] = ()
