"""Everything that decides an ascent dreamer's next dreams, as bytes: from it on they are the same to the last bit.

A snapshot is what a picture goes on from, small enough to be kept every half minute; a checkpoint also has the
optimiser's state, in full precision, and where the random numbers are. No JAX, and nothing in it is ever executed.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.ascent.anchors import Anchor

KIND = "ascent checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """parts: the leaves of the canvas's and optimiser's state. random: the state of NumPy's generator.

    anchors, leaving, climbed, programme, time, number: as in the dreamer, after its last dream. photograph: the one
    that is kept beneath, if any.
    """

    parts: Sequence[NDArray[Any]]
    random: Mapping[str, Any]
    anchors: Sequence[Anchor]
    leaving: Sequence[Anchor]
    climbed: float
    programme: Programme | None
    time: float | None
    number: int
    photograph: NDArray[np.float32] | None = None

    def pack(self) -> bytes:
        """The checkpoint as a NumPy archive. Floats hardly get smaller by compression, so they are not compressed."""
        wishes = None if self.programme is None else [dataclasses.asdict(wish) for wish in self.programme.wishes]
        described = {
            "kind": KIND,
            "random": dict(self.random),
            "anchors": [_told(anchor) for anchor in self.anchors],
            "leaving": [_told(anchor) for anchor in self.leaving],
            "climbed": self.climbed,
            "programme": wishes,
            "time": self.time,
            "number": self.number,
        }
        arrays: dict[str, Any] = {f"part{number}": part for number, part in enumerate(self.parts)}
        if self.photograph is not None:
            arrays["photograph"] = self.photograph
        packed = io.BytesIO()
        np.savez(packed, described=np.frombuffer(json.dumps(described).encode(), np.uint8), **arrays)
        return packed.getvalue()


def _told(anchor: Anchor) -> dict[str, Any]:
    return dataclasses.asdict(anchor) | {"centre": [anchor.centre.real, anchor.centre.imag]}


def _anchor(told: dict[str, Any]) -> Anchor:
    return Anchor(**(told | {"centre": complex(*told["centre"])}))


def unpack(data: bytes) -> Checkpoint:
    """The checkpoint that `pack` wrote. Raises ValueError when the data is none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            described = json.loads(bytes(found["described"]))
            if described["kind"] != KIND:
                raise ValueError("it is of another kind")
            count = sum(name.startswith("part") for name in found.files)
            parts = [found[f"part{number}"] for number in range(count)]
            photograph = found["photograph"] if "photograph" in found.files else None
        wishes, time = described["programme"], described["time"]
        return Checkpoint(
            parts,
            described["random"],
            [_anchor(told) for told in described["anchors"]],
            [_anchor(told) for told in described["leaving"]],
            float(described["climbed"]),
            None if wishes is None else Programme(tuple(Wish(**wish) for wish in wishes)),
            None if time is None else float(time),
            int(described["number"]),
            photograph,
        )
    except Exception as error:  # NumPy's and zip's own errors are many
        raise ValueError(f"this is no checkpoint of an ascent dreamer: {error}") from None
