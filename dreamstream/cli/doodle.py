"""`dreamstream doodle`: a drawing is filled in."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command


def add(commands: Commands) -> None:
    """Add the command."""
    command(commands, "doodle", _doodle, "fill a drawing in: lines become a picture", _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("drawing", type=Path, metavar="DRAWING", help="a picture of lines, an SVG, or strokes as JSON")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png", help="the picture to write")
    parser.add_argument(
        "-c", "--class", dest="word", metavar="WORD", help="what it shows (default: what it looks like)"
    )
    parser.add_argument("--model", default="auto", metavar="FILE", help="a painter (default: the one that ships)")
    parser.add_argument("--size", type=int, default=512, metavar="N", help="side in pixels (default 512)")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: by platform)")
    add_force(parser)


def _doodle(args: argparse.Namespace) -> int:
    from dreamstream.networks import runtime
    from dreamstream.render.doodle import fill_drawing

    runtime.begin()
    fill_drawing(
        args.drawing,
        args.output,
        word=args.word,
        model=args.model,
        size=args.size,
        cache=args.cache,
        force=args.force,
    )
    return 0
