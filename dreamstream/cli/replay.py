"""`dreamstream replay` and `dreamstream film`: a show from its log, and a film from a list of cues."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, add_settings, command, take_settings

# Settings that a log tells itself, and a cue list does not.
_CUES = ("model", "dreamer", "subject", "preset", "controls", "seed")


def add(commands: Commands) -> None:
    """Add the commands."""
    command(commands, "replay", _replay, "render a past show from its log, at any size", _replay_flags)
    command(commands, "film", _film, "make a film of a show's log or a cue list, by several workers", _film_flags)


def _flags(parser: argparse.ArgumentParser, canvas: str) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4", help="the video to write")
    add_force(parser)
    parser.add_argument("--size", metavar="WxH", help="the video's size (default: the show's)")
    parser.add_argument("--dream-size", metavar="WxH", help=f'of the canvas; "show" gives its very dreams ({canvas})')
    parser.add_argument("--fps", type=int, metavar="N", help="frames per second (default: the show's)")
    begin, end = "begin here in the show", "end here in the show"
    parser.add_argument("--from", type=float, dest="since", metavar="SECONDS", help=begin)
    parser.add_argument("--to", type=float, dest="until", metavar="SECONDS", help=end)
    parser.add_argument("--overlay", action="store_true", help="draw the titles")
    parser.add_argument("--audio", type=Path, metavar="PATH", help="with this sound file or folder")


def _film_flags(parser: argparse.ArgumentParser) -> None:
    source = "a show's log (replay/show-....jsonl in its state folder), or a cue list: lines like `0:12.5 owl + pizza`"
    parser.add_argument("source", type=Path, metavar="LOG|CUES", help=source)
    _flags(parser, "default: show; auto: as size")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that make it (default 1)")
    parser.add_argument("--ray", metavar="ADDRESS", help="workers on nodes of this Ray cluster; auto finds it")
    parser.add_argument("--gpus", type=float, metavar="N", help="with --ray: accelerators for each worker (default 0)")
    parser.add_argument("--cpus", type=float, metavar="N", help="with --ray: cores for each worker (default 1)")
    parser.add_argument("--steps", type=int, metavar="N", help="of a cue list: ascent steps per dream, as for `render`")
    add_settings(parser, "finish", *_CUES)


def _film(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UsageError
    from dreamstream.render.film import film

    args.given = [key for key in (*_CUES, "steps") if getattr(args, key, None) is not None]
    take_settings(args, "finish", *_CUES)
    args.seed = args.seed or 0
    if args.ray is None:
        if args.gpus is not None or args.cpus is not None:
            raise UsageError("--gpus and --cpus have a meaning with --ray alone; here each worker takes what there is.")
        return film.run(args)
    from dreamstream.farm.backends.film_workers import RayProcesses

    cpus = 1.0 if args.cpus is None else args.cpus
    return film.run(args, lambda count: RayProcesses(args.ray, cpus, args.gpus or 0.0))


def _replay_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=Path, metavar="LOG", help="replay/show-....jsonl in the show's state folder")
    _flags(parser, "default: as size")
    parser.add_argument("--exact", action="store_true", help="with --from: dream all that went before, too")
    add_settings(parser, "finish")


def _replay(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UsageError
    from dreamstream.render import replay

    if args.exact and args.since is None:
        raise UsageError("--exact has no effect without --from: from its beginning, a show is dreamed whole anyway.")
    args.since = args.since or 0.0
    take_settings(args, "finish")
    return replay.run(args)
