"""`dreamstream replay` and `dreamstream film`: a show from its log."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, add_settings, command, take_settings


def add(commands: Commands) -> None:
    """Add the commands."""
    command(commands, "replay", _replay, "render a past show from its log, at any size", _replay_flags)
    command(commands, "film", _film, "render a past show from its log, in parts by several workers", _film_flags)


def _flags(parser: argparse.ArgumentParser, canvas: str) -> None:
    parser.add_argument("log", type=Path, metavar="LOG", help="replay/show-....jsonl in the show's state folder")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4", help="the video to write")
    add_force(parser)
    parser.add_argument("--size", metavar="WxH", help="the video's size (default: the show's)")
    parser.add_argument("--dream-size", metavar="WxH", help=f'of the canvas; "show" gives its very dreams ({canvas})')
    parser.add_argument("--fps", type=int, metavar="N", help="frames per second (default: the show's)")
    begin, end = "begin here in the show", "end here in the show"
    parser.add_argument("--from", type=float, dest="since", metavar="SECONDS", help=begin)
    parser.add_argument("--to", type=float, dest="until", metavar="SECONDS", help=end)
    parser.add_argument("--overlay", action="store_true", help="draw the titles")
    add_settings(parser, "finish")


def _film_flags(parser: argparse.ArgumentParser) -> None:
    _flags(parser, "default: show; auto: as size")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that make it (default 1)")


def _film(args: argparse.Namespace) -> int:
    from dreamstream.render.film import film

    take_settings(args, "finish")
    return film.run(args)


def _replay_flags(parser: argparse.ArgumentParser) -> None:
    _flags(parser, "default: as size")
    parser.add_argument("--exact", action="store_true", help="with --from: dream all that went before, too")
    parser.add_argument("--audio", type=Path, metavar="PATH", help="with this sound file or folder")


def _replay(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UsageError
    from dreamstream.render import replay

    if args.exact and args.since is None:
        raise UsageError("--exact has no effect without --from: from its beginning, a show is dreamed whole anyway.")
    args.since = args.since or 0.0
    take_settings(args, "finish")
    return replay.run(args)
