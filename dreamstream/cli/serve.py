"""`dreamstream serve`: every flag is a setting."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_settings, command


def add(commands: Commands) -> None:
    """Add the command."""
    command(commands, "serve", _serve, "run the show: dream live, stream, and listen to the audience", _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    from dreamstream.settings.show import SETTINGS

    add_settings(parser, *SETTINGS)
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file of these settings (default by platform)")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def _serve(args: argparse.Namespace) -> int:
    from dreamstream.support import machine

    machine.keep_memory_together()  # a show has many threads, and each that began before would have its own
    from dreamstream.settings.load import load
    from dreamstream.settings.ready import check_flags
    from dreamstream.settings.show import SETTINGS

    flags = {key: value for key, value in vars(args).items() if key in SETTINGS}
    settings = load(flags, args.config)
    check_flags(settings, flags)
    from dreamstream.show import show  # after what may be refused, for it takes a second

    return show.run(settings, verbose=args.verbose)
