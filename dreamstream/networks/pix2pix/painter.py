"""A trained U-Net that fills drawings one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.core.names import meant
from dreamstream.networks.pix2pix.frame import frame_of
from dreamstream.networks.pix2pix.unet import Shape, UNet
from dreamstream.networks.stylegan2.layers import applied


def compiled(shape: Shape) -> Callable[[Any, jax.Array, jax.Array], jax.Array]:
    """A U-Net as one program: of its parameters, lines uint8 [N, S, S] and numbers of words int32 [N], to uint8
    [N, S, S, 4].
    """
    network = UNet(shape)

    def painted(params: Any, lines: jax.Array, words: jax.Array) -> jax.Array:
        made = applied(network, params, lines[..., None].astype(jnp.float32) / 127.5 - 1, words)
        scaled = jnp.concatenate([made[..., :3] * 127.5 + 127.5, made[..., 3:] * 255], axis=-1)
        return jnp.clip(jnp.round(scaled), 0, 255).astype(jnp.uint8)

    return jax.jit(painted)


class Painter:
    """Makes pictures of lines.

    words: what it can be told that a drawing shows. params: of the U-Net of this shape. framed: whether a drawing is
    brought to the size and place that it was taught on, and its picture back. May be used by many threads.
    """

    def __init__(self, words: tuple[str, ...], shape: Shape, params: Mapping[str, Any], *, framed: bool = True) -> None:
        self.words, self.side, self.framed = words, shape.size, framed
        self._params = jax.tree.map(jnp.asarray, dict(params))
        self._paint = compiled(shape)

    def paint(self, lines: NDArray[np.uint8], word: str | None = None) -> NDArray[np.uint8]:
        """The picture uint8 [side, side, 4], RGB and matte, of lines uint8 [side, side], 0 ink and 255 paper.

        word: what it shows; None for whatever it looks like. Without any ink it is transparent where `framed`. Raises
        UsageError for a word that is not among `words`.
        """
        if lines.shape != (self.side, self.side):
            raise ValueError(f"lines must be {self.side}x{self.side}, not {lines.shape}")
        number = self.number(word)
        if not self.framed:
            return self._made(lines, number)
        frame = frame_of(lines)
        if frame.empty:
            return np.zeros((self.side, self.side, 4), np.uint8)
        return frame.back(self._made(frame.into(lines), number))

    def number(self, word: str | None) -> int:
        """The number of a word, 0 for none. Raises UsageError for one that is not among `words`."""
        if word is None:
            return 0
        if word not in self.words:
            known = meant(word, self.words) if self.words else "this painter takes no words."
            raise UsageError(f"No drawing can be filled as {word!r}; {known}")
        return self.words.index(word) + 1

    def _made(self, lines: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
        made = self._paint(self._params, jnp.asarray(lines)[None], jnp.full(1, number, jnp.int32))
        picture: NDArray[np.uint8] = np.asarray(made, np.uint8)[0]
        return picture
