"""What every back end does: run processes by name, on one machine or several, and tell what is seen of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Of an accelerator's memory, what all channels on it take together.
ACCELERATOR_SHARE = 0.9


@dataclass(frozen=True)
class Launch:
    """How a channel's process is started. environ: all of its environment. log: what it prints goes there.

    Where there are several nodes: cpus, gpus: what it is counted as, perhaps in part. node: the one that it is to be
    on, "" for any but those in `avoid`. elsewhere: whether it may come up on another when its node is gone.
    """

    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    log: Path
    cpus: float = 1.0
    gpus: float = 0.0
    node: str = ""
    avoid: frozenset[str] = frozenset()
    elsewhere: bool = True


@dataclass(frozen=True)
class ProcessSight:
    """What is seen of a process: whether it lives, how it ended where that is known, and the bytes that it holds.

    node, address: where it is, where that is not the farm's own machine. why: it is not there, in words.
    """

    alive: bool
    code: int | None = None
    pid: int = 0
    memory: int = 0
    node: str = ""
    address: str = ""
    why: str = ""


@dataclass(frozen=True)
class Node:
    """A machine that channels may be on."""

    name: str
    address: str
    alive: bool = True


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

    def settle(self, name: str) -> None:
        """It is up: from now on it gives way to those that start, where that is known to help."""

    def nodes(self) -> Sequence[Node]:
        """The machines that channels may be on; none where there is only this one."""

    def close(self) -> None:
        """Let go of the machines; processes that run go on."""
