"""Real processes of this machine: started, seen, ended, killed, and found again by the next farm."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dreamstream.farm.backends.backend import Launch, ProcessSight
from dreamstream.farm.backends.local import LocalProcesses
from tests.polling import until
from tests.processes import lives

# Says that it is there, and ends properly when it is asked to.
POLITE = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('on', flush=True)\n"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)\n"
WAIT = "time.sleep(600)\n"
CHILD = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)\n"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalProcesses]:
    """A back end that leaves nothing behind."""
    made = LocalProcesses(tmp_path)
    yield made
    for record in tmp_path.glob("*.json"):
        made.kill(record.stem)


def launch(folder: Path, code: str) -> Launch:
    """How a small program is started."""
    return Launch([sys.executable, "-u", "-c", code], dict(os.environ), folder, folder / "log")


def said(folder: Path, word: str) -> bool:
    """Whether the program has printed a word."""
    return word in (folder / "log").read_text()


def gone(local: LocalProcesses, name: str) -> ProcessSight:
    """What is seen of a process that ends now."""
    seen = [local.sight(name)]
    until(lambda: not seen.append(local.sight(name)) and not seen[-1].alive, 60, "its end")  # type: ignore[func-returns-value]
    return next(sight for sight in seen if not sight.alive)


@pytest.mark.skipif(os.name != "posix", reason="signals of other systems")
def test_started_seen_and_ended(local: LocalProcesses, tmp_path: Path) -> None:
    """It is alive with its memory, and ends with its own exit code when asked."""
    assert not local.sight("a").alive
    local.start("a", launch(tmp_path, POLITE + WAIT))
    until(lambda: said(tmp_path, "on"), 60, "its start")
    sight = local.sight("a")
    assert sight.alive
    assert sight.memory > 1 << 20
    local.end("a")
    assert gone(local, "a").code == 7
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.skipif(os.name != "posix", reason="signals of other systems")
def test_killed_with_what_it_started(local: LocalProcesses, tmp_path: Path) -> None:
    """One that does not listen is taken away, with its children."""
    local.start("a", launch(tmp_path, STUBBORN + CHILD + WAIT))
    until(lambda: len((tmp_path / "log").read_text().split()) == 2, 60, "its child")
    child = int((tmp_path / "log").read_text().split()[1])
    local.end("a")
    assert local.sight("a").alive
    local.kill("a")
    assert gone(local, "a").code == -9
    until(lambda: not lives(child), 60, "the child's end")


@pytest.mark.skipif(os.name != "posix", reason="signals of other systems")
def test_a_dead_channel_leaves_no_orphan(local: LocalProcesses, tmp_path: Path) -> None:
    """What somebody else killed: its children go with it."""
    local.start("a", launch(tmp_path, CHILD + "import time\n" + WAIT))
    until(lambda: (tmp_path / "log").read_text().strip(), 60, "its child")
    child = int((tmp_path / "log").read_text())
    psutil.Process(local.sight("a").pid).kill()
    assert gone(local, "a").code == -9
    until(lambda: not lives(child), 60, "the child's end")


def test_the_next_farm_finds_it(local: LocalProcesses, tmp_path: Path) -> None:
    """A process is adopted by its record; a record of a process that is gone, or of another one, is not."""
    local.start("a", launch(tmp_path, "import time\n" + WAIT))
    pid = local.sight("a").pid
    following = LocalProcesses(tmp_path)
    assert following.adopt("a")
    assert following.sight("a").pid == pid
    record = tmp_path / "a.json"
    kept = record.read_text()
    record.write_text(kept.replace('"created": ', '"created": 9'))
    assert not LocalProcesses(tmp_path).adopt("a")
    for bad in ("", "[]", '{"pid": "x", "created": 1}', '{"pid": 999999999, "created": 1}'):
        record.write_text(bad)
        assert not LocalProcesses(tmp_path).adopt("a")
    following.kill("a")
    assert not gone(local, "a").alive
    assert not following.sight("a").alive
    record.write_text(kept)
    assert not LocalProcesses(tmp_path).adopt("a")


def test_a_program_that_there_is_not(local: LocalProcesses, tmp_path: Path) -> None:
    """The system's reason reaches whoever starts it."""
    with pytest.raises(FileNotFoundError):
        local.start("a", Launch([str(tmp_path / "nothing")], {}, tmp_path, tmp_path / "log"))
    assert not local.sight("a").alive
