"""Looks by name: everything about a dream but its words, size and seed.

`dreamstream render "volcano" --preset NAME -o volcano.mp4` shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dreamstream.dream.anchors import Habits
from dreamstream.dream.camera import Motion
from dreamstream.dream.objective import Mixture


@dataclass(frozen=True)
class Preset:
    """A look. step: RMS change of a pixel per ascent step, in the range 0 to 1; steps: how many make a dream by
    default.
    """

    mixture: Mixture = field(default_factory=Mixture)
    habits: Habits = field(default_factory=Habits)
    motion: Motion = field(default_factory=Motion)
    step: float = 0.012
    momentum: float = 0.6
    steps: int = 4


PRESETS: dict[str, Preset] = {
    # The default: things that a person can name, each at its place.
    "vivid": Preset(
        mixture=Mixture(texture=0.0, windows=8, strays=3),
        habits=Habits(count=13),
    ),
    # Texture behind the things: they run into each other and fill the whole canvas.
    "lush": Preset(),
    # Slower and softer: for a gallery's wall.
    "calm": Preset(
        mixture=Mixture(texture=0.0, prior=3.0, windows=6, strays=2),
        habits=Habits(count=8, born=(0.3, 0.42), largest=0.7),
        motion=Motion(zoom=1.025, rotation=0.12),
        step=0.008,
        momentum=0.75,
    ),
}
