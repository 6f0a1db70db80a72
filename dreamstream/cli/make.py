"""`dreamstream render`, `dreamstream image` and `dreamstream gallery`: dreams in files."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, add_settings, command, take_settings

_WISHES = '"bee", "bee + pizza", "cat - dog", "layer relu4_3", "channel relu5_1:37", "picture FILE"'
# What these commands share with the show; without them they are the show's own defaults, but for the seed.
_LOOK = ("model", "dreamer", "subject", "preset", "controls", "dream_size", "finish")
_ENGINE = (*_LOOK, "dtype", "devices", "seed")
_USUAL = {"seed": 0, "controls": []}


def add(commands: Commands) -> None:
    """Add the commands."""
    command(commands, "render", _render, "dream a video file, as slowly as it takes", _render_flags)
    command(commands, "image", _image, "dream one picture, from nothing or from a photograph", _image_flags)
    command(commands, "gallery", _gallery, "dream many words side by side on one sheet", _gallery_flags)


def _render_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programme", nargs="+", metavar="CLASS [+ CLASS]", help=f"what to dream: {_WISHES}")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4", help="the video to write")
    add_force(parser)
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help="length of the video (default 20)")
    parser.add_argument("--steps", type=int, metavar="N", help="ascent steps per dream (default 6, or the look's)")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="start from this picture")
    _add_mask(parser)
    add_settings(parser, "size", "fps", *_ENGINE, size="640x360", **_USUAL)


def _image_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="the picture to start from")
    # Both are needed, which `_image` says better than argparse: with what was probably meant.
    parser.add_argument("-c", "--class", dest="programme", metavar="CLASS", help=f"needed: {_WISHES}")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.png", help="needed: the picture to write")
    add_force(parser)
    parser.add_argument("--steps", type=int, metavar="N", help="ascent steps in all (default 120; 12 an octave)")
    octaves = "sizes in which a photo is dreamed, one after the other (default: the look's)"
    parser.add_argument("--octaves", type=int, metavar="N", help=octaves)
    _add_mask(parser)
    actions = add_settings(parser, "size", *_ENGINE, **_USUAL)
    actions["size"].help = "the picture's size (default: the photo's, at most 1280)"


def _gallery_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="CLASS", help='"bee", "bee + pizza"; default: every class')
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png", help="the sheet to write")
    add_force(parser)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="keep each last picture there, too")
    parser.add_argument("--seconds", type=float, default=8.0, metavar="N", help="of show for each word (default 8)")
    steps = "ascent steps per dream, 2.5 dreams a second (default 6, or the look's)"
    parser.add_argument("--steps", type=int, metavar="N", help=steps)
    parser.add_argument("--columns", type=int, default=6, metavar="N", help="of the sheet (default 6)")
    width = "of a picture on the sheet, in pixels (default 320)"
    parser.add_argument("--width", type=int, default=320, metavar="N", help=width)
    actions = add_settings(parser, "size", *_LOOK, "seed", size="640x360", **_USUAL)
    actions["size"].help = "of each canvas (default 640x360)"


def _add_mask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mask", type=Path, metavar="FILE", help="change only where this picture is bright")


def _render(args: argparse.Namespace) -> int:
    from dreamstream.render.video import render_video

    args.programme = _joined(args.programme)
    take_settings(args, "size", "fps", *_ENGINE)
    return render_video(args)


def _joined(words: list[str]) -> str:
    """What was typed without quotes: `bee pizza` are two things, `tree frog` is one."""
    from dreamstream.core.errors import UsageError
    from dreamstream.wishes.vocabulary import Vocabulary

    text = " ".join(words)
    if len(words) == 1 or any(sign in text for sign in "+-,&:") or words[0] in ("layer", "channel", "picture", "guide"):
        return text
    known = {name.casefold() for entry in Vocabulary.builtin() for name in (entry.name, *entry.aliases)}
    if text.casefold() in known or not all(word.casefold() in known for word in words):
        return text
    raise UsageError(f'{text!r} may be several things; did you mean "{" + ".join(words)}"?')


def _image(args: argparse.Namespace) -> int:
    from dreamstream.render.image import render_image

    need_image(args.photo, args.programme, args.output)
    take_settings(args, "size", *_ENGINE)
    args.size = args.size or "auto"
    return render_image(args)


def need_image(photo: Path | None, programme: str | None, output: Path | None) -> None:
    """Raise UsageError unless it is said what to dream and where to; a word in the photo's place is what to dream."""
    from dreamstream.core.errors import UsageError

    if programme is not None and output is not None:
        return
    if programme is None and photo is not None and not photo.exists() and not photo.suffix:
        word = photo.name.casefold()
        file = output or f"{word.replace(' ', '-')}.png"
        quoted = f'"{word}"' if " " in word else word
        raise UsageError(f"There is no picture {photo}; did you mean `dreamstream image -c {quoted} -o {file}`?")
    missing = [flag for flag, given in (("-c CLASS", programme), ("-o FILE.png", output)) if given is None]
    more = "`dreamstream image --help` tells what it takes."
    raise UsageError(f"`dreamstream image` needs {' and '.join(missing)}. {more}")


def _gallery(args: argparse.Namespace) -> int:
    from dreamstream.render.gallery import make_gallery

    take_settings(args, "size", *_LOOK, "seed")
    return make_gallery(args)
