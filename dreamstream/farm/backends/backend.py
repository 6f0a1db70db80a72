"""What every back end does: run processes by name, and tell what is seen of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Launch:
    """How a channel's process is started. environ: all of its environment. log: what it prints goes there."""

    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    log: Path


@dataclass(frozen=True)
class ProcessSight:
    """What is seen of a process: whether it lives, how it ended where that is known, and the bytes that it holds."""

    alive: bool
    code: int | None = None
    pid: int = 0
    memory: int = 0


class Backend(Protocol):
    """Runs the processes of a farm. Every call is quick; none raises for a process that is gone."""

    def start(self, name: str, launch: Launch) -> None:
        """Start a channel's process. Raises OSError when the system cannot."""

    def sight(self, name: str) -> ProcessSight:
        """What is seen of it now."""

    def end(self, name: str) -> None:
        """Ask it to close its files and go."""

    def kill(self, name: str) -> None:
        """Take it away, with whatever it started."""

    def adopt(self, name: str) -> bool:
        """Take over the process that an earlier farm started, where it still runs; whether it does."""

    def forget(self, name: str) -> None:
        """A channel that is gone for good."""
