"""What a dreamer tells the world about itself: its words, and what may be turned while it runs. No JAX."""

from __future__ import annotations

from dataclasses import dataclass

from dreamstream.dream.presets import Preset


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


def controls_of(preset: Preset) -> tuple[Control, ...]:
    """The controls of a look, at the look's own values."""
    motion = preset.motion
    return (
        Control("zoom", "per second", 0.9, 1.3, motion.zoom, "How fast the camera falls in; 1 stands still."),
        Control("rotation", "degrees per second", -20, 20, motion.rotation, "How fast the picture turns."),
        Control("pan_x", "heights per second", -0.3, 0.3, motion.pan_x, "How fast the picture slides to the right."),
        Control("pan_y", "heights per second", -0.3, 0.3, motion.pan_y, "How fast the picture slides down."),
        Control("step", "times", 0.1, 4, 1.0, "How strongly each step changes the picture."),
        Control("prior", "strength", 0, 20, preset.mixture.prior, "How smooth and natural the picture is kept."),
    )
