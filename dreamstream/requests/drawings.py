"""The drawings that viewers sent, beside the queue: their strokes, by key, and what became of them. Pure, and bounded.

A drawing's way:    put -> held (until a moderator looks at it) -> asked for -> shown -> forgotten, the oldest first
                      |       +-> taken away                        +-> taken away
                      +-> asked for at once
What is taken away is gone at once, also from the picture if it is on (`erased`).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dreamstream.core.drawing import MAX_BYTES, Drawing, from_json
from dreamstream.core.errors import UserError
from dreamstream.core.programme import DRAWING, REGIONS, Programme, Wish

# How many are kept that nobody waits for any more, and how many may wait for a moderator.
MOST_KEPT = 200
MOST_HELD = 50
# Seconds in which the dreamer is told that a drawing on the picture was taken away.
TOLD = 5.0


@dataclass(frozen=True)
class Drawn:
    """A drawing that a viewer sent.

    strokes: its JSON text, compact, which takes far less room than its points. word: the class that it is of, "" for
    none. viewer: a key that spelling does not change; who: the name to show. delivery: the message's id. held: whether
    a moderator is to look at it first. at: when it came, in seconds of the show's clock.
    """

    key: str
    strokes: bytes
    word: str
    region: str
    who: str
    viewer: str
    source: str
    delivery: str = ""
    held: bool = False
    at: float = 0.0

    def programme(self) -> Programme:
        """The wish for it."""
        what = f"{self.key}:{self.word}" if self.word else self.key
        return Programme((Wish(what, self.region, 1.0, self.who, DRAWING),))

    def drawing(self) -> Drawing:
        """Its strokes."""
        return from_json(json.loads(self.strokes))

    def to_json(self) -> dict[str, Any]:
        """What `from_record` reads."""
        rest = {name: getattr(self, name) for name in _Record.model_fields if name != "drawing"}
        return {"drawing": json.loads(self.strokes), **rest}


class _Record(BaseModel):
    """A kept drawing, as read from a disk."""

    model_config = ConfigDict(extra="forbid")
    drawing: dict[str, Any]
    word: str
    region: str
    who: str
    viewer: str
    source: str
    delivery: str = Field(max_length=200)
    held: bool


def drawn(drawing: Drawing, word: str, who: str, viewer: str, source: str, **more: Any) -> Drawn:
    """A drawing that was sent just now. more: other fields of Drawn."""
    strokes = json.dumps(drawing.to_json(), separators=(",", ":")).encode()
    return Drawn(drawing.key(), strokes, word, more.pop("region", "whole"), who, viewer, source, **more)


def from_record(data: Any) -> Drawn:
    """The drawing that `Drawn.to_json` wrote. Raises ValueError for anything else."""
    record = _Record.model_validate(data)
    try:
        drawing = from_json(record.drawing)
    except UserError as error:
        raise ValueError(str(error)) from None
    if record.region not in REGIONS:
        raise ValueError("a region that this version does not know")
    return drawn(drawing, **{name: getattr(record, name) for name in _Record.model_fields if name != "drawing"})


class DrawingStore(Mapping[str, Drawing]):
    """Drawings by key; at most MOST_KEPT beside those that are held or asked for.

    hold: whether a moderator looks at each before it is taken. keep: is told of each drawing that came or changed, and
    with None of each that went. Reading one is safe from any thread; all else is for one.
    """

    def __init__(
        self, *, hold: bool = False, keep: Callable[[str, Drawn | None], object] = lambda key, drawn: None
    ) -> None:
        self.hold = hold
        self._keep = keep
        self._all: OrderedDict[str, Drawn] = OrderedDict()
        self._erased: dict[str, float] = {}

    def __getitem__(self, key: str) -> Drawing:
        return self._all[key].drawing()

    def __contains__(self, key: object) -> bool:
        return key in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def record(self, key: str) -> Drawn | None:
        """All that is known of one; None for one that there is not."""
        return self._all.get(key)

    def held(self) -> list[Drawn]:
        """Those that wait for a moderator, the first first."""
        return [each for each in self._all.values() if each.held]

    def put(self, drawn: Drawn, in_use: Collection[str] = ()) -> None:
        """Take one in. in_use: the keys of those that are asked for, and must stay."""
        self._all[drawn.key] = drawn
        self._all.move_to_end(drawn.key)
        self._erased.pop(drawn.key, None)
        self._keep(drawn.key, drawn)
        spare = [key for key, each in self._all.items() if not (each.held or key in in_use or key == drawn.key)]
        for key in spare[: max(0, len(spare) - MOST_KEPT)]:
            self._drop(key)

    def approve(self, key: str) -> None:
        """A moderator has looked at it."""
        self._all[key] = replace(self._all[key], held=False)
        self._keep(key, self._all[key])

    def remove(self, key: str, now: float, on_picture: bool = False) -> None:
        """Take one away, for good; on_picture: it is, or was, on the picture now."""
        if key in self._all:
            self._drop(key)
            if on_picture:
                self._erased[key] = now + TOLD

    def erased(self, now: float) -> tuple[Wish, ...]:
        """What the dreamer is to take off the picture now: wishes against drawings that were taken away."""
        self._erased = {key: until for key, until in self._erased.items() if until > now}
        return tuple(Wish(key, weight=-1.0, kind=DRAWING) for key in self._erased)

    def restore(self, records: Collection[Drawn]) -> None:
        """Take up what was kept, the oldest first; nothing is written again."""
        self._all = OrderedDict((each.key, each) for each in records if len(each.strokes) <= MAX_BYTES)

    def _drop(self, key: str) -> None:
        del self._all[key]
        self._keep(key, None)
