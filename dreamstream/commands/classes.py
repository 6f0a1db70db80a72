"""`dreamstream classes`: what can be dreamed."""

from __future__ import annotations

import argparse

from dreamstream.commands.common import Commands, add_model, command


def add(commands: Commands) -> None:
    """Add the command."""
    made = command(commands, "classes", _classes, "list what can be dreamed")
    made.add_argument("query", nargs="?", default="", metavar="QUERY", help="show only names near this one")
    add_model(made)


def _classes(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.list_classes(arguments.query, arguments.model)
