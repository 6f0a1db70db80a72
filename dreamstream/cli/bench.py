"""`dreamstream bench`: speed of this machine, one command for each kind of figure."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_model, command
from dreamstream.core.errors import UsageError


def add(commands: Commands) -> None:
    """Add the command; alone it is `dreamstream bench show`."""
    made = command(commands, "bench", _show, "measure this machine: frames on time, dreams and steps per second")
    _add_common(made, 60.0)
    inner = made.add_subparsers(title="what to measure", metavar="WHAT", required=False)
    _add_common(command(inner, "show", _show, "a whole show with one viewer (the default)"), 60.0)
    alone = command(inner, "engine", _engine, "dreams alone: steps, dreams, compile times, memory")
    _add_common(alone, 20.0)
    add_model(alone)
    alone.add_argument("--size", default="640x360", metavar="WxH", help="the canvas (default 640x360)")
    alone.add_argument("--preset", default="vivid", metavar="NAME", help="look of the dreams (default vivid)")
    alone.add_argument("--dtype", default="auto", metavar="NAME", help="auto (default), float32 or bfloat16")
    chat = command(inner, "chat", _chat, "a show in front of a crowd that shouts: limits, memory, frames, moderators")
    _add_common(chat, 60.0)
    chat.add_argument("--rate", type=float, default=1000.0, metavar="N", help="messages a second (default 1000)")
    chat.add_argument("--names", type=int, default=5000, metavar="N", help="different names (default 5000)")
    viewers = command(inner, "viewers", _viewers, "a show with many viewers of its page, some of whom stop reading")
    _add_common(viewers, 60.0)
    viewers.add_argument("--viewers", type=int, default=300, metavar="N", help="how many watch (default 300)")
    video = command(
        inner, "video", _video, "the video between dreams: against held-out dreams, FFmpeg's filters, and cost"
    )
    _add_common(video, 12.0)
    video.add_argument("--dreams", type=Path, metavar="FOLDER", help="keep the dreams here, and take them from here")


def _add_common(made: argparse.ArgumentParser, seconds: float) -> None:
    made.add_argument("--seconds", type=float, default=seconds, help=f"how long to measure (default {seconds:g})")
    made.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the figures to this file")


def _engine(arguments: argparse.Namespace) -> int:
    from dreamstream.bench import engine
    from dreamstream.core.arguments import parse_size

    try:
        size = parse_size(arguments.size)
    except ValueError as error:
        raise UsageError(f"--size: {error}.") from None
    return engine.run(arguments.seconds, arguments.json, arguments.model, size, arguments.preset, arguments.dtype)


def _chat(arguments: argparse.Namespace) -> int:
    from dreamstream.bench import chat

    return chat.run(arguments.seconds, arguments.json, arguments.rate, arguments.names)


def _video(arguments: argparse.Namespace) -> int:
    from dreamstream.bench import video

    return video.run(arguments.seconds, arguments.json, arguments.dreams)


def _show(arguments: argparse.Namespace) -> int:
    from dreamstream.bench import show

    return show.run(arguments.seconds, arguments.json)


def _viewers(arguments: argparse.Namespace) -> int:
    from dreamstream.bench import viewers

    return viewers.run(arguments.seconds, arguments.json, arguments.viewers)
