"""Looks by name: everything about a dream but its words, size and seed. Plain data, no JAX.

`dreamstream render "volcano" --preset NAME -o volcano.mp4` shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from dreamstream.core.camera import Motion
from dreamstream.core.card import Finishing
from dreamstream.core.programme import Wish
from dreamstream.dreamers.ascent.anchors import AnchorRules

Optimiser = Literal["momentum", "adam 2015"]

# Share of the way to mid-grey that each channel's mean is moved per step: nothing in the objective holds a picture's
# mean, and over hours of dreaming it would wander off to darkness or a single hue.
BALANCE = 0.004


@dataclass(frozen=True)
class Mixture:
    """Weights of the parts of an objective; a part of weight 0 is not compiled and costs nothing.

    prior: its usual strength, the one that `Target` carries until a person changes it.

    margin: share of the logit margin in objects. sure: share of a window's weight where the network is sure already
    (see `objective.objects`). others: how much of the mean of all logits is taken off in texture and focus. rivals: how
    much of the logsumexp of all classes that are not wanted is taken off there as well: what tells a thing from what is
    like it. likeness: how much, for these two, all that each of the five blocks finds shall be as on photographs of
    what is wanted (see `objective.likeness`); () leaves it out. jitter: how far each look at the whole canvas is
    turned, scaled and moved (see `windows.views`). pools: the canvas is mean-pooled by each of these for texture and
    focus. temperature: of the softmax over positions, in logits, for focus. windows: how many objects one step looks
    at. mirrored: the share of these looks that are mirrored, left for right, which makes faces even. colourless: the
    share of them that see no colour, so that form must tell. features: of layers, channels and pictures, for which the
    canvas is mean-pooled by feature_pools. dense: evaluate the prior on all patches, at 64 times the work.
    """

    objects: float = 1.0
    texture: float = 0.3
    focus: float = 0.0
    prior: float = 1.5
    margin: float = 0.15
    sure: float = 1.0
    others: float = 1.0
    rivals: float = 0.0
    likeness: tuple[float, ...] = ()
    jitter: float = 0.0
    pools: tuple[int, ...] = (3,)
    temperature: float = 1.0
    windows: int = 6
    mirrored: float = 0.0
    colourless: float = 0.0
    features: float = 1.0
    feature_pools: tuple[int, ...] = (1, 2)
    dense: bool = False


@dataclass(frozen=True)
class Ground:
    """A look's ground.

    share: of the way that the ground goes to the backdrop with the steps of a usual dream. light: Lab lightness away
    from the pool of light and in it, 0 to 100. chroma: Lab chroma in the pool. hue: degrees in Lab, or None for what
    lies across from the things. spread: radians between the backdrop's two hues. apart: by how much lightness at most
    it goes darker than it is where the things are light, and lighter where they are dark.
    """

    share: float = 0.3
    light: tuple[float, float] = (20.0, 46.0)
    chroma: float = 26.0
    hue: float | None = None
    spread: float = 1.1
    apart: float = 0.0


@dataclass(frozen=True)
class Preset:
    """A look.

    mixture: what is raised. habits: how objects live. motion: the camera's. optimiser: "momentum" (RMS-normalised,
    carried through the warp) or "adam 2015" (begun anew whenever the camera has moved). step: of the optimiser: RMS
    change, or Adam's rate, of a pixel per ascent step, in the range 0 to 1. momentum: of the former; steady: see
    `momentum_ascent`. steps: how many make a dream by default. balance: share of the way to mid-grey that the mean
    colour is moved per step. always: wishes (of other kinds than classes) that are added to every programme.
    published: use the prior in the form of the 2015 stream (see `Prior.published`). contrast: where it is not 0, the
    canvas is climbed on as a code of this contrast (see canvas.py), and steps are of the code. colourful: how strong
    the colours of that are. power: of `filter_spectrum`. ground: what lies between the things; None leaves it to the
    ascent. finish: what suits the look; fine texture is left plain. octaves: see `Card.octaves`.
    """

    mixture: Mixture = field(default_factory=Mixture)
    habits: AnchorRules = field(default_factory=AnchorRules)
    motion: Motion = field(default_factory=Motion)
    optimiser: Optimiser = "momentum"
    step: float = 0.012
    momentum: float = 0.6
    steady: bool = False
    steps: int = 4
    balance: float = BALANCE
    always: tuple[Wish, ...] = ()
    published: bool = False
    contrast: float = 0.0
    colourful: float = 1.0
    power: float = 0.0
    ground: Ground | None = None
    finish: Finishing = "crisp"
    octaves: int = 1

    def __post_init__(self) -> None:
        if any(wish.kind not in ("layer", "channel") for wish in self.always):
            raise ValueError("a look can only always wish for layers and channels")


_THINGS = Preset(
    mixture=Mixture(texture=0.0, margin=0.4, sure=0.7, windows=8, mirrored=0.5, colourless=0.3),
    habits=AnchorRules(count=24, born=(0.20, 0.34), fitting=True),
    step=0.026,
    momentum=0.8,
    power=0.75,
    balance=0.0,
)

# Things told from what is like them, all over the canvas, for networks trained on photographs.
_TOLD = Preset(
    mixture=Mixture(objects=0.0, texture=1.0, others=0.0, rivals=1.0, jitter=1.0, pools=(1, 2), prior=0.0),
    motion=Motion(zoom=1.05),
    step=0.12,
    steady=True,
    steps=8,
    contrast=0.75,
    power=1.25,
    finish="plain",
)

PRESETS: dict[str, Preset] = {
    # dreamstream render owl --preset gouache -o owls.mp4
    # The default: things that a person can name, each at its place on a quiet ground of hues across from theirs.
    "gouache": replace(_THINGS, ground=Ground(light=(24.0, 56.0), chroma=34.0, apart=16.0)),
    # dreamstream render jellyfish --preset night -o jellyfish.mp4
    # The same by night: nearly black, so that the things glow; for a dark room.
    "night": replace(_THINGS, ground=Ground(light=(4.0, 17.0), chroma=15.0)),
    # dreamstream render strawberry --preset paper -o strawberries.mp4
    # Cut out and laid on light paper; for a bright room.
    "paper": replace(_THINGS, ground=Ground(light=(86.0, 96.0), chroma=8.0)),
    # dreamstream render "tropical fish" --preset sea -o fish.mp4
    # Deep water, whatever swims in it, and a slower camera.
    "sea": replace(
        _THINGS,
        motion=Motion(zoom=1.03, rotation=0.4),
        ground=Ground(light=(10.0, 48.0), chroma=36.0, hue=232.0, spread=0.7),
    ),
    # dreamstream render volcano --preset vivid -o volcano.mp4
    # Things without a ground of their own: the network's colours fill all that is between them.
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
        finish="plain",
        octaves=5,
    ),
    # dreamstream render bee --preset woven -o bees.mp4
    # The network looks at the whole canvas at three sizes, and where it sees the thing already, more of it grows.
    "woven": Preset(
        mixture=Mixture(objects=0.0, texture=0.3, focus=1.0, pools=(1, 2, 3), temperature=2.0),
    ),
    # dreamstream render flamingo --model vgg16-features --preset deep -o flamingos.mp4
    # For networks trained on photographs, whose gradient is grain where nothing is done about it: form before detail,
    # natural colours, and each thing told from what is like it.
    "deep": _TOLD,
    # dreamstream render flamingo --model vgg16-features --preset likeness -o flamingos.mp4
    # For heads that know what is typical of their classes: as much of everything as on photographs of the thing, and no
    # more, so that things are whole, and have a ground. Most of what the first block finds, which is colour.
    "likeness": replace(_TOLD, mixture=replace(_TOLD.mixture, likeness=(30.0, 15.0, 10.0, 10.0, 10.0)), power=1.5),
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
        finish="plain",
    ),
}
