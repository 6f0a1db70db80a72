"""What the commands' modules share: how a command is added, and flags that are settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dreamstream.cli.parser import Parser

Command = Callable[[argparse.Namespace], int]
Fill = Callable[[argparse.ArgumentParser], None]
Commands = Any  # argparse's sub-parsers action has no public generic type


def command(commands: Commands, name: str, run: Command, summary: str, fill: Fill | None = None) -> Parser:
    """Add a command that calls `run` and returns its exit code.

    fill: adds its flags, when they are asked for.
    """
    made: Parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    made.set_defaults(command=run)
    made.fill = fill
    return made


def commands_of(commands: Commands, name: str, summary: str) -> Commands:
    """Add a command that is a group of others; give what is returned to `command`."""
    made: Parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    return made.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_settings(parser: argparse.ArgumentParser, *keys: str, **defaults: Any) -> dict[str, argparse.Action]:
    """Add the flags of these settings of the show, in the settings' groups where there are many; returns them by key.

    What is not given is not in the result, but for `defaults`, which stand for the settings' own. Values stay text:
    `load` or `take_settings` reads them; `as_settings` in the result names all keys.
    """
    from dreamstream.settings.show import SETTINGS

    parser.set_defaults(as_settings=(*(parser.get_default("as_settings") or ()), *keys))
    groups: dict[str, Any] = {}
    grouped = len({SETTINGS[key].group for key in keys}) > 2
    made: dict[str, argparse.Action] = {}
    for setting in (SETTINGS[key] for key in keys if SETTINGS[key].flag):
        if grouped and setting.group not in groups:
            groups[setting.group] = parser.add_argument_group(setting.group)
        text = setting.with_default(defaults[setting.key]) if setting.key in defaults else setting.text
        how: dict[str, Any] = {"help": text.replace("%", "%%")}
        if setting.form == "switch":
            how["action"] = "store_true"
        elif setting.form == "yes or no":
            how["action"] = argparse.BooleanOptionalAction
        else:
            how |= {"metavar": setting.metavar, "action": "append" if setting.form == "list" else "store"}
        default = defaults.get(setting.key, argparse.SUPPRESS)
        made[setting.key] = groups.get(setting.group, parser).add_argument(
            setting.flag, dest=setting.key, default=default, **how
        )
    return made


def take_settings(args: argparse.Namespace, *keys: str) -> None:
    """Read the flags that `add_settings` added, in place; a list that was not given is empty. Raises UsageError."""
    from dreamstream.settings.load import flags_alone

    flags = {key: getattr(args, key) for key in keys if getattr(args, key, None) is not None}
    settings = flags_alone(flags)
    for key in keys:
        setattr(args, key, getattr(settings, key))


def add_model(to: argparse.ArgumentParser) -> None:
    """--model, for commands that list words."""
    add_settings(to, "model", model="auto")


def add_force(to: argparse.ArgumentParser) -> None:
    """--force, for commands that write a file."""
    to.add_argument("--force", action="store_true", help="write over a file that exists")
