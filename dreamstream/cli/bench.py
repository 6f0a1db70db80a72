"""`dreamstream bench`: speed of this machine, one command for each kind of figure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dreamstream.cli.common import Commands, Fill, add_settings, command, take_settings
from dreamstream.support.files import check_output

_ENGINE = ("model", "size", "preset", "dtype")
_SHOW = ("dreamer", "model", "size", "preset")
_SOAK = ("size", "fps")


def add(commands: Commands) -> None:
    """Add the command; alone it is `dreamstream bench show`."""
    parser = command(commands, "bench", _show, "measure this machine: frames on time, dreams and steps per second")
    _common(60.0, above=True)(parser)
    inner = parser.add_subparsers(title="what to measure", metavar="WHAT", required=False)
    command(inner, "show", _show, "a whole show with one viewer (the default)", _common(60.0, _show_flags))
    command(
        inner, "engine", _engine, "dreams alone: steps, dreams, compile times, memory", _common(20.0, _engine_flags)
    )
    crowd = "a show in front of a crowd that shouts: limits, memory, frames, moderators"
    command(inner, "chat", _chat, crowd, _common(60.0, _chat_flags))
    watched = "a show with many viewers of its page, some of whom stop reading"
    command(inner, "viewers", _viewers, watched, _common(60.0, _viewers_flags))
    drawn = "drawings: how soon each is on the picture and filled; and many phones that draw at once"
    command(inner, "draw", _draw, drawn, _common(30.0, _draw_flags))
    between = "the video between dreams: against held-out dreams, FFmpeg's filters, and cost"
    command(inner, "video", _video, between, _common(12.0, _video_flags))
    weeks = "a show for hours while servers die, disks fill and chat floods: what grows, and how soon all is well again"
    command(inner, "soak", _soak, weeks, _common(3600.0, _soak_flags))


def _common(seconds: float, more: Fill | None = None, *, above: bool = False) -> Fill:
    """The flags of every bench. above: of the command that the others are below, whose flags hold for them, too."""

    def fill(parser: argparse.ArgumentParser) -> None:
        length = f"how long to measure (default {seconds:g})"
        # What is not given below must not take the place of what was given above.
        unsaid: dict[str, Any] = {} if above else {"default": argparse.SUPPRESS}
        parser.add_argument("--seconds", type=float, metavar="N", help=length, **unsaid)
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file", **unsaid)
        parser.add_argument("--force", action="store_true", help="write over a file that exists", **unsaid)
        parser.set_defaults(usual_seconds=seconds)
        if more is not None:
            more(parser)

    return fill


def _measured(args: argparse.Namespace) -> tuple[float, Path | None]:
    """How long to measure, and where the figures go. Raises UserError where they cannot."""
    if args.json is not None:
        check_output(args.json, force=args.force)
    return args.usual_seconds if args.seconds is None else args.seconds, args.json


def _show_flags(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, *_SHOW, model="builtin", size="640x360")
    parser.add_argument(
        "--words", type=int, default=4, metavar="N", help="measure the pictures of so many words (default 4)"
    )
    judged = "let this judge look at them, not the one that ships: what `python -m benchmarks.judge train` wrote"
    parser.add_argument("--judge", type=Path, metavar="FILE", help=judged)


def _engine_flags(parser: argparse.ArgumentParser) -> None:
    actions = add_settings(parser, *_ENGINE, size="640x360")
    actions["size"].help = "the canvas (default 640x360)"


def _chat_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, default=1000.0, metavar="N", help="messages a second (default 1000)")
    parser.add_argument("--names", type=int, default=5000, metavar="N", help="different names (default 5000)")
    parser.add_argument("--hostile", action="store_true", help="every message is a wish that is hard to understand")


def _viewers_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--viewers", type=int, default=300, metavar="N", help="how many watch (default 300)")


def _draw_flags(parser: argparse.ArgumentParser) -> None:
    one = "so many one after the other; 0 leaves them out (default 4)"
    parser.add_argument("--drawings", type=int, default=4, metavar="N", help=one)
    many = "how many draw at once after that; 0 leaves them out (default 100)"
    parser.add_argument("--phones", type=int, default=100, metavar="N", help=many)


def _video_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dreams", type=Path, metavar="FOLDER", help="keep the dreams here, and take them from here")


def _soak_flags(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, *_SOAK, size="640x360")
    parser.add_argument("--hours", type=float, metavar="N", help="the length in hours (default 1)")
    twice = "how often trouble comes: 1 is twice an hour for each kind (default 4)"
    parser.add_argument("--speed", type=float, default=4.0, metavar="N", help=twice)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the moments of trouble (default 1)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the figures over time as an SVG file")


def _engine(args: argparse.Namespace) -> int:
    from dreamstream.bench import engine

    take_settings(args, *_ENGINE)
    return engine.run(*_measured(args), args.model, args.size, args.preset, args.dtype)


def _chat(args: argparse.Namespace) -> int:
    from dreamstream.bench import chat

    return chat.run(*_measured(args), args.rate, args.names, args.hostile)


def _draw(args: argparse.Namespace) -> int:
    from dreamstream.bench import draw

    return draw.run(*_measured(args), args.drawings, args.phones)


def _video(args: argparse.Namespace) -> int:
    from dreamstream.bench import video

    return video.run(*_measured(args), args.dreams)


def _show(args: argparse.Namespace) -> int:
    from dreamstream.bench import show

    if not hasattr(args, "words"):  # `dreamstream bench` alone
        return show.run(*_measured(args))
    take_settings(args, *_SHOW)
    return show.run(*_measured(args), args.size, args.preset, args.words, args.judge, args.model, args.dreamer)


def _soak(args: argparse.Namespace) -> int:
    from dreamstream.bench import soak

    take_settings(args, *_SOAK)
    if args.plot is not None:
        check_output(args.plot, force=args.force)
    seconds, output = _measured(args)
    seconds = seconds if args.hours is None else args.hours * 3600
    return soak.run(seconds, output, args.size, args.fps, args.speed, args.seed, args.plot)


def _viewers(args: argparse.Namespace) -> int:
    from dreamstream.bench import viewers

    return viewers.run(*_measured(args), args.viewers)
