"""The workers of a film: processes that are given parts as they have time, and replaced where they die.

    a worker: starting --machine--> free --part--> busy --made--> free
    starting --another kind of machine--> let go
    starting, busy --died--> another one starts, and its part is given again; after TRIES in vain the film ends

    a part: waiting --its checkpoint is there--> given --made--> there

Whatever ends the crew, `close` leaves no process behind; and a worker ends by itself when its crew is gone.
"""

from __future__ import annotations

import json
import logging
import queue
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dreamstream.core.errors import UserError
from dreamstream.render.film.parts import Part
from dreamstream.render.film.process import Process, Processes

log = logging.getLogger(__name__)

TRIES = 3


@dataclass(eq=False)
class _Worker:
    """One process. part: the one that it is at. frames: how many of it were told."""

    process: Process = field(init=False)
    ready: bool = False
    part: Part | None = None
    frames: int = 0


class Crew:
    """Workers that make the parts of the film in a folder. count: how many at most. processes: where they run."""

    def __init__(self, folder: Path, count: int, processes: Processes) -> None:
        self._folder, self.count, self._processes = folder, count, processes
        self._said: queue.Queue[tuple[_Worker, str | None]] = queue.Queue()
        self._workers: list[_Worker] = []
        self._hired = 0
        self._machine = ""
        self._failures: Counter[int] = Counter()  # by part; -1: at the start

    def machine(self) -> str:
        """The kind of machine that the film is made on. Raises UserError."""
        while not self._machine:
            if not self._workers:
                self._hire()
            self._hear()
        return self._machine

    def make(self, parts: Sequence[Part], given: set[int], advance: Callable[[int], object]) -> Iterator[int]:
        """Have parts made; yields the number of each as it is there. advance: is told frames. Raises UserError.

        given: numbers of the checkpoints that there are; a part whose checkpoint is missing waits for it.
        """
        waiting, left = list(parts), len(parts)
        while left:
            while len(self._workers) < min(self.count, left):
                self._hire()
            for worker in [each for each in self._workers if each.ready and each.part is None]:
                due = next((part for part in waiting if part.checkpoint is None or part.checkpoint in given), None)
                if due is not None:
                    waiting.remove(due)
                    worker.part = due
                    worker.process.tell(json.dumps(asdict(due)))
            worker, said = self._hear()
            if said is None:
                advance(-worker.frames)
                if worker.part is not None:
                    waiting.insert(0, worker.part)
            elif "frames" in said:
                worker.frames += said["frames"]
                advance(said["frames"])
            elif "gave" in said:
                given.add(int(said["gave"]))
            elif "made" in said:
                worker.part, worker.frames = None, 0
                left -= 1
                yield int(said["made"])

    def close(self) -> None:
        """End all of them, and what they are at."""
        for worker in self._workers:
            worker.process.kill()
        self._workers.clear()

    def _hire(self) -> None:
        worker = _Worker()
        number, self._hired = self._hired % self.count, self._hired + 1
        worker.process = self._processes.start(self._folder, number, lambda line: self._said.put((worker, line)))
        self._workers.append(worker)

    def _hear(self) -> tuple[_Worker, dict[str, Any] | None]:
        """What a worker says next; None: it has died or was let go, and another may come. Raises UserError."""
        while True:
            worker, line = self._said.get()
            if worker not in self._workers:
                continue  # it was let go
            if line is None:
                self._bury(worker)
                return worker, None
            try:
                said = json.loads(line)
            except ValueError:
                continue  # some library's print
            if not isinstance(said, dict):
                continue
            if "error" in said:
                raise UserError(str(said["error"]))
            if "machine" in said and not self._takes(worker, str(said["machine"])):
                return worker, None
            return worker, said

    def _takes(self, worker: _Worker, kind: str) -> bool:
        """Whether a worker that has started is of the kind of machine that the film is made on; else it is let go."""
        self._machine = self._machine or kind
        worker.ready = kind == self._machine
        if not worker.ready:
            log.warning(
                "A worker is on another kind of machine (%s) than the film (%s), where dreams differ in their last "
                "bits; it goes on without that worker.",
                kind,
                self._machine,
            )
            self._workers.remove(worker)
            worker.process.kill()
            self.count = max(1, self.count - 1)
            self._failures[-1] += not self._workers
            if self._failures[-1] >= TRIES:
                raise UserError(f"There is no machine any more of the kind that the film is made on: {self._machine}.")
        return worker.ready

    def _bury(self, worker: _Worker) -> None:
        """A worker has died: let another come, unless that has been tried often enough."""
        self._workers.remove(worker)
        worker.process.kill()
        key = -1 if worker.part is None else worker.part.number
        self._failures[key] += 1
        if self._failures[key] >= TRIES:
            at = "as it started" if worker.part is None else f"at part {key + 1}"
            raise UserError(f"A worker of the film died {at}, {TRIES} times {worker.process.why()}")
