"""A latent dreamer's state as bytes. No JAX, so that the picture can be shown before that is loaded."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import MAX_WISHES
from dreamstream.dreamers.latent.walk import Walker

KIND = "latent dreamer 1"
NOTHING = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class State:
    """Its walkers, MAX_WISHES of them, the number of the next dream, and the last canvas uint8 [H, W, 3] or None.

    time: the show time of the last dream; None where it is not known.
    """

    walkers: tuple[Walker, ...]
    number: int
    picture: NDArray[np.uint8] | None = None
    time: float | None = None


def pack(state: State) -> bytes:
    """The state as a compressed NumPy archive."""
    described = {
        "kind": KIND,
        "number": state.number,
        "time": state.time,
        "walkers": [[walker.legs, walker.left, walker.lived] for walker in state.walkers],
    }
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        described=np.frombuffer(json.dumps(described).encode(), np.uint8),
        places=np.stack([walker.place for walker in state.walkers]),
        speeds=np.stack([walker.speed for walker in state.walkers]),
        picture=NOTHING if state.picture is None else state.picture,
    )
    return packed.getvalue()


def unpack(data: bytes) -> State:
    """The state that `pack` wrote. Raises ValueError when the data is none; nothing in it is ever executed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            described = json.loads(bytes(found["described"]))
            places, speeds, picture = found["places"], found["speeds"], found["picture"]
        if described["kind"] != KIND or len(places) != MAX_WISHES or places.shape != speeds.shape:
            raise ValueError("it is of another kind")
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"its picture is {picture.dtype} {list(picture.shape)}")
        if not np.isfinite(places).all() or not np.isfinite(speeds).all():
            raise ValueError("its walkers are nowhere")
        walkers = tuple(
            Walker(np.asarray(place, float), np.asarray(speed, float), int(legs), float(left), float(lived))
            for place, speed, (legs, left, lived) in zip(places, speeds, described["walkers"], strict=True)
        )
        time = described.get("time")
        seen = picture if picture.size else None
        return State(walkers, int(described["number"]), seen, None if time is None else float(time))
    except Exception as error:  # NumPy's and zip's own errors are many
        raise ValueError(f"this is no latent dreamer's state: {error}") from None
