"""A dreamer's state as bytes: canvas and objects. No JAX, so that the picture can be shown before that is loaded."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.dreamers.ascent.anchors import Anchor


@dataclass(frozen=True)
class Snapshot:
    """What a dreamer goes on from: the canvas uint8 [H, W, 3] RGB, its objects, and the number of the next dream."""

    canvas: NDArray[np.uint8]
    anchors: Sequence[Anchor]
    number: int

    def pack(self) -> bytes:
        """The snapshot as a compressed NumPy archive."""
        described = {
            "anchors": [[a.centre.real, a.centre.imag, a.side, a.wish, a.age] for a in self.anchors],
            "number": self.number,
        }
        packed = io.BytesIO()
        text = np.frombuffer(json.dumps(described).encode(), np.uint8)
        np.savez_compressed(packed, canvas=self.canvas, described=text)
        return packed.getvalue()


def _anchor(x: float, y: float, side: float, wish: int, age: float = 0.0) -> Anchor:
    """An anchor as it was told; those before ages had none."""
    return Anchor(complex(x, y), float(side), int(wish), float(age))


def unpack(data: bytes) -> Snapshot:
    """The snapshot that `pack` wrote. Raises ValueError when the data is none; nothing in it is ever executed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            canvas = found["canvas"]
            described = json.loads(bytes(found["described"]))
        if canvas.dtype != np.uint8 or canvas.ndim != 3 or canvas.shape[2] != 3 or min(canvas.shape) < 1:
            raise ValueError(f"its canvas is {canvas.dtype} {list(canvas.shape)}")
        anchors = [_anchor(*told) for told in described["anchors"]]
        return Snapshot(canvas, anchors, int(described["number"]))
    except Exception as error:  # NumPy's and zip's own errors are many
        raise ValueError(f"this is no dreamer's state: {error}") from None
