"""What can be known of the ascent dreamer before it is opened: its card, and what it refuses. No JAX."""

from __future__ import annotations

from collections.abc import Iterable

from dreamstream.core.arguments import LARGEST, SMALLEST
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.errors import UsageError
from dreamstream.core.names import meant
from dreamstream.dreamers.ascent.presets import PRESETS, Preset
from dreamstream.networks.vgg.preprocessing import BUILTIN, Preprocessing

NAME = "ascent"
KINDS = ("class", "layer", "channel", "picture", "guide")
# The look that suits a network: one that was trained on drawings, one that was trained on photographs, and such a one
# whose head knows what is typical of its classes.
ON_DRAWINGS, ON_PHOTOGRAPHS, TYPICAL = "gouache", "deep", "likeness"
STEPS = "steps"  # what its dreams' cost is counted in


def card_of(model: str, words: Iterable[Word], preset: Preset, preset_name: str = "") -> Card:
    """The card of a dreamer with this model and look."""
    controls, presets = controls_of(preset), tuple(PRESETS)
    return Card(
        NAME,
        tuple(words),
        KINDS,
        controls,
        presets,
        preset_name,
        cost=(STEPS,),
        model=model,
        finish=preset.finish,
        octaves=preset.octaves,
    )


def preset_named(name: str, preprocessing: Preprocessing, typical: bool = False) -> tuple[str, Preset]:
    """A look with its name; "auto" is the one that suits a network with this preprocessing.

    typical: whether its head knows what is typical of its classes. Raises UsageError for a name that no look has.
    """
    if name == "auto":
        name = ON_DRAWINGS if preprocessing == BUILTIN else TYPICAL if typical else ON_PHOTOGRAPHS
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}; {meant(name, PRESETS)}")
    return name, PRESETS[name]


def check_size(size: tuple[int, int]) -> None:
    """Raise UsageError unless a canvas (width, height) can be dreamed on: even sides of SMALLEST to LARGEST pixels."""
    width, height = size
    if width % 2 or height % 2 or not all(SMALLEST <= side <= LARGEST for side in size):
        raise UsageError(
            f"A canvas of {width}x{height} is not possible: sides must be even, {SMALLEST} to {LARGEST} pixels."
        )


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
