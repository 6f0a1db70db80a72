"""A dreamer of plain colours, for tests of what is around the dreamer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from dreamstream.core.camera import Motion
from dreamstream.core.dream import Dream
from dreamstream.core.programme import Programme


@dataclass(frozen=True)
class Card:
    """What the double says of itself."""

    model: str = "double"
    classes: tuple[str, ...] = ("bee", "pizza", "volcano", "tree frog")
    controls: tuple[object, ...] = ()
    presets: tuple[str, ...] = ("vivid", "calm", "ugly")
    of: Any = None


class ColourDreamer:
    """Dreams stripes whose phase moves; raises on the dreams numbered in `fails` (counted over its life)."""

    def __init__(
        self, size: tuple[int, int] = (160, 90), seconds: float = 0.01, fails: tuple[int, ...] = (), classes: int = 4
    ) -> None:
        self.card = Card(of=self)
        self.size = size
        self.seconds = seconds
        self.fails = fails
        self.number = 0
        self.programmes: list[Programme] = []
        self.times: list[float] = []
        self.restored: bytes | None = None
        self.controls: dict[str, float] = {}
        self.block: threading.Event | None = None
        self.preset = ""
        self.restyling: threading.Event | None = None

    def warm_up(self) -> None:
        """Nothing to compile."""

    def advance(self, programme: Programme, time_: float, steps: int | None = None, strength: float = 1.0) -> Dream:
        """A striped picture."""
        number, self.number = self.number, self.number + 1
        self.programmes.append(programme)
        self.times.append(time_)
        if number in self.fails:
            raise RuntimeError(f"dream {number} failed")
        if self.block is not None:
            self.block.wait(30)
        time.sleep(self.seconds)
        width, height = self.size
        wave = np.sin(np.arange(width) / 9 + number) * 100 + 128
        picture = np.broadcast_to(wave[None, :, None], (height, width, 3)).astype(np.uint8)
        return Dream(picture, time_, Motion(), programme, number, steps or 4, self.seconds)

    def set(self, name: str, value: float) -> None:
        """Knows the control zoom, 0.9 to 1.2."""
        if name != "zoom" or not 0.9 <= value <= 1.2:
            raise ValueError(f"{name} cannot be {value}; zoom goes from 0.9 to 1.2")
        self.controls[name] = value

    def state(self) -> bytes:
        """The number of dreams."""
        return str(self.number).encode()

    def restore(self, data: bytes) -> None:
        """Go on counting. Raises ValueError for anything but a number."""
        self.number = int(data)
        self.restored = data

    def restyled(self, preset: str) -> ColourDreamer:
        """Another double that knows its look; waits for `restyling` as a real one compiles. "ugly" cannot be made."""
        if self.restyling is not None:
            self.restyling.wait(30)
        if preset == "ugly":
            raise RuntimeError("there is no beauty in it")
        other = ColourDreamer(self.size, self.seconds)
        other.preset = preset
        return other

    def take_over(self, other: ColourDreamer) -> None:
        """Go on counting where the other one is."""
        self.number, self.programmes, self.times = other.number, other.programmes, other.times
