"""`dreamstream backup` and `restore`: the memory of a show as one file."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, add_settings, command

_WHERE = ("channel", "state")


def add(commands: Commands) -> None:
    """Add the commands."""
    command(
        commands, "backup", _backup, "save a show's queue, last picture and logs as one file, also while it runs", _out
    )
    command(commands, "restore", _restore, "put a backup into the folder of a show that does not run", _in)


def _out(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, *_WHERE)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.tar.gz", help="what to write")
    add_force(parser)


def _in(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", type=Path, metavar="FILE.tar.gz", help="what `dreamstream backup` wrote")
    add_settings(parser, *_WHERE)
    kept = "also where there is a memory, which is kept beside it"
    parser.add_argument("--force", action="store_true", help=kept)


def _folder(args: argparse.Namespace) -> Path:
    from dreamstream.settings.load import flags_alone

    flags = {key: getattr(args, key) for key in _WHERE if getattr(args, key, None) is not None}
    return flags_alone(flags).state_folder().absolute()


def _backup(args: argparse.Namespace) -> int:
    from dreamstream.show import backup
    from dreamstream.support.files import check_output

    check_output(args.output, force=args.force)
    count = backup.save(_folder(args), args.output)
    print(f"{args.output} has {count} files of {_folder(args)}, {args.output.stat().st_size / 1e6:.1f} MB.")
    return 0


def _restore(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UserError
    from dreamstream.show import backup

    if not args.backup.is_file():
        raise UserError(f"There is no file {args.backup}.")
    before = backup.restore(args.backup, _folder(args), force=args.force)
    print(f"{_folder(args)} is as {args.backup} has it." + (f" The one before is in {before}." if before else ""))
    return 0
