"""The example of a dreamer: installed, and used by every command that dreams, as the built-in one is."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dreamstream.cli.main import main
from dreamstream.core.errors import UserError
from dreamstream.dreamers import registry
from tests.e2e.served import Served
from tests.examples.packages import EXAMPLES, install
from tests.polling import until

ROOT = Path(__file__).parents[2]
SMALL = ["--dreamer", "plasma", "--size", "160x96"]


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that it is installed in."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(install("a_dreamer", tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "dreamstream_plasma", raising=False)
    return tmp_path / "site"


def frames(path: Path) -> list[np.ndarray]:
    """The pictures of a video."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_it_is_small() -> None:
    """A dreamer is a file of at most 60 lines."""
    assert len((EXAMPLES / "a_dreamer" / "dreamstream_plasma.py").read_text().splitlines()) <= 60


def test_a_video_of_it(tmp_path: Path) -> None:
    """What is wished for is seen, it moves, and no frame is swayed: the fade between two dreams is all there is."""
    output = tmp_path / "red.mp4"
    assert main(["render", "red", "-o", str(output), "--seconds", "2", "--fps", "10", *SMALL]) == 0
    pictures = frames(output)
    assert len(pictures) == 20
    red, green, blue = np.mean(pictures, axis=(0, 1, 2))
    assert red > green + 5
    assert red > blue + 5
    assert np.abs(pictures[0].astype(int) - pictures[-1]).mean() > 5


def test_a_picture_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It counts no steps, so dreams are counted."""
    output = tmp_path / "blue.png"
    assert main(["image", "-c", "blue", "-o", str(output), *SMALL]) == 0
    assert np.asarray(Image.open(output)).shape == (96, 160, 3)
    assert "30 dreams" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["red", "--steps", "4"], "The dreamer plasma does not count steps; leave --steps out."),
        (["layer relu4_3"], "The dreamer plasma takes no wish like 'layer relu4_3' (kind layer); it takes class."),
        (["bee"], "There is no class 'bee'."),
        (["red", "--set", "zoom=1.1"], "--set: there is no control 'zoom'; there is speed."),
        (["red", "--set", "speed=11"], "--set: speed must be 0 to 10 times, not 11."),
    ],
)
def test_what_it_cannot_do_is_said(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence, before anything starts."""
    assert main(["render", *words, "-o", str(tmp_path / "no.mp4"), *SMALL]) == 2
    assert sentence in capsys.readouterr().err


def test_a_broken_package_is_said(site: Path) -> None:
    """Whatever its import raises is one sentence; the other dreamers are there."""
    (site / "dreamstream_plasma.py").write_text("import nothing_of_the_kind\n")
    with pytest.raises(UserError, match=r"The dreamer plasma cannot be used: .*nothing_of_the_kind"):
        registry.describe("plasma")
    assert registry.names() == ["ascent", "doodle", "latent", "watch", "plasma", "ancestor", "cartoon-cats"]
    assert registry.describe("ascent").name == "ascent"


def test_an_unfinished_package_is_said(site: Path) -> None:
    """What is missing is named."""
    (site / "dreamstream_plasma.py").write_text("def describe(request): ...\n")
    with pytest.raises(UserError, match=r"dreamstream_plasma has no open_dreamer, picture_of"):
        registry.open_dreamer("plasma")


@pytest.mark.slow
def test_a_show_of_it(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page, chat, recording and log of a whole show; it goes on after a restart, and can be replayed."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(site), str(ROOT))))
    film = tmp_path / "show.mkv"
    with Served(tmp_path, "--dreamer", "plasma", "--record", str(film), "--set", "speed=3") as show:
        show.until_dreaming(30)
        assert "red" in [word["name"] for word in show.get("api/classes")["classes"]]
        assert "red" in show.ask("red", "ada")
        assert "do not know" in show.ask("bee", "bob")
        until(lambda: show.status()["now"]["title"] == "red", 30, "red to be dreamed", 0.1)
        until(lambda: show.status()["dream"]["number"] > 20, 30, "dreams", 0.1)
        assert show.status()["dream"]["cost"] == {}
        time.sleep(1)
        code, _ = show.end()
        assert code == 0
    pictures = frames(film)
    assert len(pictures) > 20
    first = pictures[len(pictures) // 2]
    assert np.abs(first.astype(int) - pictures[-1]).mean() > 2
    (log,) = (tmp_path / "state" / "replay").glob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert (lines[0]["dreamer"], lines[0]["model"]) == ("plasma", "")
    again = tmp_path / "again.mp4"
    assert main(["replay", str(log), "-o", str(again), "--dream-size", "show", "--to", "1"]) == 0
    assert frames(again)
