"""`dreamstream completion`: what a shell needs to complete commands, flags, and what they take."""

from __future__ import annotations

import argparse

from dreamstream.cli.common import Commands, command
from dreamstream.cli.parser import Parser
from dreamstream.core.arguments import DTYPES
from dreamstream.core.errors import UsageError
from dreamstream.core.names import nearest

SHELLS = ("bash", "zsh", "tcsh")
_FILES = ("FILE", "PATH", "LOG", "PHOTO", "OUT")


def add(commands: Commands) -> None:
    """Add the command."""
    summary = 'complete commands in a shell: eval "$(dreamstream completion bash)"'
    command(commands, "completion", _completion, summary, _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", help="bash, zsh or tcsh")


def _completion(args: argparse.Namespace) -> int:
    if args.shell not in SHELLS:
        typed = nearest(args.shell, SHELLS)
        advice = f" Did you mean {typed}?" if typed else ""
        raise UsageError(f"`dreamstream completion` completes bash, zsh and tcsh, and not {args.shell}.{advice}")
    print(script(args.shell))
    return 0


def script(shell: str) -> str:
    """What the shell is to run. A script made once, since asking the program at each press of a key would be slow."""
    import shtab

    from dreamstream.cli.main import parser

    top = parser()
    _complete(top)
    return str(shtab.complete(top, shell=shell))


def _complete(parser: Parser) -> None:
    """Say of every flag what it takes: a file, a folder, or one of some names."""
    import shtab

    from dreamstream.dreamers import registry
    from dreamstream.settings.video import ENCODERS
    from dreamstream.weights.catalog import BUILTIN, catalog
    from dreamstream.weights.subjects import SHIPPED

    card = registry.describe()
    names = {
        "preset": card.presets,
        "dreamer": registry.names(),
        "subject": SHIPPED,
        "dtype": DTYPES,
        "encoder": ENCODERS,
        "model": ("auto", BUILTIN, *catalog()),
    }
    for action in parser.filled()._actions:
        metavar = str(action.metavar or "").partition(".")[0]
        if action.dest in names and action.option_strings:
            action.choices = list(names[action.dest])
        elif metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif metavar == "FOLDER":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    for child in parser.children().values():
        _complete(child)
