"""What the commands that write files check in what they are given, before any work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dreamstream.core.card import Card
from dreamstream.core.errors import UsageError
from dreamstream.core.names import nearest, sentence


def size_of(value: object) -> tuple[int, int]:
    """The size that "640x360" says, or a pair of numbers. Raises UsageError for anything else."""
    try:
        return parse_size(value)
    except ValueError as error:
        raise UsageError(sentence(f"size is {value!r}, but {error}")) from None


def within(name: str, value: float, low: float, high: float) -> float:
    """A number that must lie in a range. Raises UsageError that names it."""
    if not low <= value <= high:
        raise UsageError(f"{name} is {value:g}, but must be a number from {low:g} to {high:g}.")
    return value


def check_controls(card: Card, values: Mapping[str, float]) -> dict[str, float]:
    """The values for a dreamer's controls. Raises UsageError for an unknown name or a value out of range."""
    try:
        return {name: card.control(name).check(value) for name, value in values.items()}
    except ValueError as error:
        raise UsageError(sentence(f"--set: {error}")) from None


def check_rows(height: int, devices: int) -> None:
    """Raise UsageError unless so many devices can share the rows of a canvas evenly."""
    if height % devices:
        fitting = max(count for count in range(1, devices) if height % count == 0)
        raise UsageError(f"{devices} devices cannot share {height} rows evenly; {fitting} can.")


# The types that a dream may be computed in.
DTYPES = ("auto", "float32", "bfloat16")
# Sides in pixels: below it no object has room, above it is no video size of today.
SMALLEST, LARGEST = 96, 3840
# What sizes are called where lines are counted.
NAMED = {"360p": "640x360", "480p": "854x480", "540p": "960x540", "720p": "1280x720", "1080p": "1920x1080"}
NAMED |= {"1440p": "2560x1440", "2160p": "3840x2160", "4k": "3840x2160"}


def parse_size(value: object) -> tuple[int, int]:
    """(width, height) from "1280x720", "720p", or a pair of whole numbers.

    Raises ValueError when it is no such thing, odd, or has a side outside SMALLEST..LARGEST.
    """
    if isinstance(value, str):
        value = NAMED.get(value.strip().casefold(), value)
        match = re.fullmatch(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*", value)
        if match is None:
            typed = nearest(value, NAMED)
            raise ValueError("must look like 1280x720" + (f"; did you mean {typed}?" if typed else ""))
        width, height = int(match[1]), int(match[2])
    elif isinstance(value, (list, tuple)) and len(value) == 2 and all(type(n) is int for n in value):
        width, height = value
    else:
        raise ValueError("must look like 1280x720")
    if width % 2 or height % 2:
        raise ValueError("must have even sides (H.264 stores colour for 2x2 pixels)")
    if not all(SMALLEST <= side <= LARGEST for side in (width, height)):
        raise ValueError(f"must have sides of {SMALLEST} to {LARGEST} pixels")
    return width, height


def pairs(example: str) -> Callable[[Any], Any]:
    """A reader of "a=1 b=2", of a list of such words, or of a table as it is; example: what one looks like."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", " ").split()
        if isinstance(value, list):
            parts = [str(word).partition("=") for word in value]
            if any(not name.strip() or not equals for name, equals, _ in parts):
                raise ValueError(f"must look like {example}")
            return {name.strip(): text.strip() for name, _, text in parts}
        return value

    return read
