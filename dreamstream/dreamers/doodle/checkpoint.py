"""What decides a doodle dreamer's next dreams, as bytes: that of the dreamer within, and the filled pieces."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping

import numpy as np

from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.doodle.stages import Piece

KIND = "doodle checkpoint 1"


def pack(inner: bytes, asked: Programme | None, time: float | None, pieces: Mapping[str, Piece]) -> bytes:
    """As a NumPy archive. Every piece must be filled."""
    described = {
        "kind": KIND,
        "asked": None if asked is None else [dataclasses.asdict(wish) for wish in asked.wishes],
        "time": time,
        "pieces": [
            [piece.key, piece.began, piece.centre.real, piece.centre.imag, piece.side, piece.word, piece.before is None]
            for piece in pieces.values()
        ],
    }
    arrays = {f"before{n}": piece.before for n, piece in enumerate(pieces.values()) if piece.before is not None}
    arrays |= {"inner": np.frombuffer(inner, np.uint8)}
    packed = io.BytesIO()
    np.savez(packed, described=np.frombuffer(json.dumps(described).encode(), np.uint8), **arrays)
    return packed.getvalue()


def unpack(data: bytes) -> tuple[bytes, Programme | None, float | None, dict[str, Piece]]:
    """What `pack` was given. Raises ValueError when the data is no such checkpoint."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            described = json.loads(bytes(found["described"]))
            if described["kind"] != KIND:
                raise ValueError("it is of another kind")
            pieces = {}
            for number, (key, began, x, y, side, word, bare) in enumerate(described["pieces"]):
                before = None if bare else found[f"before{number}"]
                pieces[str(key)] = Piece(str(key), began, complex(x, y), side, True, word, before)
            wishes = described["asked"]
            asked = None if wishes is None else Programme(tuple(Wish(**wish) for wish in wishes))
            return bytes(found["inner"]), asked, described["time"], pieces
    except Exception as error:  # NumPy's and zip's own errors are many
        raise ValueError(f"this is no checkpoint of a doodle dreamer: {error}") from None
