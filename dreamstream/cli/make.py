"""`dreamstream render`, `dreamstream image` and `dreamstream gallery`: dreams in files."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_model, command

_WISHES = '"bee", "bee + pizza", "cat - dog", "layer relu4_3", "channel relu5_1:37", "picture FILE"'


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_render(commands)
    _add_image(commands)
    _add_gallery(commands)


def _add_render(commands: Commands) -> None:
    made = command(commands, "render", _render, "dream a video file, as slowly as it takes")
    made.add_argument("programme", metavar="CLASS [+ CLASS]", help=f"what to dream: {_WISHES}")
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4")
    made.add_argument("--seconds", type=float, default=20.0, help="length of the video (default 20)")
    made.add_argument("--size", default="640x360", metavar="WxH", help="the video's size (default 640x360)")
    made.add_argument("--fps", type=int, default=30, help="frames per second, 1 to 60 (default 30)")
    made.add_argument("--steps", type=int, default=None, help="ascent steps per dream (default 6, or the look's)")
    made.add_argument("--photo", type=Path, default=None, metavar="FILE", help="start from this picture")
    _add_engine(made)


def _add_image(commands: Commands) -> None:
    made = command(commands, "image", _image, "dream one picture, from nothing or from a photograph")
    made.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="the picture to start from")
    made.add_argument("-c", "--class", dest="programme", required=True, metavar="CLASS", help=_WISHES)
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png")
    made.add_argument("--size", default="auto", metavar="WxH", help="default: the photo's, at most 1280")
    made.add_argument("--steps", type=int, default=None, help="ascent steps in all (default 120)")
    _add_engine(made)


def _add_gallery(commands: Commands) -> None:
    made = command(commands, "gallery", _gallery, "dream many words side by side on one sheet")
    made.add_argument("words", nargs="*", metavar="CLASS", help='"bee", "bee + pizza"; default: every class')
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png")
    made.add_argument("--pictures", type=Path, default=None, metavar="FOLDER", help="keep each last picture there, too")
    made.add_argument("--seconds", type=float, default=8.0, help="of show time for each word (default 8)")
    made.add_argument(
        "--steps", type=int, default=None, help="ascent steps per dream, 2.5 dreams a second (default 6, or the look's)"
    )
    made.add_argument("--size", default="640x360", metavar="WxH", help="of each canvas (default 640x360)")
    made.add_argument("--columns", type=int, default=6, help="of the sheet (default 6)")
    made.add_argument("--width", type=int, default=320, help="of a picture on the sheet, in pixels (default 320)")
    made.add_argument("--seed", type=int, default=0, help="same seed, same pictures (default 0)")
    _add_look(made)


def _add_look(made: argparse.ArgumentParser) -> None:
    add_model(made)
    made.add_argument(
        "--preset",
        default="vivid",
        metavar="NAME",
        help="look (default vivid): vivid, lush, calm, inception, woven, 2015",
    )
    made.add_argument("--set", action="append", dest="controls", default=[], metavar="NAME=VALUE", help="set a control")


def _add_engine(made: argparse.ArgumentParser) -> None:
    _add_look(made)
    made.add_argument(
        "--mask", type=Path, default=None, metavar="FILE", help="change only where this picture is bright"
    )
    made.add_argument("--dtype", default="auto", metavar="NAME", help="auto (default), float32 or bfloat16")
    made.add_argument("--devices", type=int, default=1, metavar="N", help="devices that share the canvas (default 1)")
    made.add_argument("--seed", type=int, default=0, help="same seed, same pictures (default 0)")


def _render(arguments: argparse.Namespace) -> int:
    from dreamstream.render.video import render_video

    return render_video(arguments)


def _image(arguments: argparse.Namespace) -> int:
    from dreamstream.render.image import render_image

    return render_image(arguments)


def _gallery(arguments: argparse.Namespace) -> int:
    from dreamstream.render.gallery import make_gallery

    return make_gallery(arguments)
