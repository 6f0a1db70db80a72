"""A dreamer of plain colours, for tests of what is around the dreamer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion
from dreamstream.core.card import Card, Control, Word
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Effort
from dreamstream.core.programme import Programme

ZOOM = Control("zoom", "per second", 0.9, 1.2, 1.05, "How fast the camera falls in.")


@dataclass(frozen=True)
class DoubleCard(Card):
    """A card that knows its double."""

    of: Any = None


def steps(count: int, change: float = 1.0) -> Effort:
    """The effort of exactly so many steps."""
    return Effort.exactly({"steps": count}, change)


class ColourDreamer:
    """Dreams stripes whose phase moves; raises on the dreams numbered in `fails` (counted over its life)."""

    def __init__(self, size: tuple[int, int] = (160, 90), seconds: float = 0.01, fails: tuple[int, ...] = ()) -> None:
        words, presets = tuple(map(Word, ("bee", "pizza", "volcano", "tree frog"))), ("vivid", "calm", "ugly")
        self.card = DoubleCard("double", words, ("class",), (ZOOM,), presets, "vivid", cost=("steps",), of=self)
        self.size = size
        self.seconds = seconds
        self.fails = fails
        self.number = 0
        self.programmes: list[Programme] = []
        self.times: list[float] = []
        self.efforts: list[Effort] = []
        self.restored: bytes | None = None
        self.controls: dict[str, float] = {}
        self.block: threading.Event | None = None
        self.preset = ""
        self.compiling: threading.Event | None = None

    def prepare(self) -> None:
        """Nothing to compile."""

    def dream(self, programme: Programme, time_: float, effort: Effort = USUAL) -> Dream:
        """A striped picture."""
        number, self.number = self.number, self.number + 1
        self.programmes.append(programme)
        self.times.append(time_)
        self.efforts.append(effort)
        if number in self.fails:
            raise RuntimeError(f"dream {number} failed")
        if self.block is not None:
            self.block.wait(30)
        time.sleep(self.seconds)
        cost = dict(effort.cost) or {"steps": 4}
        made = cost, effort.change, self.seconds, 1.0, effort.things
        return Dream(self.stripes(number), time_, Motion(), programme, number, *made)

    def begin(self, programme: Programme, time_: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """The dream, made already."""
        dream = self.dream(programme, time_, effort)
        return lambda: dream

    def stripes(self, number: int) -> NDArray[np.uint8]:
        """The picture of this number."""
        width, height = self.size
        wave = np.sin(np.arange(width) / 9 + number) * 100 + 128
        return np.broadcast_to(wave[None, :, None], (height, width, 3)).astype(np.uint8)

    def set(self, control: str, value: float) -> None:
        """Knows the control zoom, 0.9 to 1.2."""
        self.controls[control] = self.card.control(control).check(value)

    def state(self) -> bytes:
        """The number of dreams."""
        return str(self.number).encode()

    def restore(self, state: bytes) -> None:
        """Go on counting. Raises ValueError for anything but a number."""
        self.number = int(state)
        self.restored = state

    def checkpoint(self) -> bytes:
        """The same: its pictures depend on nothing else."""
        return self.state()

    def resume(self, checkpoint: bytes) -> None:
        """Go on counting. Raises ValueError for anything but a number."""
        self.number = int(checkpoint)

    def picture(self) -> NDArray[np.uint8]:
        """The picture before the next."""
        return self.stripes(self.number - 1)

    def with_preset(self, name: str) -> Self:
        """Another double that knows its preset; waits for `compiling` as a real one does. "ugly" cannot be made."""
        if self.compiling is not None:
            self.compiling.wait(30)
        if name == "ugly":
            raise RuntimeError("there is no beauty in it")
        other = type(self)()
        other.size, other.seconds = self.size, self.seconds
        other.preset = name
        return other

    def take_over(self, other: ColourDreamer) -> None:
        """Go on counting where the other one is."""
        self.number, self.programmes, self.times = other.number, other.programmes, other.times
