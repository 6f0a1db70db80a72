"""A laboratory made of plain data, for the web's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from dreamstream.core.errors import UserError


@dataclass
class FakeLab:
    """A LabView that remembers what it was asked; each picture has a colour of its own."""

    able: bool = True
    subject: str = "cat"
    version: str = "0123456789ab"
    busy: bool = False
    film: Path | None = None
    named: list[str] = field(default_factory=lambda: ["taco"])
    asked: list[str] = field(default_factory=list)

    def lasts(self, text: str) -> bool:
        """Unless it is of a name."""
        return text not in self.named

    async def picture(self, text: str) -> bytes | None:
        """A plain picture."""
        if text == "owl":
            raise UserError("That is no point.")
        self.asked.append(text)
        if self.busy:
            return None
        colour = [hash(text) >> shift & 255 for shift in (0, 8, 16)]
        return cv2.imencode(".jpg", np.full((8, 8, 3), colour, np.uint8))[1].tobytes()
