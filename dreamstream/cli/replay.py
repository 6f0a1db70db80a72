"""`dreamstream replay`: a show from its log."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, command


def add(commands: Commands) -> None:
    """Add the command."""
    made = command(commands, "replay", _replay, "render a past show from its log, at any size")
    made.add_argument("log", type=Path, metavar="LOG", help="replay/show-....jsonl in the show's state folder")
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4")
    made.add_argument("--size", default=None, metavar="WxH", help="the video's size (default: the show's)")
    made.add_argument(
        "--dream-size",
        default=None,
        metavar="WxH",
        help='of the canvas; "show" gives its very dreams (default: as size)',
    )
    made.add_argument("--fps", type=int, default=None, help="frames per second (default: the show's)")
    made.add_argument("--from", type=float, default=0.0, dest="since", metavar="SECONDS", help="begin here in the show")
    made.add_argument("--to", type=float, default=None, dest="until", metavar="SECONDS", help="end here in the show")
    made.add_argument("--exact", action="store_true", help="with --from: dream all that went before, too")
    made.add_argument("--overlay", action="store_true", help="draw the titles")
    made.add_argument("--audio", type=Path, default=None, metavar="PATH", help="with this sound file or folder")


def _replay(arguments: argparse.Namespace) -> int:
    from dreamstream.render import replay

    return replay.run(arguments)
