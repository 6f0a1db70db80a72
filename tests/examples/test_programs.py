"""The examples that are programs, run as a person runs them."""

from __future__ import annotations

import runpy
import signal
import subprocess
import sys
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from dreamstream.core.errors import UserError

ROOT = Path(__file__).parents[2]


def command(name: str, *args: str) -> list[str]:
    """The command line of an example."""
    return [sys.executable, str(ROOT / "examples" / name), *args]


def test_every_example_has_its_test_and_its_line() -> None:
    """None is added that nobody runs or finds."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    table = (ROOT / "examples/README.md").read_text()
    for path in (ROOT / "examples").iterdir():
        if path.suffix == ".py" or (path / "pyproject.toml").exists():
            assert f'"{path.name}"' in tests, path.name
            assert f"({path.name}" in table, path.name


@pytest.mark.parametrize(
    ("language", "answers"),
    [
        ("en", ["@you bee + pizza is next.", "@ann 1 waiting: bee + pizza (you).", "@ann That is for moderators."]),
        (
            "de",
            [
                "@you bee + pizza kommt als Nächstes.",
                "@ann 1 wartet: bee + pizza (you).",
                "@ann Das ist für Moderatoren.",
            ],
        ),
    ],
)
def test_the_chat_bot(language: str, answers: list[str]) -> None:
    """A wish, a look at the queue, and what only moderators may."""
    lines = "!dream bee + pizza\nann: !queue\nann: !skip\nmod: !skip\nhello there\n"
    done = subprocess.run(
        command("chat_bot.py", language),
        input=lines,
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == 5
    assert said[:3] == answers
    assert said[3].startswith("@mod ")
    assert said[4].startswith("On now: ")


def test_the_page_without_a_show() -> None:
    """It is served, its picture moves, and what a visitor asks for is on."""
    process = subprocess.Popen(
        command("page_without_a_show.py", "0"),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Open ").strip()
        with httpx.Client(base_url=url, timeout=60) as client:
            assert "<title>" in client.get("/").text
            assert client.post("/api/ask", json={"text": "!dream lava", "who": "ann"}).json() == {
                "reply": "lava is on."
            }
            status = client.get("/api/status").json()
            assert (status["now"]["title"], status["now"]["who"]) == ("lava", "ann")
            while client.get("/api/status").json()["frames"]["sent"] <= status["frames"]["sent"]:
                assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait(timeout=60)


@pytest.mark.slow
def test_a_wish_becomes_a_picture(tmp_path: Path) -> None:
    """The picture has been dreamed: it is of the size asked for, and no grey. A word that is none is refused."""
    main = runpy.run_path(str(ROOT / "examples" / "wish_to_picture.py"))["main"]
    main("bee left + pizza right - dog", tmp_path / "wish.png", dreams=3, size=(320, 192))
    with Image.open(tmp_path / "wish.png") as picture:
        assert picture.size == (320, 192)
        assert np.asarray(picture).std() > 8
    with pytest.raises(UserError, match="Near to it: bee"):
        main("beeeex", tmp_path / "none.png", dreams=1, size=(320, 192))


@pytest.mark.slow
def test_a_film_from_a_cue_list(tmp_path: Path) -> None:
    """Every frame is there, the first is no noise, and the camera moves."""
    runpy.run_path(str(ROOT / "examples" / "cue_list.py"))["main"](tmp_path / "film.mp4", 1.0, (320, 192), 10)
    with av.open(str(tmp_path / "film.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in film.decode(video=0)]
    assert len(frames) == 10
    assert frames[0].shape == (192, 320, 3)
    assert frames[0].std() > 8
    assert np.abs(frames[-1] - frames[0]).mean() > 4
