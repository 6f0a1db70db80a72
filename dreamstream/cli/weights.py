"""`dreamstream weights`: the networks to dream with."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command, commands_of


def add(commands: Commands) -> None:
    """Add the commands."""
    inner = commands_of(commands, "weights", "networks to dream with: list, download, check and convert them")
    shown = command(inner, "list", _list, "list the networks, and which of them are on this machine")
    _add_cache(shown)
    fetch = command(inner, "fetch", _fetch, "download a network's weights, or go on where it broke off")
    fetch.add_argument("name", metavar="NAME", help="a name that `dreamstream weights list` shows")
    fetch.add_argument("--offline", action="store_true", help="download nothing: only say whether it is there")
    _add_cache(fetch)
    check = command(inner, "check", _check, "say what a weight file is, or why it cannot be used")
    check.add_argument("file", metavar="FILE", help="a file of weights, or the name of a network that is here")
    _add_cache(check)
    convert = command(inner, "convert", _convert, "write any readable weights as this project's own file")
    convert.add_argument("file", metavar="FILE", help="a file of weights, or the name of a network that is here")
    convert.add_argument("output", type=Path, metavar="OUT.safetensors", help="the file to write")
    add_force(convert)
    convert.add_argument("--half", action="store_true", help="keep 16-bit floats: half the size")
    _add_cache(convert)


def _add_cache(to: argparse.ArgumentParser) -> None:
    to.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: by platform)")


def _list(arguments: argparse.Namespace) -> int:
    from dreamstream.weights import report

    return report.list_weights(arguments.cache)


def _fetch(arguments: argparse.Namespace) -> int:
    from dreamstream.weights import report

    return report.fetch_weights(arguments.name, arguments.cache, offline=arguments.offline)


def _check(arguments: argparse.Namespace) -> int:
    from dreamstream.weights import report

    return report.check_weights(arguments.file, arguments.cache)


def _convert(args: argparse.Namespace) -> int:
    from dreamstream.weights import report

    return report.convert_weights(args.file, args.output, args.cache, half=args.half, force=args.force)
