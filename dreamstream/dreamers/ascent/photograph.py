"""A photograph to dream on: it keeps its ground, and what grows in it takes its light and its colours.

After each dream the canvas goes a share of the way back to the photograph wherever no thing is, and everywhere its
coarse light and colours go back to the photograph's: a thing is drawn by detail alone, as if it had been there when the
picture was taken. Nothing but the photograph that the dream began with is looked at, and no picture of a class.

The coarse part is worked out on a raster of ROWS rows, and enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.ascent import ground
from dreamstream.dreamers.ascent.anchors import Anchor

ROWS = 24
# Of the way to the photograph that its ground and its coarse light go with the steps of a usual dream.
GROUND, LIGHT = 0.25, 0.3
# In the middle of a thing that share of the ground's way is gone, too, so that the photograph's grain is seen on it.
INSIDE = 0.1


class Kept(NamedTuple):
    """What one dream leaves of the photograph [H, W, 3]: the matte about the anchors [rows, columns], and the shares of
    the way back that the ground and the coarse light go, 0 to 1.
    """

    photograph: jax.Array
    held: NDArray[np.float32]
    ground: NDArray[np.float32]
    light: NDArray[np.float32]


def plan(photograph: jax.Array, anchors: Sequence[Anchor], aspect: float, dreams: float) -> Kept:
    """What is kept in a dream of so many usual dreams' steps. aspect: the canvas's width over its height."""
    ground_share, light_share = (1 - (1 - share) ** dreams for share in (GROUND, LIGHT))
    held = ground.held_off(anchors, aspect, most=1.0)
    return Kept(photograph, held, np.array(ground_share, np.float32), np.array(light_share, np.float32))


def kept(canvas: jax.Array, told: Kept, gate: jax.Array | None, tint: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The canvas [H, W, 3] with its ground and its coarse light gone back a share of the way, and tint as it is.

    gate: see `Target`.
    """
    height, width, _ = canvas.shape
    away = told.photograph - canvas
    coarse = jax.image.resize(away, (ROWS, round(ROWS * width / height), 3), "linear")
    held = (1 - INSIDE) * jax.image.resize(told.held, (height, width), "linear")[..., None]
    free = told.ground * (1 - held)
    light = told.light * jax.image.resize(coarse, (height, width, 3), "cubic")
    back = free * away + (1 - free) * light
    return jnp.clip(canvas + (back if gate is None else back * gate[..., None]), 0, 1), tint
