"""A farm's jobs as processes that a test plays: started, ended, killed, and taken over by the next farm."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.farm.backends.backend import Launch, ProcessSight
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.job_runner import JobRunner
from dreamstream.farm.plan import read_plan
from tests.farm.stage import Processes


class Jobs:
    """A runner whose processes and clock a test plays."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.processes = folder, 100.0, Processes()
        self.home = FarmFolder(folder / "farm")
        assert self.home.open()
        self.plan("")
        self.again()

    def plan(self, text: str) -> None:
        """What the farm is told."""
        path = self.folder / "farm.toml"
        path.write_text(f"farm = 1\n{text}\n[channels.a]\n")
        self.read = read_plan(path, 0)

    def again(self) -> None:
        """Another farm on the same folder."""
        self.runner = JobRunner(self.read, self.home, self.processes, lambda: self.now)

    def submit(self, name: str) -> str:
        """One more picture."""
        return self.runner.submit(["image", "-c", "bee"], str(self.folder), str(self.folder / name))

    def end(self, id: int, code: int | None) -> None:
        """Its process ends, and says its code where it can."""
        if code is not None:
            (self.home.path / "jobs" / str(id) / "result").write_text(str(code))
        self.processes.running.pop(f"job.{id}")

    def states(self) -> list[tuple[str, int | None]]:
        """How each is."""
        return [(job.state.value, job.code) for job in self.runner.jobs]


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """A farm without jobs."""
    return Jobs(tmp_path)


def test_jobs_run_one_after_the_other(jobs: Jobs) -> None:
    """Each from its folder, without settings of the farm's, with a log of its own; its code is told."""
    log = jobs.home.path / "jobs" / "1" / "log"
    assert jobs.submit("a.png") == f"Job 1 is to write {jobs.folder / 'a.png'}; it starts now. Its log is {log}."
    assert "; jobs before it: 1." in jobs.submit("b.png")
    with pytest.raises(UserError, match="A farm's jobs are film, gallery"):
        jobs.runner.submit(["serve"], "/", "/x")
    jobs.runner.look()
    assert jobs.states() == [("running", None), ("waiting", None)]
    name, launch = jobs.processes.launches[0]
    assert isinstance(launch, Launch)
    assert (name, launch.folder, launch.log, launch.elsewhere) == ("job.1", jobs.folder, log, False)
    assert launch.command[1:] == ["-P", "-m", "dreamstream.cli.job", str(log.parent / "result"), "image", "-c", "bee"]
    assert launch.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    jobs.now += 7
    jobs.end(1, 0)
    jobs.runner.look()
    assert jobs.states() == [("done", 0), ("running", None)]
    assert (jobs.runner.jobs[0].started_at, jobs.runner.jobs[0].ended_at) == (100.0, 107.0)
    jobs.end(2, 1)
    jobs.runner.look()
    assert jobs.states() == [("done", 0), ("failed", 1)]


def test_one_that_was_killed_or_cannot_be_started(jobs: Jobs) -> None:
    """It is said why, and the next has its turn."""
    for name in ("a.png", "b.png", "c.png"):
        jobs.submit(name)
    jobs.runner.look()
    jobs.end(1, None)
    jobs.processes.broken = "No space left on device"
    jobs.runner.look()
    jobs.processes.broken = ""
    assert jobs.states() == [("failed", None)] * 3
    assert [job.why for job in jobs.runner.jobs] == [
        "its process was killed",
        *["it cannot be started: No space left on device"] * 2,
    ]


def test_cancelled(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is asked once, and killed when it takes too long."""
    jobs.submit("a.png")
    jobs.submit("b.png")
    jobs.runner.look()
    monkeypatch.setattr(jobs.processes, "end", jobs.processes.ended.append)  # it does not listen
    assert jobs.runner.cancel(2) == "Job 2 is cancelled."
    assert jobs.runner.cancel(1) == "Job 1 is ending."
    for _ in range(3):
        jobs.runner.look()
    assert jobs.processes.ended == ["job.1"]
    assert jobs.processes.running
    jobs.now += 10
    jobs.runner.look()
    assert not jobs.processes.running
    jobs.runner.look()
    assert jobs.states() == [("cancelled", None)] * 2
    assert jobs.runner.jobs[0].why == "somebody cancelled it"


def test_the_next_farm_takes_them_over(jobs: Jobs) -> None:
    """After a farm was killed: what runs goes on, what has ended meanwhile is told, what waits has its turn."""
    jobs.plan("[jobs]\nat_once = 2")
    jobs.again()
    for name in ("a.png", "b.png", "c.png"):
        jobs.submit(name)
    jobs.runner.look()
    jobs.end(2, 0)
    jobs.again()
    assert jobs.states() == [("running", None), ("done", 0), ("waiting", None)]
    jobs.runner.look()
    assert jobs.states()[2] == ("running", None)
    assert [name for name, _ in jobs.processes.launches] == ["job.1", "job.2", "job.3"]
    jobs.submit("d.png")
    jobs.runner.cancel_all()
    jobs.runner.look()
    jobs.runner.look()
    assert jobs.states()[0] == ("cancelled", None)
    assert jobs.states()[3] == ("waiting", None)
    jobs.again()
    jobs.runner.look()
    assert jobs.states()[3] == ("running", None)


def test_what_cannot_be_read_is_no_job(jobs: Jobs) -> None:
    """A file of another shape costs the jobs, never the farm."""
    for kept in ('{"jobs": 5}', '{"jobs": [5]}', '{"jobs": [{"id": 1}]}', "[]"):
        (jobs.home.path / "jobs.json").write_text(kept)
        jobs.again()
        assert jobs.runner.jobs == ()


def test_a_node_that_is_gone_is_said(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the back end knows more is the reason."""
    jobs.submit("a.png")
    jobs.runner.look()
    jobs.processes.running.clear()
    monkeypatch.setattr(jobs.processes, "sight", lambda name: ProcessSight(alive=False, why="its node is gone"))
    jobs.runner.look()
    assert jobs.runner.jobs[0].why == "its node is gone"


def test_a_full_disk_is_said_and_jobs_go_on(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They run, and whoever keeps the farm knows that a killed one would forget them."""

    def full(name: str, value: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(jobs.home, "save", full)
    jobs.submit("a.png")
    jobs.runner.look()
    assert jobs.states() == [("running", None)]
    assert "No space left on device: which jobs there are cannot be kept" in caplog.text
