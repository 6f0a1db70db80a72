"""`dreamstream replay`: a show from its log."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, add_settings, command, take_settings


def add(commands: Commands) -> None:
    """Add the command."""
    command(commands, "replay", _replay, "render a past show from its log, at any size", _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=Path, metavar="LOG", help="replay/show-....jsonl in the show's state folder")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4", help="the video to write")
    add_force(parser)
    parser.add_argument("--size", metavar="WxH", help="the video's size (default: the show's)")
    canvas = 'of the canvas; "show" gives its very dreams (default: as size)'
    parser.add_argument("--dream-size", metavar="WxH", help=canvas)
    parser.add_argument("--fps", type=int, metavar="N", help="frames per second (default: the show's)")
    begin, end = "begin here in the show", "end here in the show"
    parser.add_argument("--from", type=float, dest="since", metavar="SECONDS", help=begin)
    parser.add_argument("--to", type=float, dest="until", metavar="SECONDS", help=end)
    parser.add_argument("--exact", action="store_true", help="with --from: dream all that went before, too")
    parser.add_argument("--overlay", action="store_true", help="draw the titles")
    add_settings(parser, "finish")
    parser.add_argument("--audio", type=Path, metavar="PATH", help="with this sound file or folder")


def _replay(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UsageError
    from dreamstream.render import replay

    if args.exact and args.since is None:
        raise UsageError("--exact has no effect without --from: from its beginning, a show is dreamed whole anyway.")
    args.since = args.since or 0.0
    take_settings(args, "finish")
    return replay.run(args)
