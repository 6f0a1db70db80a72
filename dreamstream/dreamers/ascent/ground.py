"""The ground between things: a quiet, lit backdrop to which a canvas drifts wherever nothing is being dreamed.

After each dream the canvas goes a share of the way to soft colours that lie across the colour wheel from the things'
own, with a pool of light. A matte holds it off: about the anchors, where things are and are born, and wherever the
canvas has strong edges near them. Colour is held less than light: fringes about things take the ground's hue first.
Where a thing is born colours fade: one that began in the ground's hue would keep it, as blue apples do.
The ground is darker than light things and lighter than dark ones, so that they are seen by their form.
What is left of things that are gone is held by nothing, and sinks. Only things are climbed on (`pace`), the young ones
most: so the ground is at rest, and a thing that is finished nearly so. The backdrop is a formula in CIE Lab; no artwork
and no photograph is in it. It depends on the canvas, the anchors, the words, the show time and its last hue alone, so a
replay makes it again.

Everything is worked out on a raster of ROWS rows, and enlarged: it has no detail that would need more.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import Programme
from dreamstream.dreamers.ascent.anchors import Anchor
from dreamstream.dreamers.ascent.presets import Ground
from dreamstream.networks.pixels import LUMA, towards_grey

ROWS = 36
# About an anchor the matte is HELD exp(-(r / (REACH side))^4): what is being born there is not wiped out.
HELD, REACH = 0.95, 0.40
# The colours of a thing are held exp(-(r / (OWN side))^8) of the way.
OWN = 0.44
# Mean luminance difference between neighbouring pixels of a raster's cell, in units of the cell's height (so that it is
# the same for any canvas): below the first there is no edge, above the second the matte is closed.
EDGES = (0.10, 0.40)
# The canvas's own edges hold the ground off up to NEAR sides from a thing's middle: what is left of things that are
# gone sinks into the ground.
NEAR = 0.60
# Things are climbed on with YOUNG times the usual step at first, and after YOUTH usual dreams with GROWN of it, up to
# CLIMBED sides from the middle; the ground between them is not.
YOUTH, YOUNG, GROWN, CLIMBED = 8.0, 1.2, 0.65, 0.54
# The hue goes to what is asked for in EASED seconds, by at most TURNED radians a second.
EASED, TURNED = 3.0, 0.2
# A thing loses PALED of its colour at each of its first GREY usual dreams, within BORN of its side: enough to lose the
# ground's hue, and not so much that a grey disc springs up.
GREY, PALED, BORN = 1.2, 0.5, 0.48
# In Lab lightness: things that are lighter than MIDDLE have a darker ground, by `Ground.apart` where by APART and more.
MIDDLE, APART = 43.0, 6.0
# Seconds in which the backdrop's hues swing once there and back, and how far, in radians.
SWING, SWUNG = 97.0, 0.9


class Backdrop(NamedTuple):
    """What one dream's ground is made of: the matte about the anchors [ROWS, columns], that of their colours, where
    there are to be none, and where the canvas's edges count; the angle in radians that words and time ask for; where
    the pool of light is (x, y in picture heights); the share of the way to go, 0 to 1; and of the hue's: the share of
    its way, and radians at most.
    """

    held: NDArray[np.float32]
    own: NDArray[np.float32]
    born: NDArray[np.float32]
    near: NDArray[np.float32]
    angle: NDArray[np.float32]
    pool: NDArray[np.float32]
    share: NDArray[np.float32]
    turn: NDArray[np.float32]


def plan(
    anchors: Sequence[Anchor], programme: Programme, time: float, aspect: float, share: float, elapsed: float
) -> Backdrop:
    """The backdrop of a dream at show time `time` on a canvas of that width over height.

    share: of the way to go. elapsed: seconds since the dream before.
    """
    held, own = held_off(anchors, aspect), held_off(anchors, aspect, 1.0, OWN, 8)
    # One place after another, as each has its own age.
    born = np.zeros_like(held)
    for each in anchors:
        if each.lived < 4 * GREY:
            born = np.maximum(born, held_off([each], aspect, PALED * math.exp(-((each.lived / GREY) ** 2)), BORN))
    near = held_off(anchors, aspect, 1.0, NEAR, 8)
    words = " + ".join(wish.what for wish in programme.wishes)
    chance = zlib.crc32(words.encode()) / 2**32
    angle = math.tau * chance + SWUNG * math.sin(math.tau * time / SWING)
    pool = (0.35 * math.cos(math.tau * (chance * 7 + time / 61)), -0.08 + 0.16 * math.sin(math.tau * time / 73))
    turn = (1 - math.exp(-elapsed / EASED), TURNED * elapsed)
    return Backdrop(held, own, born, near, *(np.array(one, np.float32) for one in (angle, pool, share, turn)))


def pace(anchors: Sequence[Anchor], aspect: float) -> NDArray[np.float32]:
    """How fast each part of the canvas is climbed on, 0 to YOUNG: [ROWS, columns]; 1 everywhere without any anchors."""
    x, y = _places(aspect)
    found = np.full((len(y), len(x)), 0.0 if anchors else 1.0)
    for anchor in anchors:
        away = np.hypot(x[None] - anchor.centre.real, y[:, None] - anchor.centre.imag) / (CLIMBED * anchor.side)
        own = GROWN + (YOUNG - GROWN) * math.exp(-((anchor.age / YOUTH) ** 2))
        found = np.maximum(found, own * np.exp(-(away**8)))
    return found.astype(np.float32)


def held_off(
    anchors: Sequence[Anchor], aspect: float, most: float = HELD, reach: float = REACH, power: int = 4
) -> NDArray[np.float32]:
    """The matte about the anchors, 0 to `most`, which ends at `reach` of their sides: [ROWS, columns]."""
    x, y = _places(aspect)
    held = np.zeros((len(y), len(x)))
    for anchor in anchors:
        away = np.hypot(x[None] - anchor.centre.real, y[:, None] - anchor.centre.imag) / (reach * anchor.side)
        held = np.maximum(held, most * np.exp(-(away**power)))
    return held.astype(np.float32)


def settled(
    ground: Ground, canvas: jax.Array, backdrop: Backdrop, gate: jax.Array | None, tint: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The canvas [H, W, 3], its ground gone a share of the way to the backdrop, and the backdrop's hue.

    gate: see `Target`. tint: cosine and sine of the hue before; noughts where there was none.
    """
    height, width, _ = canvas.shape
    rows, columns = backdrop.held.shape
    small = jax.image.resize(canvas, (rows, columns, 3), "linear")
    matte = jnp.maximum(backdrop.held, backdrop.near * _edges(canvas, rows, columns))
    hue = _hue(small, matte, backdrop, ground, tint)
    colours = _backdrop(hue, backdrop, ground, width / height)
    if ground.apart:
        lighter = _apart(small, matte * jnp.abs(small - colours).sum(axis=-1), ground)
        colours = _backdrop(hue, backdrop, ground, width / height, lighter)
    coloured = jnp.maximum(backdrop.share * (1 - jnp.minimum(backdrop.own, matte)), backdrop.born)
    grey = backdrop.born / jnp.maximum(coloured, 1e-6)
    colours = towards_grey(colours, jnp.asarray(grey))
    shares = jnp.stack([backdrop.share * (1 - matte), coloured], axis=-1)
    if gate is not None:
        shares = shares * jax.image.resize(gate, (rows, columns), "linear")[..., None]
    # One enlargement for all.
    large = jax.image.resize(jnp.concatenate([colours, shares], axis=-1), (height, width, 5), "linear")
    away, share, coloured = large[..., :3] - canvas, large[..., 3:4], large[..., 4:]
    light = (away @ LUMA)[..., None]
    settled = jnp.clip(canvas + share * light + coloured * (away - light), 0, 1)
    return settled, jnp.stack([jnp.cos(hue), jnp.sin(hue)])


def _places(aspect: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres of the raster's columns and rows, in picture heights from the middle."""
    columns = round(ROWS * aspect)
    x, y = ((np.arange(count) + 0.5) / ROWS - count / ROWS / 2 for count in (columns, ROWS))
    return x, y


def _edges(canvas: jax.Array, rows: int, columns: int) -> jax.Array:
    """How much of a matte the canvas's own edges make: [rows, columns], 0 to 1."""
    light = canvas @ LUMA
    across = jnp.abs(light[:-1, 1:] - light[:-1, :-1])
    down = jnp.abs(light[1:, :-1] - light[:-1, :-1])
    strength = jax.image.resize(across + down, (rows, columns), "linear") * (canvas.shape[0] / rows)
    strength = jax.lax.reduce_window(strength, 0.0, jax.lax.add, (3, 3), (1, 1), "SAME") / 9
    low, high = EDGES
    found = jnp.clip((strength - low) / (high - low), 0, 1)
    return found * found * (3 - 2 * found)


def _hue(small: jax.Array, matte: jax.Array, backdrop: Backdrop, ground: Ground, tint: jax.Array) -> jax.Array:
    """The backdrop's hue in Lab, in radians: what things and words ask for, but never far from the one before.

    Where what things ask for is the opposite of what words do, a little would turn it about.
    """
    words = jnp.stack([jnp.cos(backdrop.angle), jnp.sin(backdrop.angle)])
    if ground.hue is None:
        own = (_opponent(small) * matte[..., None]).sum((0, 1)) / (matte.sum() + 1e-3)
        # Grey things leave the choice to the words; the more colour they have, the more it is theirs.
        across = words * 10 - own
        hue = jnp.arctan2(across[1], across[0])
    else:
        hue = math.radians(ground.hue) + 0.25 * words[0]
    before = jnp.arctan2(tint[1], tint[0])
    away = (hue - before + math.pi) % math.tau - math.pi
    ease, most = backdrop.turn
    return jnp.where((tint == 0).all(), hue, before + jnp.clip(ease * away, -most, most))


def _apart(small: jax.Array, weights: jax.Array, ground: Ground) -> jax.Array:
    """How much lighter the backdrop is to be, in Lab lightness, so that things stand out from it without their colours.

    weights: of each part of the canvas [rows, columns], large where it is a thing's and not the ground's.
    """
    # sRGB-encoded luma is nearly Lab lightness.
    things = 100 * ((small @ LUMA) * weights).sum() / (weights.sum() + 1e-3)
    return ground.apart * jnp.tanh((MIDDLE - things) / APART)


def _backdrop(
    hue: jax.Array, backdrop: Backdrop, ground: Ground, aspect: float, lighter: jax.Array | float = 0.0
) -> jax.Array:
    """The backdrop's colours, sRGB-encoded [rows, columns, 3]. lighter: see `_apart`."""
    columns, rows = (jnp.asarray(side, jnp.float32) for side in _places(aspect))
    x, y = columns[None] - backdrop.pool[0], rows[:, None] - backdrop.pool[1]
    slant = jnp.clip(0.5 + 0.5 * (columns[None] * jnp.cos(backdrop.angle) + rows[:, None] * 0.8), 0, 1)
    slant = slant * slant * (3 - 2 * slant)
    pool = jnp.exp(-(x * x + 1.8 * y * y) / 0.55)
    angle = hue + (slant - 0.5) * ground.spread
    low, high = ground.light
    light, chroma = low + (high - low) * pool + lighter, ground.chroma * (0.7 + 0.3 * pool)
    return srgb(jnp.stack([light, chroma * jnp.cos(angle), chroma * jnp.sin(angle)], axis=-1))


# From CIE XYZ (D65, white 1) to linear sRGB: IEC 61966-2-1.
_XYZ_TO_RGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_WHITE = (0.95047, 1.0, 1.08883)


def srgb(lab: jax.Array) -> jax.Array:
    """CIE Lab [..., 3] (D65) as sRGB-encoded values, cut to 0 to 1."""
    y = (lab[..., 0] + 16) / 116
    parts = jnp.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = jnp.where(parts > 6 / 29, parts**3, (parts - 16 / 116) * 3 * (6 / 29) ** 2)
    xyz = xyz * jnp.array(_WHITE).reshape((1,) * (xyz.ndim - 1) + (3,))
    linear = jnp.clip(xyz @ jnp.array(_XYZ_TO_RGB).T, 0, 1)
    return jnp.where(linear > 0.0031308, 1.055 * jnp.maximum(linear, 1e-6) ** (1 / 2.4) - 0.055, 12.92 * linear)


def _opponent(picture: jax.Array) -> jax.Array:
    """About Lab's a and b, without its powers: red against green, yellow against blue; [h, w, 3] to [h, w, 2]."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return 100 * jnp.stack([red - green, 0.5 * (red + green) - blue], axis=-1) * jnp.array([[[0.9, 0.8]]])
