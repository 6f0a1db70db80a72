"""When a recording goes on in a new file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIMES = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_SIZES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
# Shorter or smaller parts would be mere confetti.
SHORTEST, SMALLEST = 2.0, 100_000


@dataclass(frozen=True)
class Rotation:
    """When a recording goes on in a new file: after so many seconds or bytes; 0 is never."""

    seconds: float = 0.0
    bytes: int = 0

    def due(self, seconds: float, written: int) -> bool:
        """Whether a file of this length and size is to be followed by another."""
        return bool(self.seconds and seconds >= self.seconds) or bool(self.bytes and written >= self.bytes)

    def __bool__(self) -> bool:
        return bool(self.seconds or self.bytes)


def parse_rotation(text: str) -> Rotation:
    """The rotation meant by "1h", "90min", "2GB", or both: "1h 2GB". Raises ValueError for anything else."""
    seconds, size = 0.0, 0
    for word in text.replace(",", " ").split():
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]+)", word)
        number, unit = (float(match[1]), match[2].lower()) if match else (0.0, "")
        if unit in _TIMES and number * _TIMES[unit] >= SHORTEST:
            seconds = number * _TIMES[unit]
        elif unit in _SIZES and number * _SIZES[unit] >= SMALLEST:
            size = round(number * _SIZES[unit])
        else:
            raise ValueError("must look like 1h, 90min, 2GB, or 1h 2GB")
    if not seconds and not size:
        raise ValueError("must look like 1h, 90min, 2GB, or 1h 2GB")
    return Rotation(seconds, size)
