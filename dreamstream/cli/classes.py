"""`dreamstream classes`: what can be dreamed."""

from __future__ import annotations

import argparse

from dreamstream.cli.common import Commands, add_model, command
from dreamstream.core.errors import UsageError
from dreamstream.weights.vocabularies import vocabulary_of
from dreamstream.wishes.sentence import NO_CLASSES


def add(commands: Commands) -> None:
    """Add the command."""
    command(commands, "classes", _classes, "list what can be dreamed", _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", default="", metavar="QUERY", help="show only names near this one")
    add_model(parser)


def _classes(args: argparse.Namespace) -> int:
    return list_classes(args.query, args.model)


def list_classes(query: str, model: str) -> int:
    """Print the classes of a model that have to do with `query`, best first; all of them for an empty one."""
    vocabulary = vocabulary_of(model)
    if not vocabulary.entries:
        raise UsageError(f"Nothing can be listed: {NO_CLASSES}.")
    entries = vocabulary.search(query) if query else list(vocabulary)
    if not entries:
        raise UsageError(f"No class is like {query!r}; `dreamstream classes` lists all {len(vocabulary)}.")
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        others = ", ".join(entry.aliases)
        print(f"{entry.name:<{width}}  {entry.emoji or '  '}  {others}".rstrip())
    return 0
