"""The command line: what there is to type. Each command imports its part when it is called, so that help is instant.

The commands are in `dreamstream/cli/`, a module for each group.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence

from dreamstream.cli import bench, classes, doctor, make, replay, serve, teach, train, twitch, weights
from dreamstream.cli.common import Command
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__

GROUPS = (serve, make, replay, classes, weights, teach, train, twitch, bench, doctor)


def entry() -> None:
    """The console script: run `main`, and end without waiting for a dreamer that is busy in C++."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong usage."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its own sentence, or the help
        return int(stop.code or 0)
    command: Command = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"dreamstream: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        print("dreamstream: stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `dreamstream classes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="dreamstream",
        description="A live show that a neural network dreams and its audience steers.",
        epilog="`dreamstream COMMAND --help` tells what a command takes.",
    )
    top.add_argument("--version", action="version", version=f"dreamstream {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add(commands)
    return top
