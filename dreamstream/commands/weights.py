"""`dreamstream weights`: the networks to dream with."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.commands.common import Commands, command, commands_of


def add(commands: Commands) -> None:
    """Add the commands."""
    inner = commands_of(commands, "weights", "networks to dream with: list what is here, check a file")
    command(inner, "list", _weights_list, "list the networks on this machine")
    check = command(inner, "check", _weights_check, "say what a weight file is, or why it cannot be used")
    check.add_argument("file", type=Path, metavar="FILE")


def _weights_list(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.list_weights()


def _weights_check(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.check_weights(arguments.file)
