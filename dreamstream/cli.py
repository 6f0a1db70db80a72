"""The command line: what there is to type. Each command imports its part when it is called, so that help is instant."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dreamstream import __version__
from dreamstream.errors import UserError

Command = Callable[[argparse.Namespace], int]


def entry() -> None:
    """The console script: run `main`, and end without waiting for a dreamer that is busy in C++."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong usage."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its own sentence, or the help
        return int(stop.code or 0)
    command: Command = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"dreamstream: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("dreamstream: stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `dreamstream classes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="dreamstream",
        description="A live show that a neural network dreams and its audience steers.",
        epilog="`dreamstream COMMAND --help` tells what a command takes.",
    )
    top.add_argument("--version", action="version", version=f"dreamstream {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in _GROUPS:
        add(commands)
    return top


Commands = Any  # argparse's sub-parsers action has no public generic type


def _command(commands: Commands, name: str, run: Command, summary: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    made.set_defaults(command=run)
    return made


def _add_model(to: argparse.ArgumentParser) -> None:
    to.add_argument("--model", default="auto", metavar="NAME", help="auto, builtin, or a file of weights")


def _add_serve(commands: Commands) -> None:
    made = _command(commands, "serve", _serve, "run the show: dream live, stream, and listen to the audience")
    made.argument_default = argparse.SUPPRESS

    def add(*names: str, **how: Any) -> None:
        made.add_argument(*names, default=argparse.SUPPRESS, **how)

    add("--model", metavar="NAME", help="auto (default), builtin, or a file of weights")
    add("--size", metavar="WxH", help="the video's size (default auto: 1280x720, or 640x360 on a small machine)")
    add("--fps", metavar="N", help="frames per second, 1 to 60 (default 30)")
    add("--rtmp", action="append", metavar="URL", help="stream to this RTMP address; may be given several times")
    add("--twitch", metavar="CHANNEL", help="read requests from this Twitch channel's chat; needs no account")
    add("--irc", metavar="URL", help="read requests from an IRC channel: irc://HOST:6667/CHANNEL")
    add("--host", metavar="ADDRESS", help="address the page listens on (default 127.0.0.1: this machine only)")
    add("--port", metavar="N", help="port of the page (default 8080; 0 takes a free one)")
    add("--open", action="store_true", help="open the page in the browser")
    add("--record", metavar="FILE", help="record the show to this MP4 file")
    add("--audio", metavar="FILE", help="play this sound file in a loop (default: silence)")
    add(
        "--overlay",
        action=argparse.BooleanOptionalAction,
        help="titles in the video (default auto: when it is streamed or recorded)",
    )
    add("--bitrate", metavar="KBPS", help="video bits per second in thousands (default auto: by size and rate)")
    add("--encoder", metavar="NAME", help="auto (default), libx264, h264_nvenc, h264_qsv or h264_amf")
    add("--preset", metavar="NAME", help="look of the dreams (default vivid)")
    add("--dream-size", metavar="WxH", help="size of the canvas that is dreamed (default auto: by machine)")
    add("--steps", metavar="N", help="ascent steps per dream (default auto: as many as are in time)")
    add("--set", action="append", dest="controls", metavar="NAME=VALUE", help="set a control, like zoom=1.08")
    add("--hold", metavar="SECONDS", help="how long a request is dreamed when others wait (default 30)")
    add("--seed", metavar="N", help="make the same choices as another show with this seed (default: new ones)")
    add("--channel", metavar="NAME", help="the show's name in logs, metrics and state (default main)")
    add("--state", metavar="FOLDER", help="where the queue and the last picture are kept (default: by platform)")
    add("--cache", metavar="FOLDER", help="where compiled programs are kept (default: by platform)")
    add("--config", type=Path, metavar="FILE", help="TOML file of these settings (default: by platform, if there)")
    add("-v", "--verbose", action="store_true", help="log more")


def _add_render(commands: Commands) -> None:
    made = _command(commands, "render", _render, "dream a video file, as slowly as it takes")
    made.add_argument("programme", metavar="CLASS [+ CLASS]", help='what to dream: "bee" or "bee + pizza"')
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mp4")
    made.add_argument("--seconds", type=float, default=20.0, help="length of the video (default 20)")
    made.add_argument("--size", default="640x360", metavar="WxH", help="the video's size (default 640x360)")
    made.add_argument("--fps", type=int, default=30, help="frames per second, 1 to 60 (default 30)")
    made.add_argument("--steps", type=int, default=None, help="ascent steps per dream (default: the preset's)")
    made.add_argument("--photo", type=Path, default=None, metavar="FILE", help="start from this picture")
    _add_engine(made)


def _add_image(commands: Commands) -> None:
    made = _command(commands, "image", _image, "dream one picture, from nothing or from a photograph")
    made.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="the picture to start from")
    made.add_argument("-c", "--class", dest="programme", required=True, metavar="CLASS", help='like "volcano"')
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.png")
    made.add_argument("--size", default="auto", metavar="WxH", help="default: the photo's, at most 1280")
    made.add_argument("--steps", type=int, default=None, help="ascent steps in all (default 100)")
    _add_engine(made)


def _add_engine(made: argparse.ArgumentParser) -> None:
    _add_model(made)
    made.add_argument("--preset", default="vivid", metavar="NAME", help="look of the dreams (default vivid)")
    made.add_argument("--set", action="append", dest="controls", default=[], metavar="NAME=VALUE", help="set a control")
    made.add_argument("--seed", type=int, default=0, help="same seed, same pictures (default 0)")


def _add_classes(commands: Commands) -> None:
    made = _command(commands, "classes", _classes, "list what can be dreamed")
    made.add_argument("query", nargs="?", default="", metavar="QUERY", help="show only names near this one")
    _add_model(made)


def _add_weights(commands: Commands) -> None:
    about = "networks to dream with: list what is here, check a file"
    made = commands.add_parser("weights", help=about, description=about)
    inner = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(inner, "list", _weights_list, "list the networks on this machine")
    check = _command(inner, "check", _weights_check, "say what a weight file is, or why it cannot be used")
    check.add_argument("file", type=Path, metavar="FILE")


def _add_prior(commands: Commands) -> None:
    about = "the patch prior that keeps dreams looking like pictures"
    made = commands.add_parser("prior", help=about, description=about)
    inner = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    fit = _command(inner, "fit", _prior_fit, "fit a prior to a folder of pictures")
    fit.add_argument("folder", type=Path, metavar="FOLDER", help="pictures, also in folders below it")
    fit.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.safetensors")


def _add_train(commands: Commands) -> None:
    made = _command(commands, "train", _train, "train the built-in network anew, from drawings to weights")
    made.add_argument("--artwork", type=Path, default=Path("artwork"), metavar="FOLDER", help="emoji artwork (artwork)")
    made.add_argument("--out", type=Path, default=Path("runs/builtin"), metavar="FOLDER", help="results (runs/builtin)")
    made.add_argument("--steps", type=int, default=None, metavar="N", help="training steps (default: the recipe's)")
    made.add_argument("--batch", type=int, default=None, metavar="N", help="pictures a step (default: the recipe's)")
    made.add_argument("--seed", type=int, default=None, metavar="N", help="default: the recipe's")


def _add_bench(commands: Commands) -> None:
    made = _command(commands, "bench", _bench, "measure this machine: frames on time, dreams and steps per second")
    made.add_argument("--seconds", type=float, default=60.0, help="how long to measure (default 60)")
    made.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the figures to this file")


def _add_doctor(commands: Commands) -> None:
    made = _command(commands, "doctor", _doctor, "say what works on this machine, and what to do about the rest")
    made.add_argument("--rtmp", action="append", default=[], metavar="URL", help="also try to reach this RTMP server")
    made.add_argument("--port", type=int, default=8080, help="the page's port (default 8080)")


def _serve(arguments: argparse.Namespace) -> int:
    from dreamstream import settings

    flags = {key: value for key, value in vars(arguments).items() if key in settings.Settings.model_fields}
    told = settings.load(flags, getattr(arguments, "config", None))
    from dreamstream import show  # after what may be refused, for it takes a second

    return show.run(told, verbose=getattr(arguments, "verbose", False))


def _render(arguments: argparse.Namespace) -> int:
    from dreamstream import render

    return render.render_video(arguments)


def _image(arguments: argparse.Namespace) -> int:
    from dreamstream import render

    return render.render_image(arguments)


def _classes(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.list_classes(arguments.query, arguments.model)


def _weights_list(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.list_weights()


def _weights_check(arguments: argparse.Namespace) -> int:
    from dreamstream import listing

    return listing.check_weights(arguments.file)


def _prior_fit(arguments: argparse.Namespace) -> int:
    from dreamstream.train.command import fit_prior

    nu = fit_prior(arguments.folder, arguments.output)
    fitted = ", ".join(f"{value:.3g} at scale {pool}" for pool, value in nu.items())
    print(f"{arguments.output}: nu is {fitted}.")
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from dreamstream.train.command import train_builtin

    path = train_builtin(arguments.artwork, arguments.out, arguments.steps, arguments.batch, arguments.seed)
    print(f"{path} is trained; use it with --model {path}")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from dreamstream import bench

    return bench.run(arguments.seconds, arguments.json)


def _doctor(arguments: argparse.Namespace) -> int:
    from dreamstream import doctor

    return doctor.run(arguments.rtmp, arguments.port)


_GROUPS = (
    *(_add_serve, _add_render, _add_image, _add_classes, _add_weights, _add_prior, _add_train),
    *(_add_bench, _add_doctor),
)
