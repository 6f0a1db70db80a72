"""The queue of a farm's jobs: every way through it, with a clock that is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.errors import UserError
from dreamstream.farm.jobs import MOST_ENDED, MOST_WAITING, Job, JobQueue


def submit(queue: JobQueue, output: str = "", now: float = 0.0) -> Job:
    """One more, that writes a file of its own where none is named."""
    return queue.submit(["image", "-c", "bee"], "/home", output or f"/home/{len(queue.jobs)}-{now}.png", now)


def states(queue: JobQueue) -> dict[int, str]:
    """How each is."""
    return {job.id: job.state.value for job in queue.jobs}


def test_first_come_first_served() -> None:
    """One at a time; the next when the one before is over, whatever became of it."""
    queue = JobQueue()
    for _ in range(3):
        submit(queue)
    for id, code, state in ((1, 0, "done"), (2, 1, "failed"), (3, None, "failed")):
        due = queue.due()
        assert due is not None
        assert due.id == id
        queue.started(id, 5.0)
        assert queue.due() is None
        assert [job.id for job in queue.on] == [id]
        ended = queue.ended(id, code, 9.0, "its process was killed" if code is None else "")
        assert (ended.state.value, ended.code, ended.started_at, ended.ended_at) == (state, code, 5.0, 9.0)
    assert queue.due() is None
    assert queue.jobs[2].why == "its process was killed"


def test_several_at_once_and_none() -> None:
    """As many as the plan says; a farm may take none at all."""
    queue = JobQueue(at_once=2)
    for _ in range(3):
        submit(queue)
    for _ in range(2):
        if (due := queue.due()) is not None:
            queue.started(due.id, 0.0)
    assert states(queue) == {1: "running", 2: "running", 3: "waiting"}
    assert queue.due() is None
    queue.at_once = 0
    with pytest.raises(UserError, match=r"at_once in \[jobs\]"):
        submit(queue)


def test_cancelled() -> None:
    """One that waits is so at once, one that runs when its process is gone; one that was done first is done."""
    queue = JobQueue(at_once=2)
    for _ in range(3):
        submit(queue)
    queue.started(1, 0.0)
    queue.started(2, 0.0)
    for id, state in ((1, "ending"), (2, "ending"), (3, "cancelled")):
        assert queue.cancel(id, 4.0, "somebody cancelled it").state.value == state
    assert queue.ended(1, 130, 6.0, "x").model_dump(include={"state", "code", "why"}) == {
        "state": "cancelled",
        "code": 130,
        "why": "somebody cancelled it",
    }
    assert queue.ended(2, 0, 6.0).state.value == "done"
    for id, words in ((1, "is cancelled already"), (2, "is done already"), (9, "There is no job 9")):
        with pytest.raises(UserError, match=words):
            queue.cancel(id, 7.0)


def test_what_is_refused() -> None:
    """A queue that is full, and a file that another job is to write."""
    queue = JobQueue()
    submit(queue, "/home/a.png")
    with pytest.raises(UserError, match=r"Job 1, which is waiting, writes /home/a\.png already"):
        submit(queue, "/home/a.png")
    queue.started(1, 0.0)
    with pytest.raises(UserError, match="which is running"):
        submit(queue, "/home/a.png")
    queue.ended(1, 0, 1.0)
    submit(queue, "/home/a.png")
    while len(queue.jobs) < MOST_WAITING + 1:
        submit(queue)
    with pytest.raises(UserError, match="50 jobs wait already, which is the most"):
        submit(queue)


def test_the_ended_are_forgotten_after_a_while() -> None:
    """The last ones are known, and no number is ever given twice, also by the next farm."""
    queue = JobQueue()
    for now in range(MOST_ENDED + 3):
        made = submit(queue, now=float(now))
        queue.started(made.id, now)
        queue.ended(made.id, 0, float(-now))  # the first ended last, by a clock that was set back
        gone = queue.prune()
    assert len(queue.jobs) == MOST_ENDED + 1
    assert gone == (MOST_ENDED + 2,)
    assert submit(JobQueue(queue.jobs)).id == MOST_ENDED + 4


@given(st.lists(st.sampled_from(["submit", "start", "end", "cancel", "prune"]), max_size=60), st.integers(1, 3))
def test_whatever_happens(orders: list[str], at_once: int) -> None:
    """No more run than may, none runs before one that came earlier, and all can be kept and read again."""
    queue = JobQueue(at_once=at_once)
    begun: list[int] = []
    for now, order in enumerate(orders):
        if order == "submit":
            submit(queue, now=float(now))
        elif order == "start" and (due := queue.due()) is not None:
            queue.started(due.id, now)
            begun.append(due.id)
        elif order == "end" and queue.on:
            queue.ended(queue.on[-1].id, now % 2, now)
        elif order == "cancel" and (left := [job for job in queue.jobs if job.state in ("waiting", "running")]):
            queue.cancel(left[0].id, now)
        elif order == "prune":
            queue.prune()
        assert len(queue.on) <= at_once
        again = JobQueue((Job.model_validate(job.model_dump(mode="json")) for job in queue.jobs), at_once)
        assert (again.jobs, again.due()) == (queue.jobs, queue.due())
    assert begun == sorted(begun)
