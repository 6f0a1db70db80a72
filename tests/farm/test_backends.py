"""Real processes, of this machine and of a Ray cluster of three nodes: started, seen, ended, killed, and found again.

The same tests are for both back ends, and some more for a cluster.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dreamstream.farm.backends.backend import Backend, Launch, ProcessSight
from dreamstream.farm.backends.local import SETTLED, LocalProcesses
from dreamstream.farm.backends.ray_cluster import RayProcesses
from dreamstream.farm.folder import FarmFolder
from dreamstream.farm.job_runner import JobRunner
from dreamstream.farm.plan import read_plan
from tests.polling import until
from tests.processes import lives

# Says that it is there, and ends properly when it is asked to.
POLITE = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('on', flush=True)\n"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)\n"
WAIT = "time.sleep(600)\n"
CHILD = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)\n"


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and Ray, of other systems")


@pytest.fixture(params=["local", "ray"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which back end."""
    return str(request.param)


@pytest.fixture
def make(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Backend]]:
    """Makes back ends on the same records, one for each farm; leaves nothing behind."""
    records = tmp_path / "records"
    records.mkdir()
    made: list[Backend] = []

    def another() -> Backend:
        if kind == "ray":
            if made:
                made[-1].close()
            made.append(RayProcesses(records, request.getfixturevalue("cluster").address))
        else:
            made.append(LocalProcesses(records))
        return made[-1]

    yield another
    for record in records.glob("*.json"):
        for backend in made[-1:]:
            backend.kill(record.stem)
    for backend in made[-1:]:
        backend.close()


@pytest.fixture
def backend(make: Callable[[], Backend]) -> Backend:
    """The first one."""
    return make()


def launch(folder: Path, code: str) -> Launch:
    """How a small program is started."""
    return Launch([sys.executable, "-u", "-c", code], dict(os.environ), folder, folder / "log")


def said(folder: Path, word: str) -> bool:
    """Whether the program has printed a word."""
    return word in log(folder)


def log(folder: Path) -> str:
    """What it has printed so far."""
    return (folder / "log").read_text() if (folder / "log").exists() else ""


def gone(backend: Backend, name: str) -> ProcessSight:
    """What is seen of a process that ends now."""
    seen = [backend.sight(name)]
    until(lambda: not seen.append(backend.sight(name)) and not seen[-1].alive, 60, "its end")  # type: ignore[func-returns-value]
    return next(sight for sight in seen if not sight.alive)


def test_started_seen_and_ended(backend: Backend, tmp_path: Path) -> None:
    """It is alive with its memory, and ends with its own exit code when asked."""
    assert not backend.sight("a").alive
    backend.start("a", launch(tmp_path, POLITE + WAIT))
    until(lambda: said(tmp_path, "on"), 60, "its start")
    until(lambda: backend.sight("a").memory > 1 << 20, 60, "its memory")
    assert backend.sight("a").alive
    backend.end("a")
    assert gone(backend, "a").code == 7
    until(lambda: not list((tmp_path / "records").glob("*.json")), 60, "the end of its record")


def test_killed_with_what_it_started(backend: Backend, tmp_path: Path) -> None:
    """One that does not listen is taken away, with its children."""
    backend.start("a", launch(tmp_path, STUBBORN + CHILD + WAIT))
    until(lambda: len(log(tmp_path).split()) == 2, 60, "its child")
    child = int(log(tmp_path).split()[1])
    until(lambda: backend.sight("a").pid, 60, "its number")
    backend.end("a")
    assert backend.sight("a").alive
    backend.kill("a")
    assert gone(backend, "a").code == -9
    until(lambda: not lives(child), 60, "the child's end")


def test_a_dead_channel_leaves_no_orphan(backend: Backend, tmp_path: Path) -> None:
    """What somebody else killed: its children go with it, and it is started again as if nothing had been."""
    backend.start("a", launch(tmp_path, CHILD + "import time\n" + WAIT))
    until(lambda: log(tmp_path).strip(), 60, "its child")
    child = int(log(tmp_path))
    until(lambda: backend.sight("a").pid, 60, "its number")
    pid = backend.sight("a").pid
    psutil.Process(pid).kill()
    assert gone(backend, "a").code == -9
    until(lambda: not lives(child), 60, "the child's end")
    backend.start("a", launch(tmp_path, "import time\n" + WAIT))
    until(lambda: backend.sight("a").pid not in (0, pid), 60, "another one")


def test_the_next_farm_finds_it(make: Callable[[], Backend], tmp_path: Path) -> None:
    """A process is adopted by its record; a record of nothing, or of a process that is gone, is not."""
    first = make()
    first.start("a", launch(tmp_path, "import time\n" + WAIT))
    until(lambda: first.sight("a").pid, 60, "its number")
    pid = first.sight("a").pid
    following = make()
    assert following.adopt("a")
    assert following.sight("a").pid == pid
    assert lives(pid)
    record = tmp_path / "records" / "a.json"
    kept = record.read_text()
    other = tmp_path / "records" / "b.json"
    for bad in ("", "[]", '{"pid": "x", "created": 1, "actor": "nobody"}', '{"pid": 999999999, "created": 1}'):
        other.write_text(bad)
        assert not following.adopt("b")
    other.unlink()
    following.kill("a")
    assert not gone(following, "a").alive
    until(lambda: not lives(pid), 60, "its end")
    until(lambda: not record.exists(), 60, "the end of its record")
    record.write_text(kept)
    assert not following.adopt("a")
    record.unlink()


def test_a_job_is_made(backend: Backend, tmp_path: Path) -> None:
    """A picture, and one that cannot be: their exit codes, and what they have said, are there."""
    (tmp_path / "farm.toml").write_text("farm = 1\n[jobs]\nat_once = 2\n[channels.a]\n")
    home = FarmFolder(tmp_path / "farm")
    assert home.open()
    runner = JobRunner(read_plan(tmp_path / "farm.toml", 0), home, backend)
    small = ("--size", "160x96", "--steps", "2")
    for word in ("bee", "nothing of the kind"):
        made = f"{word}.png"
        runner.submit(["image", "-c", word, "-o", made, *small], str(tmp_path), str(tmp_path / made))

    def over() -> bool:
        runner.look()
        return all(job.ended_at for job in runner.jobs)

    until(over, 120, "the jobs")
    assert [(job.state.value, job.code) for job in runner.jobs] == [("done", 0), ("failed", 2)]
    assert (tmp_path / "bee.png").read_bytes().startswith(b"\x89PNG")
    assert "bee.png" in (home.path / "jobs" / "1" / "log").read_text()
    assert "nothing of the kind" in (home.path / "jobs" / "2" / "log").read_text()
    home.close()


def test_another_process_of_the_same_number(tmp_path: Path) -> None:
    """A local record names a process by its start, too."""
    first = LocalProcesses(tmp_path)
    first.start("a", launch(tmp_path, "import time\n" + WAIT))
    record = tmp_path / "a.json"
    record.write_text(record.read_text().replace('"created": ', '"created": 9'))
    assert not LocalProcesses(tmp_path).adopt("a")
    first.kill("a")
    gone(first, "a")


def test_a_program_that_there_is_not(tmp_path: Path) -> None:
    """The system's reason reaches whoever starts it."""
    local = LocalProcesses(tmp_path)
    with pytest.raises(FileNotFoundError):
        local.start("a", Launch([str(tmp_path / "nothing")], {}, tmp_path, tmp_path / "log"))
    assert not local.sight("a").alive


def test_who_is_up_gives_way(tmp_path: Path) -> None:
    """Its session has a smaller share of the processor than a new one has; a name that nobody has changes nothing."""
    local = LocalProcesses(tmp_path)
    local.start("a", launch(tmp_path, POLITE + WAIT))
    until(lambda: said(tmp_path, "on"), 60, "its start")
    pid = local.sight("a").pid
    local.settle("a")
    local.settle("nobody")
    shared = Path(f"/proc/{pid}/autogroup")
    if shared.exists():  # else the kernel does not share among sessions, and nothing is to be done
        assert shared.read_text().split()[-1] == str(SETTLED)
    local.kill("a")
    gone(local, "a")
