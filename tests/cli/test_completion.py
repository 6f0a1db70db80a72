"""Completion in shells: bash is asked what it would complete; the others' scripts are looked at."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dreamstream.cli import main as cli
from dreamstream.cli.completion import SHELLS, script
from dreamstream.dreamers import registry
from tests.conftest import need_program

BASH = shutil.which("bash")
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$(complete -p dreamstream | sed 's/.*-F \\([^ ]*\\).*/\\1/') dreamstream "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def completions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash."""
    path = tmp_path_factory.mktemp("bash") / "completions"
    path.write_text(script("bash"))
    return path


def completed(completions: Path, *words: str, folder: Path | None = None) -> set[str]:
    """What bash offers for the last of these words."""
    command = [str(BASH), "--norc", "-c", ASK, "ask", str(completions), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=folder)
    return set(done.stdout.split())


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("dreamstream", "se"), {"serve"}),
        (("dreamstream", "bench", "vi"), {"video", "viewers"}),
        (("dreamstream", "weights", "fe"), {"fetch"}),
        (("dreamstream", "serve", "--rtm"), {"--rtmp", "--rtmp-renew"}),
        (("dreamstream", "serve", "--preset", "cal"), {"calm"}),
        (("dreamstream", "image", "--dreamer", "asc"), {"ascent"}),
        (("dreamstream", "serve", "--dreamer", "anc"), {"ancestor"}),
        (("dreamstream", "image", "--subject", "car"), {"cartoon-cats"}),
        (("dreamstream", "render", "--dtype", "bf"), {"bfloat16"}),
        (("dreamstream", "serve", "--model", "vgg16-f"), {"vgg16-features"}),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_bash_completes(completions: Path, words: tuple[str, ...], offered: set[str]) -> None:
    """Commands, commands below them, flags, and the names that flags take."""
    assert completed(completions, *words) == offered


@pytest.mark.skipif(BASH is None, reason="there is no bash")
def test_bash_completes_files(completions: Path, tmp_path: Path) -> None:
    """Where a file belongs, those that are here."""
    (tmp_path / "holiday.jpg").write_text("")
    assert completed(completions, "dreamstream", "image", "--mask", "holi", folder=tmp_path) == {"holiday.jpg"}
    assert completed(completions, "dreamstream", "image", "holi", folder=tmp_path) == {"holiday.jpg"}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It speaks of every command and look."""
    assert cli.main(["completion", shell]) == 0
    made = capsys.readouterr().out
    missing = [name for name in cli.parser().children() if name not in made]
    missing += [name for name in registry.describe().presets if name not in made and shell != "tcsh"]
    assert missing == []


@pytest.mark.e2e  # with programs that not every system has
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_it(shell: str, tmp_path: Path) -> None:
    """No syntax error, where that shell is installed."""
    need_program(shell)
    path = tmp_path / "script"
    path.write_text(script(shell))
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
