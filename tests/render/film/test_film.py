"""Films by several workers: the same bytes as by one, no seam, and what is made stays made."""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from dreamstream.cli.main import main
from dreamstream.core.errors import Interrupted, UsageError, UserError
from dreamstream.render import replay
from dreamstream.render.film import film
from dreamstream.render.film.crew import Crew
from dreamstream.render.film.process import LocalProcess
from tests.render.film.logs import dreamed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real show of 26 s, with checkpoints; a film of it has two parts."""
    return dreamed(tmp_path_factory.mktemp("log"), 26, 10)


def told(source: Path, output: Path, **more: Any) -> argparse.Namespace:
    """The arguments of the command."""
    usual: dict[str, Any] = {
        "size": None, "dream_size": None, "fps": None, "since": None, "until": None, "overlay": True, "finish": "auto",
        "force": False, "workers": 1, "audio": None, "given": [],
    }  # fmt: skip
    return argparse.Namespace(source=source, output=output, **(usual | more))


def pictures(path: Path) -> list[np.ndarray]:
    """Every frame of a video."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def by_one(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film as one worker makes it."""
    output = tmp_path_factory.mktemp("film") / "one.mp4"
    assert film.run(told(log, output)) == 0
    return output


def test_two_workers_make_the_same_file(log: Path, by_one: Path, tmp_path: Path) -> None:
    """To the last byte; one of them is killed at its work, and another takes its place."""
    output = tmp_path / "two.mp4"
    killed: list[int] = []
    hire = Crew._hire

    def watched(crew: Crew) -> None:
        hire(crew)
        if len(killed) == 0 and len(crew._workers) == 2:
            process = crew._workers[1].process
            assert isinstance(process, LocalProcess)
            killed.append(process.pid)
            os.kill(killed[0], signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Crew, "_hire", watched)
        assert film.run(told(log, output, workers=2)) == 0
    assert killed
    assert output.read_bytes() == by_one.read_bytes()
    assert not list(tmp_path.glob("*.parts"))


def test_there_is_no_seam(log: Path, by_one: Path, tmp_path: Path) -> None:
    """Every frame is what a replay in one go shows, about the seams as anywhere; each has its own time."""
    whole = tmp_path / "whole.mp4"
    args = told(log, whole, log=log, dream_size="show", exact=False, since=0.0)
    assert replay.run(args) == 0
    one, other = pictures(by_one), pictures(whole)
    assert len(one) == len(other) == 260
    apart = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(one, other, strict=True)]
    # Only the encoder, which begins each part with a key frame, is told apart.
    assert max(apart) < 2.0, apart
    with av.open(str(by_one)) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert np.ptp(np.diff(times)) == 0


def test_stopped_it_goes_on(log: Path, by_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C keeps what is there and leaves no process; the same command makes the rest, unless that does not fit."""
    output = tmp_path / "film.mp4"
    parts = tmp_path / "film.mp4.parts"
    make = Crew.make
    made: list[int] = []
    pids: list[int] = []

    def interrupted(crew: Crew, *args: Any) -> Any:
        for number in make(crew, *args):
            made.append(number)
            pids.extend(each.process.pid for each in crew._workers if isinstance(each.process, LocalProcess))
            yield number
            raise KeyboardInterrupt

    monkeypatch.setattr(Crew, "make", interrupted)
    with pytest.raises(Interrupted, match="keeps what is made"):
        film.run(told(log, output))
    assert len(made) == 1
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not output.exists()
    with pytest.raises(UsageError, match="parts of another film"):
        film.run(told(log, output, size="320x192"))
    monkeypatch.setattr(Crew, "make", make)
    # A part of another kind of machine, whose dreams differ, is found at its seam and named.
    about = parts / f"{made[0]:04d}.json"
    right = about.read_text()
    about.write_text(json.dumps(json.loads(right) | {"machine": "another", "dreams": ["0"] * 60}))
    with pytest.raises(UserError, match=r"do not fit.*two kinds of machine: another and"):
        film.run(told(log, output))
    about.write_text(right)
    assert film.run(told(log, output)) == 0
    assert output.read_bytes() == by_one.read_bytes()
    assert not parts.exists()


def test_what_cannot_be_is_said_before(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A span of nothing, no workers, a folder in use."""
    output = str(tmp_path / "film.mp4")
    assert main(["film", str(log), "-o", output, "--from", "99"]) == 2
    assert "there is nothing" in capsys.readouterr().err
    assert main(["film", str(log), "-o", output, "--workers", "0"]) == 2
    assert main(["film", str(log), "-o", str(tmp_path / "film.gif")]) == 2
    assert main(["film", str(log), "-o", output, "--preset", "night", "--steps", "2"]) == 2
    assert "tells itself what --preset, --steps would" in capsys.readouterr().err
    assert main(["film", str(log), "-o", output, "--gpus", "1"]) == 2
    assert main(["film", str(log), "-o", output, "--audio", str(log)]) == 1
    assert not list(tmp_path.iterdir())
