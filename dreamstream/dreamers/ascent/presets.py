"""Looks by name: everything about a dream but its words, size and seed.

`dreamstream render "volcano" --preset NAME -o volcano.mp4` shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import optax

from dreamstream.core.camera import Motion
from dreamstream.core.card import Control
from dreamstream.core.programme import Wish
from dreamstream.dreamers.ascent.anchors import AnchorRules
from dreamstream.dreamers.ascent.ascent import BALANCE, adam_2015, momentum_ascent
from dreamstream.dreamers.ascent.objective import Mixture

Optimiser = Literal["momentum", "adam 2015"]


@dataclass(frozen=True)
class Preset:
    """A look.

    mixture: what is raised. habits: how objects live. motion: the camera's. optimiser: "momentum" (RMS-normalised,
    carried through the warp) or "adam 2015" (begun anew whenever the camera has moved). step: of the optimiser: RMS
    change, or Adam's rate, of a pixel per ascent step, in the range 0 to 1. momentum: of the former. steps: how many
    make a dream by default. balance: share of the way to mid-grey that the mean colour is moved per step. always:
    wishes (of other kinds than classes) that are added to every programme. published: use the prior in the form of the
    2015 stream (see `Prior.published`).
    """

    mixture: Mixture = field(default_factory=Mixture)
    habits: AnchorRules = field(default_factory=AnchorRules)
    motion: Motion = field(default_factory=Motion)
    optimiser: Optimiser = "momentum"
    step: float = 0.012
    momentum: float = 0.6
    steps: int = 4
    balance: float = BALANCE
    always: tuple[Wish, ...] = ()
    published: bool = False

    def __post_init__(self) -> None:
        if any(wish.kind not in ("layer", "channel") for wish in self.always):
            raise ValueError("a look can only always wish for layers and channels")


def optimiser_of(preset: Preset) -> optax.GradientTransformation:
    """The optimiser that a look asks for."""
    if preset.optimiser == "adam 2015":
        return adam_2015(preset.step)
    return momentum_ascent(preset.step, preset.momentum)


PRESETS: dict[str, Preset] = {
    # dreamstream render volcano --preset vivid -o volcano.mp4
    # The default: things that a person can name, each at its place.
    "vivid": Preset(
        mixture=Mixture(texture=0.0, margin=0.4, windows=8),
        habits=AnchorRules(count=13),
        step=0.02,
    ),
    # dreamstream render strawberry --preset lush -o strawberries.mp4
    # Texture behind the things: they run into each other and fill the whole canvas.
    "lush": Preset(),
    # dreamstream render owl --preset calm -o owls.mp4
    # Slower and softer: for a gallery's wall.
    "calm": Preset(
        mixture=Mixture(texture=0.0, prior=3.0, margin=0.4, windows=6),
        habits=AnchorRules(count=8, born=(0.3, 0.42), largest=0.7),
        motion=Motion(zoom=1.025, rotation=0.12),
        step=0.008,
        momentum=0.75,
    ),
    # dreamstream image photo.jpg -c cat --preset inception -o eyes.png
    # Everything that the network can see at once, among the things asked for: the pictures of "Inceptionism".
    "inception": Preset(
        mixture=Mixture(objects=0.5, texture=0.0, windows=6, features=1.0, feature_pools=(1, 2)),
        always=(Wish("relu4_3", kind="layer"),),
    ),
    # dreamstream render bee --preset woven -o bees.mp4
    # The network looks at the whole canvas at three sizes, and where it sees the thing already, more of it grows.
    "woven": Preset(
        mixture=Mixture(objects=0.0, texture=0.3, focus=1.0, pools=(1, 2, 3), temperature=2.0),
    ),
    # dreamstream render "bee + pizza" --preset 2015 -o bees.mp4
    # The formula of the Twitch stream 317070: ten times the prior at five scales, less the mean logit of one class
    # above and of another below, plus the mean of all logits; ten steps a dream.
    "2015": Preset(
        mixture=Mixture(objects=0.0, texture=2.0, others=0.5, pools=(1,), prior=10.0),
        optimiser="adam 2015",
        step=5 / 255,
        steps=10,
        balance=0.0,
        published=True,
    ),
}


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
