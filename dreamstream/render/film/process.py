"""The processes of a film's workers: what a crew asks of them, and those of this machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dreamstream.support import machine

# Of an accelerator's memory, what all workers on it take together.
MEMORY = 0.9
# Takes a line that a worker says, or None when it has ended, in some thread.
Hear = Callable[[str | None], None]


class Process(Protocol):
    """One worker's process. why: how it ended, and what it said last, as the end of a sentence."""

    def tell(self, line: str) -> None:
        """Have it read a line; nothing happens when it is dead."""

    def kill(self) -> None:
        """Take it away, and wait until it is gone."""

    def why(self) -> str:
        """How it ended."""


class Processes(Protocol):
    """Where workers run."""

    def start(self, folder: Path, number: int, hear: Hear) -> Process:
        """Start the worker of this number for the film in a folder. Raises UserError."""

    def close(self) -> None:
        """Let go of what they ran on; all of them are gone."""


def command(folder: Path) -> list[str]:
    """What a worker's process runs."""
    return [sys.executable, "-m", "dreamstream.render.film.worker", str(folder)]


class LocalProcesses:
    """Processes of this machine, which share its accelerators. count: how many there will be at most."""

    def __init__(self, count: int) -> None:
        self._count = count

    def start(self, folder: Path, number: int, hear: Hear) -> Process:
        """Start one."""
        return LocalProcess(command(folder), self._environment(number), hear)

    def close(self) -> None:
        """Nothing is held."""

    def _environment(self, number: int) -> dict[str, str]:
        """As ours, with a share of an accelerator for each; JAX would give all of the first to whoever comes first."""
        environ = {**os.environ, "PYTHONUTF8": "1"}
        if there := machine.accelerators():
            shared = -(-self._count // there)
            environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{MEMORY / shared:.3f}"
            if there > 1 and machine.accelerator() == "cuda":
                shown = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(there)))
                environ["CUDA_VISIBLE_DEVICES"] = shown.split(",")[number % there]
        return environ


class LocalProcess:
    """A process that reads and says lines."""

    def __init__(self, words: list[str], environ: dict[str, str], hear: Hear) -> None:
        self._hear = hear
        self._tail: deque[str] = deque(maxlen=5)
        self._process = subprocess.Popen(
            words,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is for who keeps them.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = self._process.pid
        for run in (self._listen, self._overhear):
            threading.Thread(target=run, name=f"film worker {self.pid}", daemon=True).start()

    def tell(self, line: str) -> None:
        """Have it read a line."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is dead, which is heard as well
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        """Take it away."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # what it said is closed by who heard it

    def why(self) -> str:
        """Its exit code, and what it said last to nobody."""
        last = f" It said last: {self._tail[-1]}" if self._tail else ""
        return f"(exit code {self._process.poll()}).{last}"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._hear(line)
        self._process.wait()
        self._hear(None)

    def _overhear(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._tail.append(line.strip())
