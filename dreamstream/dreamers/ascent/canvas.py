"""What is climbed on: the picture's own pixels, or a code that a sigmoid makes the picture of.

A code q [H, W, 3] stands for the picture sigmoid(2 C q). C turns q's three channels into colours that go together as
those of photographs do, so that a step of the same size in each is natural, and the sigmoid keeps every pixel in range
without an edge at which colours burn out. Pictures are float32 [H, W, 3], RGB in [0, 1].

Source: Olah, Mordvintsev & Schubert 2017, "Feature Visualization", on decorrelated colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.ascent.presets import BALANCE, Preset

# A square root of the covariance of the colours of photographs, its largest column of length 1.
_ROOT = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOURS = np.asarray(_ROOT / np.linalg.norm(_ROOT, axis=0).max(), np.float32)
_BACK = np.asarray(np.linalg.inv(COLOURS), np.float32)
DARKEST = 0.02  # of a picture that is turned into a code: a sigmoid is never quite 0
FADING = 0.9  # at least so much of a code stays at a step: a photograph's contrast may be beyond a dream's


@dataclass(frozen=True)
class Pixels:
    """The picture itself. balance: share of the way to mid-grey that each channel's mean is moved per step."""

    balance: float

    def begin(self, picture: jax.Array) -> jax.Array:
        """What a picture is held as."""
        return picture

    def picture(self, held: jax.Array) -> jax.Array:
        """The picture that is held."""
        return held

    def moved(self, held: jax.Array, update: jax.Array, share: jax.Array | float) -> jax.Array:
        """After a step, of which each pixel takes its share [H, W, 1], from 0 to 1."""
        balance = self.balance * (0.5 - held.mean(axis=(0, 1), keepdims=True))
        return jnp.clip(held + share * (update + balance), 0, 1)


@dataclass(frozen=True)
class Code:
    """A code, see above.

    contrast: root mean square of C q, half the log-odds of the picture, which dreams keep; photographs have 0.6 to 1.5.
    What is beyond is taken off all of it alike, so that what came before fades as new things are drawn, and the
    contrast stays for hours. balance: share of the code's mean that is taken off per step. colour: how strong colours
    are beside light; 1 as in photographs.
    """

    contrast: float
    balance: float
    colour: float = 1.0

    def begin(self, picture: jax.Array) -> jax.Array:
        """What a picture is held as."""
        inside = jnp.clip(picture, DARKEST, 1 - DARKEST)
        return 0.5 * jnp.log(inside / (1 - inside)) @ _BACK.T / self._scale

    def picture(self, held: jax.Array) -> jax.Array:
        """The picture that is held."""
        return jax.nn.sigmoid(2 * self._odds(held))

    def _odds(self, held: jax.Array) -> jax.Array:
        return (held * self._scale) @ COLOURS.T

    @property
    def _scale(self) -> NDArray[np.float32]:
        """Of each channel of the code, [1, 1, 3]: light, and two of colour."""
        return np.array([[[1, self.colour, self.colour]]], np.float32)

    def moved(self, held: jax.Array, update: jax.Array, share: jax.Array | float) -> jax.Array:
        """After a step, of which each pixel takes its share [H, W, 1], from 0 to 1."""
        moved = held + share * update
        level = jnp.sqrt(jnp.mean(self._odds(moved) ** 2))
        kept = jnp.clip(self.contrast / (level + 1e-6), FADING, 1.0)
        faded = kept * moved - self.balance * moved.mean(axis=(0, 1), keepdims=True)
        return moved + share * (faded - moved)


Canvas = Pixels | Code
USUAL = Pixels(BALANCE)


def canvas_of(preset: Preset) -> Canvas:
    """What a look holds the canvas as."""
    return Code(preset.contrast, preset.balance, preset.colourful) if preset.contrast else Pixels(preset.balance)
