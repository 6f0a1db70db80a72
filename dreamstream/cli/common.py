"""What the commands' modules share: how a command is added, and flags that several have."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Command = Callable[[argparse.Namespace], int]
# What --model takes; the names are those of models/catalog.toml.
MODELS = "auto, builtin, vgg16, vgg16-features, vgg16-bn, vgg16-robust, vgg19, or a file of weights"
Commands = Any  # argparse's sub-parsers action has no public generic type


def command(commands: Commands, name: str, run: Command, summary: str) -> argparse.ArgumentParser:
    """Add a command that calls `run` and returns its exit code."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    made.set_defaults(command=run)
    return made


def commands_of(commands: Commands, name: str, summary: str) -> Commands:
    """Add a command that is a group of others; give what is returned to `command`."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    return made.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_model(to: argparse.ArgumentParser) -> None:
    """--model, for commands that dream or list words."""
    to.add_argument("--model", default="auto", metavar="NAME", help=f"{MODELS} (default auto)")
