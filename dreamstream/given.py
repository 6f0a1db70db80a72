"""What the commands that write files check in what they are given, before any work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dreamstream import setting_types
from dreamstream.errors import UserError

if TYPE_CHECKING:
    from dreamstream.dream.dreamer import Dreamer


def size_of(text: str) -> tuple[int, int]:
    """The size that "640x360" says. Raises UserError for anything else."""
    try:
        return setting_types.parse_size(text)
    except ValueError as error:
        raise UserError(f"size is {text!r}, but {error}.", 2) from None


def within(name: str, value: float, low: float, high: float) -> float:
    """A number that must lie in a range. Raises UserError that names it."""
    if not low <= value <= high:
        raise UserError(f"{name} is {value:g}, but must be a number from {low:g} to {high:g}.", 2)
    return value


def check_folder(output: Path) -> None:
    """Say before hours of work that there is nowhere to put the result. Raises UserError."""
    if not output.absolute().parent.is_dir():
        raise UserError(f"There is no folder {output.absolute().parent} to write {output.name} to.")


def set_controls(dreamer: Dreamer, texts: list[str]) -> None:
    """Set a dreamer's controls as "NAME=VALUE" says. Raises UserError for an unknown name or a value out of range."""
    try:
        for name, value in setting_types.parse_controls(texts).items():
            dreamer.set(name, value)
    except ValueError as error:
        raise UserError(f"--set: {error}.", 2) from None
