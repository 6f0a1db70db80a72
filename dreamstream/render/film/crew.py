"""The workers of a film: processes that are given parts as they have time, and replaced where they die.

    a worker: starting --machine--> free --part--> busy --made--> free
    starting, busy --died--> another one starts, and its part is given again; after TRIES in vain the film ends

Whatever ends the crew, `close` leaves no process behind; and a worker ends by itself when its crew is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dreamstream.core.errors import UserError
from dreamstream.render.film.parts import Part
from dreamstream.support import machine

TRIES = 3
# Of an accelerator's memory, what all workers on it take together.
MEMORY = 0.9


@dataclass
class _Worker:
    """One process. part: the one that it is at. frames: how many of it were told."""

    number: int
    process: subprocess.Popen[str]
    ready: bool = False
    part: Part | None = None
    frames: int = 0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=5))


class Crew:
    """Processes that make the parts of the film in a folder. count: how many at most."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        self._said: queue.Queue[tuple[_Worker, dict[str, Any] | None]] = queue.Queue()
        self._workers: list[_Worker] = []
        self._hired = 0
        self._failures: Counter[int] = Counter()  # by part; -1: at the start

    def machine(self) -> str:
        """The kind of machine that the film is made on. Raises UserError."""
        while True:
            if not self._workers:
                self._hire()
            worker, said = self._said.get()
            if said is None:
                self._replace(worker)
            elif "machine" in said:
                worker.ready = True
                return str(said["machine"])
            self._check(said)

    def make(self, parts: Sequence[Part], advance: Callable[[int], object]) -> Iterator[int]:
        """Have parts made; yields the number of each as it is there. advance: is told frames. Raises UserError."""
        waiting, left = deque(parts), len(parts)
        while left:
            while len(self._workers) < min(self._count, left):
                self._hire()
            for worker in self._workers:
                if waiting and worker.ready and worker.part is None:
                    self._give(worker, waiting.popleft())
            worker, said = self._said.get()
            self._check(said)
            if said is None:
                advance(-worker.frames)
                if worker.part is not None:
                    waiting.appendleft(worker.part)
                self._replace(worker)
            elif "machine" in said:
                worker.ready = True
            elif "frames" in said:
                worker.frames += said["frames"]
                advance(said["frames"])
            elif "made" in said:
                worker.part, worker.frames = None, 0
                left -= 1
                yield int(said["made"])

    def close(self) -> None:
        """End all of them, and what they are at."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            _let_go(worker)
        self._workers.clear()

    def _hire(self) -> None:
        number, self._hired = self._hired % self._count, self._hired + 1
        process = subprocess.Popen(
            [sys.executable, "-m", "dreamstream.render.film.worker", str(self._folder)],
            env=self._environment(number),
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
        worker = _Worker(number, process)
        self._workers.append(worker)
        threading.Thread(target=self._hear, args=(worker,), name=f"film worker {number}", daemon=True).start()
        threading.Thread(target=self._overhear, args=(worker,), name=f"film log {number}", daemon=True).start()

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

    def _hear(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        with worker.process.stdout as lines:
            for line in lines:
                try:
                    said = json.loads(line)
                except ValueError:
                    continue  # some library's print
                if isinstance(said, dict):
                    self._said.put((worker, said))
        worker.process.wait()
        self._said.put((worker, None))

    def _overhear(self, worker: _Worker) -> None:
        assert worker.process.stderr is not None
        with worker.process.stderr as lines:
            for line in lines:
                worker.tail.append(line.strip())

    def _give(self, worker: _Worker, part: Part) -> None:
        assert worker.process.stdin is not None
        worker.part = part
        try:
            worker.process.stdin.write(json.dumps(asdict(part)) + "\n")
            worker.process.stdin.flush()
        except OSError:
            pass  # it is dead, which is heard as well

    def _replace(self, worker: _Worker) -> None:
        """A worker has died: let another come, unless that has been tried often enough."""
        self._workers.remove(worker)
        _let_go(worker)
        key = -1 if worker.part is None else worker.part.number
        self._failures[key] += 1
        if self._failures[key] >= TRIES:
            at = "as it started" if worker.part is None else f"at part {key + 1}"
            why = f" It said last: {worker.tail[-1]}" if worker.tail else ""
            code = worker.process.returncode
            raise UserError(f"A worker of the film died {at}, {TRIES} times (exit code {code}).{why}")

    def _check(self, said: dict[str, Any] | None) -> None:
        if said is not None and "error" in said:
            raise UserError(str(said["error"]))


def _let_go(worker: _Worker) -> None:
    """Close what it was told by; what it said is closed by who heard it."""
    assert worker.process.stdin is not None
    with contextlib.suppress(OSError):
        worker.process.stdin.close()
