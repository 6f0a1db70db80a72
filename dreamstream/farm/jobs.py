"""Jobs of a farm: films, galleries and lessons that wait for their turn beside the channels. Pure: times are passed in.

    waiting --its turn--> running --exit code 0--> done
                          running --another end--> failed
    running --cancel--> ending --gone--> cancelled
    waiting --cancel--> cancelled

Invariants: first come, first served; no more run at once than the plan says; no two that wait or run write one file;
MOST_WAITING wait at most, and the last MOST_ENDED of those that have ended are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import Field

from dreamstream.core.errors import UserError
from dreamstream.core.status import Record

# The commands that make a file and end.
COMMANDS = ("film", "gallery", "render", "image", "learn", "teach")
MOST_WAITING = 50
MOST_ENDED = 50


class JobState(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDING = "ending"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_ON = (JobState.RUNNING, JobState.ENDING)
_OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Job(Record):
    """One command to be run. Times are seconds since 1970; 0 for what has not been."""

    id: int
    command: tuple[str, ...] = Field(description="The words after `dreamstream`.")
    folder: str = Field(description="From which its paths are meant.")
    output: str = Field(description="The file that it makes, as an absolute path.")
    state: JobState = JobState.WAITING
    code: int | None = Field(default=None, description="Its exit code, where it has ended by itself.")
    why: str = Field(default="", description="Why it ended, where that is more than its code.")
    asked_at: float = 0.0
    started_at: float = 0.0
    ended_at: float = 0.0


class JobQueue:
    """All jobs of a farm, in the order in which they came. at_once: how many may run at one time."""

    def __init__(self, jobs: Iterable[Job] = (), at_once: int = 1) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._next = max(self._jobs, default=0) + 1
        self.at_once = at_once

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are known."""
        return tuple(self._jobs.values())

    @property
    def on(self) -> tuple[Job, ...]:
        """Those that have a process."""
        return tuple(job for job in self.jobs if job.state in _ON)

    def submit(self, command: Sequence[str], folder: str, output: str, now: float) -> Job:
        """Have another one wait. Raises UserError when it cannot."""
        if not self.at_once:
            raise UserError("This farm takes no jobs: at_once in [jobs] of its plan is 0.")
        waiting = sum(job.state is JobState.WAITING for job in self.jobs)
        if waiting >= MOST_WAITING:
            raise UserError(f"{waiting} jobs wait already, which is the most; `dreamstream farm cancel ID` ends one.")
        for job in self.jobs:
            if job.output == output and job.state not in _OVER:
                raise UserError(f"Job {job.id}, which is {job.state}, writes {output} already; name another file.")
        made = Job(id=self._next, command=tuple(command), folder=folder, output=output, asked_at=now)
        self._next += 1
        return self._put(made)

    def due(self) -> Job | None:
        """The one whose turn it is; None for nobody's."""
        if len(self.on) >= self.at_once:
            return None
        return next((job for job in self.jobs if job.state is JobState.WAITING), None)

    def started(self, id: int, now: float) -> None:
        """It has a process now."""
        self._put(self._jobs[id].model_copy(update={"state": JobState.RUNNING, "started_at": now}))

    def cancel(self, id: int, now: float, why: str = "") -> Job:
        """Have it not run, or end; a running one is ending then. Raises UserError for one that there is not."""
        job = self._jobs.get(id)
        if job is None:
            raise UserError(f"There is no job {id}; `dreamstream farm jobs` lists them.")
        if job.state in _OVER:
            raise UserError(f"Job {id} is {job.state} already.")
        if job.state is JobState.WAITING:
            return self._over(job, JobState.CANCELLED, now, why=why)
        return self._put(job.model_copy(update={"state": JobState.ENDING, "why": why}))

    def ended(self, id: int, code: int | None, now: float, why: str = "") -> Job:
        """Its process is gone. code: how it ended by itself; None where it did not."""
        job = self._jobs[id]
        if code == 0:
            return self._over(job, JobState.DONE, now, code)
        if job.state is JobState.ENDING:
            return self._over(job, JobState.CANCELLED, now, code, job.why)
        return self._over(job, JobState.FAILED, now, code, why)

    def prune(self) -> tuple[int, ...]:
        """Forget those that ended longest ago, but for the last MOST_ENDED; which they were."""
        over = sorted((job.ended_at, job.id) for job in self.jobs if job.state in _OVER)
        # The number of the last one is never given again.
        gone = tuple(id for _, id in over[: max(0, len(over) - MOST_ENDED)] if id != self._next - 1)
        for id in gone:
            del self._jobs[id]
        return gone

    def _over(self, job: Job, state: JobState, now: float, code: int | None = None, why: str = "") -> Job:
        return self._put(job.model_copy(update={"state": state, "code": code, "why": why, "ended_at": now}))

    def _put(self, job: Job) -> Job:
        self._jobs[job.id] = job
        return job
