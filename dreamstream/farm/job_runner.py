"""Runs the jobs of a farm by its back end, and keeps in the farm's folder which there are.

    jobs.json  jobs/ID/log  jobs/ID/result (the exit code, written by the job's own process as its last act)

So a farm that was killed loses none: jobs go on, the next farm takes them over, and finds the results of those that
have ended meanwhile.
"""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from dreamstream.core.errors import UserError
from dreamstream.farm.backends.backend import Backend, Launch, ProcessSight
from dreamstream.farm.channel import END_WITHIN
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.jobs import COMMANDS, Job, JobQueue, JobState
from dreamstream.farm.launches import without_settings
from dreamstream.farm.plan import Plan

log = logging.getLogger(__name__)

_KEPT = "jobs"


class JobRunner:
    """The jobs of one farm. Its methods belong to the loop of the farm. clock: seconds since 1970."""

    def __init__(
        self, plan: Plan, folder: FarmFolder, backend: Backend, clock: Callable[[], float] = time.time
    ) -> None:
        self._plan, self._folder, self._backend, self._clock = plan, folder, backend, clock
        self._asked: dict[int, float] = {}  # those that were asked to end, and when
        self._queue = JobQueue(_read(folder), plan.jobs.at_once)
        for job in self._queue.on:
            if backend.adopt(_name(job.id)):
                log.info("Job %d runs already, and is looked after.", job.id)
            else:
                self._ended(job, ProcessSight(alive=False))

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are known."""
        return self._queue.jobs

    def take(self, plan: Plan) -> None:
        """From now on this plan says how many run at once."""
        self._plan = plan
        self._queue.at_once = plan.jobs.at_once

    def submit(self, command: Sequence[str], folder: str, output: str) -> str:
        """Have a command run when its turn comes; a sentence. Raises UserError when it cannot."""
        if not command or command[0] not in COMMANDS:
            raise UserError(f"A farm's jobs are {', '.join(COMMANDS)}.")
        job = self._queue.submit(command, folder, output, self._clock())
        self._keep()
        before = sum(each.state not in (JobState.DONE, JobState.FAILED, JobState.CANCELLED) for each in self.jobs) - 1
        turn = "it starts now" if before < self._queue.at_once else f"jobs before it: {before}"
        return f"Job {job.id} is to write {output}; {turn}. Its log is {self._log(job.id)}."

    def cancel(self, id: int) -> str:
        """End a job; a sentence. Raises UserError for one that there is not, or that is over."""
        job = self._queue.cancel(id, self._clock(), "somebody cancelled it")
        self._keep()
        return f"Job {id} is {job.state}."

    def look(self) -> None:
        """See which have ended, and start those whose turn it is."""
        now = self._clock()
        for job in self._queue.on:
            sight = self._backend.sight(_name(job.id))
            if not sight.alive:
                self._ended(job, sight)
            elif job.state is JobState.ENDING:
                self._end(job.id, now)
        while (due := self._queue.due()) is not None:
            self._start(due, now)

    def cancel_all(self) -> None:
        """The farm ends: those that run are ended, and those that wait go on waiting for the next farm."""
        for job in self._queue.on:
            self._queue.cancel(job.id, self._clock(), "the farm ended")
        self._queue.at_once = 0
        self._keep()

    def _start(self, job: Job, now: float) -> None:
        home = self._home(job.id)
        self._queue.started(job.id, now)
        self._keep()
        try:
            home.mkdir(parents=True, exist_ok=True)
            (home / "result").unlink(missing_ok=True)
            self._backend.start(_name(job.id), self._launch(job))
        except OSError as error:
            self._over(job, None, f"it cannot be started: {error.strerror or error}")
        else:
            log.info("Job %d begins: dreamstream %s", job.id, shlex.join(job.command))

    def _launch(self, job: Job) -> Launch:
        result = str(self._home(job.id) / "result")
        return Launch(
            [sys.executable, "-P", "-m", "dreamstream.cli.job", result, *job.command],
            # Beside channels it takes of an accelerator's memory what it needs, not most of it.
            without_settings(os.environ) | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
            Path(job.folder),
            self._log(job.id),
            self._plan.jobs.cpus,
            self._plan.jobs.gpus,
            elsewhere=False,
        )

    def _end(self, id: int, now: float) -> None:
        if id not in self._asked:
            self._asked[id] = now
            self._backend.end(_name(id))
        elif now - self._asked[id] >= END_WITHIN:
            self._asked[id] = now
            self._backend.kill(_name(id))

    def _ended(self, job: Job, sight: ProcessSight) -> None:
        try:
            code: int | None = int((self._home(job.id) / "result").read_text())
        except (OSError, ValueError):
            code = None
        self._over(job, code, "" if code is not None else sight.why or "its process was killed")

    def _over(self, job: Job, code: int | None, why: str) -> None:
        self._asked.pop(job.id, None)
        self._backend.forget(_name(job.id))
        ended = self._queue.ended(job.id, code, self._clock(), why)
        said = ended.why or ("" if not code else f"exit code {code}")
        log.info("Job %d is %s%s.", job.id, ended.state, f" ({said})" if said else "")
        for id in self._queue.prune():
            shutil.rmtree(self._home(id), ignore_errors=True)
        self._keep()

    def _keep(self) -> None:
        try:
            self._folder.save(_KEPT, {"jobs": [job.model_dump(mode="json") for job in self.jobs]})
        except OSError as error:  # a full disk; the jobs of this farm go on
            said = "which jobs there are cannot be kept, so a farm that is killed now would lose them; make room"
            log.warning("%s: %s.", error.strerror or error, said)

    def _home(self, id: int) -> Path:
        return self._folder.path / _KEPT / str(id)

    def _log(self, id: int) -> Path:
        return self._home(id) / "log"


def _read(folder: FarmFolder) -> tuple[Job, ...]:
    """The jobs that were kept; those that cannot be read are none."""
    kept = folder.load(_KEPT).get("jobs", [])
    try:
        return tuple(Job.model_validate(each) for each in kept)
    except (ValidationError, TypeError):
        log.warning("%s cannot be read; the farm begins without jobs.", folder.path / f"{_KEPT}.json")
        return ()


def _name(id: int) -> str:
    """What the back end calls it; no channel can be called so."""
    return f"job.{id}"
