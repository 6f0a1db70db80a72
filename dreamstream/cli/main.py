"""The command line: what there is to type. Each command imports its part when it is called, so that help is instant.

The commands are in `dreamstream/cli/`, a module for each group.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from dreamstream.cli import (
    backup,
    bench,
    classes,
    completion,
    doctor,
    doodle,
    farm,
    learn,
    make,
    replay,
    serve,
    teach,
    train,
    twitch,
    weights,
)
from dreamstream.cli.common import Command
from dreamstream.cli.parser import Parser
from dreamstream.core.errors import Interrupted, UsageError, UserError
from dreamstream.core.version import __version__

GROUPS = (
    serve,
    make,
    doodle,
    replay,
    farm,
    backup,
    classes,
    weights,
    teach,
    learn,
    train,
    twitch,
    bench,
    doctor,
    completion,
)


def entry(told: Callable[[int], object] = lambda code: None) -> None:
    """The console script: run `main`, and end without waiting for a dreamer that is busy in C++.

    told: is given the exit code before the process ends.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="replace")  # a pipe on Windows has no emoji
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_DFL:
            signal.signal(getattr(signal, name), _like_ctrl_c)
    code = main()
    told(code)
    for stream in streams:
        stream.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def _like_ctrl_c(number: int, frame: FrameType | None) -> None:
    """Whoever asks a command to end gets what Ctrl-C gives: what is done is kept, what was started is ended."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # in the background of a script Ctrl-C is ignored
        raise KeyboardInterrupt
    handler(number, frame)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    words = _asked(sys.argv[1:] if argv is None else argv)
    if not words:
        print(f"{parser().format_help()}\nTo begin: dreamstream serve", file=sys.stderr)
        return 2
    try:
        args = parser().parse_args(words)
        command: Command = args.command
        code = command(args)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse has printed the help, or the version
        return int(stop.code or 0)
    except UserError as error:
        print(f"dreamstream: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt as stop:
        print(f"dreamstream: {stop if isinstance(stop, Interrupted) else 'stopped.'}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `dreamstream classes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _asked(words: Sequence[str]) -> list[str]:
    """What was asked for: `help render` is `render --help`."""
    return [*words[1:], "--help"] if words and words[0] == "help" else list(words)


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="dreamstream",
        description="A live show that a neural network dreams and its audience steers.",
        epilog="`dreamstream COMMAND --help` tells what a command takes.",
    )
    top.add_argument("-V", "--version", action="version", version=f"dreamstream {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add(commands)
    return top
