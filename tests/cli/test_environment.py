"""What the environment says of JAX and of text: the same dreams, one sentence, and pipes of any encoding."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dreamstream.doctor import checks
from dreamstream.doctor.finding import FAIL
from dreamstream.support import machine

SMALL = ("--size", "160x96", "--steps", "3")
NOWHERE = [("JAX_PLATFORMS", "cuda"), ("JAX_PLATFORMS", "gpu,cpu"), ("JAX_PLATFORM_NAME", "gpu")]
needs_no_card = pytest.mark.skipif(machine.accelerator() != "", reason="there is a card, so these name what is there")


def dreamstream(*words: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command into pipes with these variables, and none of JAX's others."""
    ours = {key: value for key, value in os.environ.items() if key not in machine.PLATFORM_VARIABLES}
    command = [sys.executable, "-m", "dreamstream", *words]
    return subprocess.run(command, capture_output=True, timeout=240, check=False, env=ours | environ)


@pytest.mark.slow
def test_64_bits_change_no_dream(tmp_path: Path) -> None:
    """JAX_ENABLE_X64 once ended in a TypeError; the picture is the same to the byte."""
    pictures = []
    for value in ("0", "1"):
        output = tmp_path / f"{value}.png"
        done = dreamstream("image", "-c", "bee + pizza", "-o", str(output), *SMALL, JAX_ENABLE_X64=value)
        assert done.returncode == 0, done.stderr.decode()
        pictures.append(output.read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.slow
def test_64_bits_change_no_video(tmp_path: Path) -> None:
    """A render goes through, too, which begins each dream before the one before it is done."""
    output = tmp_path / "a.mp4"
    done = dreamstream("render", "bee", "-o", str(output), "--seconds", "0.5", *SMALL, JAX_ENABLE_X64="1")
    assert done.returncode == 0, done.stderr.decode()
    assert output.stat().st_size > 1000


@pytest.mark.slow
@needs_no_card
@pytest.mark.parametrize(("name", "value"), NOWHERE)
@pytest.mark.parametrize("words", [("image", "-c", "bee"), ("render", "bee"), ("serve",)], ids=lambda words: words[0])
def test_a_platform_that_is_not_here_is_one_sentence(
    tmp_path: Path, words: tuple[str, ...], name: str, value: str
) -> None:
    """It names the variable; nothing is written, and `serve` opens nothing."""
    output = tmp_path / ("a.mp4" if words[0] == "render" else "a.png")
    where = ("--port", "0", "--state", str(tmp_path)) if words[0] == "serve" else ("-o", str(output), *SMALL)
    done = dreamstream(*words, *where, **{name: value})
    assert done.returncode == 2
    wanted = f"dreamstream: {name} in the environment is {value!r}, on which JAX cannot compute here; "
    assert done.stderr.decode().splitlines()[-1] == wanted + "unset it, or set it to cpu."
    assert b"Traceback" not in done.stderr
    assert b"http" not in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@needs_no_card
@pytest.mark.parametrize(("name", "value"), NOWHERE)
def test_the_doctor_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """And not JAX's last line."""
    for other in machine.PLATFORM_VARIABLES:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    finding = checks.device()
    assert finding.verdict == FAIL
    assert finding.text.startswith(f"{name} in the environment is {value!r}")


def test_what_the_environment_asks_for() -> None:
    """The newer variable comes first; an empty one is none."""
    assert machine.asked_platform({}) == ("", "")
    assert machine.asked_platform({"JAX_PLATFORMS": "", "JAX_PLATFORM_NAME": "cpu"}) == ("JAX_PLATFORM_NAME", "cpu")
    both = {"JAX_PLATFORMS": "cuda", "JAX_PLATFORM_NAME": "cpu"}
    assert machine.asked_platform(both) == ("JAX_PLATFORMS", "cuda")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16", "ascii:strict"])
@pytest.mark.parametrize(
    "words",
    [("classes",), ("--help",), ("serve", "--help"), ("render", "--help"), ("weights", "list"), ("image", "é日🐝")],
    ids=" ".join,
)
def test_output_goes_into_pipes_of_any_encoding(words: tuple[str, ...], encoding: str) -> None:
    """`dreamstream classes > list.txt` on Windows: what the encoding lacks is a question mark, and nothing fails."""
    done = dreamstream(*words, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr
    assert done.returncode == (2 if words[0] == "image" else 0)
    assert done.stderr if words[0] == "image" else done.stdout
