"""The command line: exit codes, what it lists, and that it is quick to say so."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dreamstream.cli import doctor
from dreamstream.cli import main as cli
from dreamstream.cli.parser import Parser
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__
from dreamstream.settings.show import SETTINGS, Settings


def dreamstream(*words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "dreamstream", *words], capture_output=True, text=True, timeout=timeout, check=False
    )


def commands() -> dict[str, Parser]:
    """Every command by name, with its flags."""
    return {name: command.filled() for name, command in cli.parser().children().items()}


def test_version() -> None:
    """--version names the version of the package."""
    assert dreamstream("--version").stdout == f"dreamstream {__version__}\n"


def test_alone_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command: all commands, and which one to begin with."""
    assert cli.main([]) == 2
    shown = capsys.readouterr().err
    assert set(commands()) <= set(re.findall(r"^ +(\w+) ", shown, re.M))
    assert shown.endswith("To begin: dreamstream serve\n")


@pytest.mark.parametrize("words", [("help",), ("help", "serve"), ("help", "weights", "fetch")])
def test_help_is_a_command_too(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """`help X` is `X --help`."""
    assert cli.main(words) == 0
    asked = capsys.readouterr().out
    assert cli.main([*words[1:], "--help"]) == 0
    assert capsys.readouterr().out == asked


def test_a_bad_setting_is_a_sentence() -> None:
    """A bad value ends with exit code 2 and one line, no traceback."""
    done = dreamstream("serve", "--fps", "0")
    assert done.returncode == 2
    assert done.stderr == "dreamstream: --fps is '0', but must be a number from 1 to 60.\n"


def test_a_bad_rtmp_address_is_not_shown() -> None:
    """A mistyped address may hold a key."""
    done = dreamstream("serve", "--rtmp", "htp://host/app/SECRET")
    assert done.returncode == 2
    assert "SECRET" not in done.stdout + done.stderr


@pytest.mark.parametrize(("failure", "code"), [(UserError("no"), 1), (UsageError("no"), 2), (KeyboardInterrupt(), 130)])
def test_exit_codes(
    failure: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person's mistake and an interrupt become exit codes and a line."""

    def fail(args: argparse.Namespace) -> int:
        raise failure

    monkeypatch.setattr(doctor, "_doctor", fail)
    assert cli.main(["doctor"]) == code
    assert re.fullmatch(r"dreamstream: \w+\.?\n", capsys.readouterr().err)


def test_every_setting_has_a_flag_and_every_flag_a_setting() -> None:
    """The file, the environment and the flags of `serve` know the same keys, but for a secret that is no flag."""
    flags = {action.dest for action in commands()["serve"]._actions}
    # What is secret and has a flag would be seen in the list of processes.
    hidden = {"irc_password", "discord_token", "control_token"}
    assert flags - {"help", "config", "verbose"} == set(Settings.model_fields) - hidden


@pytest.mark.parametrize("name", ["render", "image", "gallery", "classes"])
def test_what_commands_share_is_the_same_flag(name: str) -> None:
    """A flag that `serve` has too is spelt and explained by the same field."""
    own = ("steps", "output")  # not those of a show
    shared = [action for action in commands()[name]._actions if action.dest in SETTINGS and action.dest not in own]
    assert shared
    for action in shared:
        told = SETTINGS[action.dest]
        assert (action.option_strings, action.metavar) == ([told.flag], told.metavar)
        assert action.dest == "size" or str(action.help).startswith(told.help)


def test_the_readme_tells_the_truth() -> None:
    """Every command line in the README can be parsed, and the test command is CI's."""
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    lines = [line for block in re.findall(r"```sh\n(.*?)```", readme, re.S) for line in block.splitlines()]
    assert "pip install . && dreamstream serve" in lines
    assert "pip install -e '.[test]' && pytest" in lines
    known = cli.parser()
    parsed = 0
    for line in lines:
        for part in re.split(r"&&|\|", line):
            if part.strip().startswith("dreamstream "):
                known.parse_args(shlex.split(part, comments=True)[1:])
                parsed += 1
    assert parsed >= 5


def test_the_docs_have_every_flag_of_the_show_and_no_other() -> None:
    """A table of options that is not the code's is worse than none."""
    home = Path(__file__).parents[2]
    pages = (home / "README.md", home / "docs" / "requests.md", home / "docs" / "settings.md")
    told = "".join(page.read_text() for page in pages)
    serve = {name for action in commands()["serve"]._actions for name in action.option_strings if name.startswith("--")}
    everywhere = serve | {n for c in commands().values() for action in c._actions for n in action.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", told))
    assert named <= everywhere
    assert serve - {"--help", "--verbose"} <= named


@pytest.mark.parametrize("words", [("--help",), ("serve", "--help"), ("classes", "bee")])
def test_quick_commands_load_no_jax(words: tuple[str, ...]) -> None:
    """Help and the list of classes come at once: no JAX, no NumPy, no video library is loaded."""
    code = (
        "import sys; from dreamstream.cli.main import main; code = main(sys.argv[1:]); "
        "heavy = sorted({'jax', 'numpy', 'av', 'cv2'} & set(sys.modules)); sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
