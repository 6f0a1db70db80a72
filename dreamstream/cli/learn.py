"""`dreamstream learn`: a film of somebody becomes a subject that dreams."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command


def add(commands: Commands) -> None:
    """Add the command."""
    command(commands, "learn", _learn, "teach a generator a subject, from a film or pictures of it", _flags)


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="FILM|FOLDER", help="a film, or a folder of pictures")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.safetensors", help="the subject")
    parser.add_argument(
        "--from", dest="start", default="auto", metavar="WHAT", help="ancestor, scratch or a subject's FILE (ancestor)"
    )
    recipes = (
        "quick (by heart), style (the default), began (cartoons), pix2pix (to fill drawings); dcgan, selu, wgan or "
    )
    recipes += "lsgan (as cats were published), or all of these and a modern one side by side"
    parser.add_argument("--recipe", default="style", metavar="NAME", help=recipes)
    parser.add_argument("--size", type=int, default=64, metavar="N", help="of its pictures: 64 (default), 128 or 256")
    latent = "numbers that a BEGAN's latents have, 3 to 100 (default 100): with 3, the audience can say them all"
    parser.add_argument("--latent", type=int, metavar="N", help=latent)
    minutes = "how long (default 30; quick: 5, pix2pix: 20, began: 60; all: 5 of one core each)"
    parser.add_argument("--minutes", type=float, metavar="N", help=minutes)
    parser.add_argument("--kimg", type=float, metavar="N", help="instead of minutes: so many thousand pictures")
    parser.add_argument("--film", type=Path, metavar="FILE.mp4", help="make a film of the training")
    parser.add_argument("--crop", metavar="LEFT,TOP,SIDE", help="the square that is used (default: the middle)")
    parser.add_argument("--name", metavar="TEXT", help="the subject's name (default: the file's)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what random numbers start from (default 0)")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: by platform)")
    add_force(parser)


def _learn(args: argparse.Namespace) -> int:
    from dreamstream.core.errors import UsageError
    from dreamstream.core.names import meant
    from dreamstream.train.learn.learn import learn
    from dreamstream.train.learn.plan import Plan

    recipes = ("style", "quick", "began", "pix2pix", "dcgan", "selu", "wgan", "lsgan", "all")
    if args.recipe not in recipes:
        raise UsageError(f"There is no recipe {args.recipe!r}; {meant(args.recipe, recipes)}")
    plan = Plan(args.recipe, args.minutes, args.kimg)
    learn(
        args.source,
        args.output,
        plan,
        start=args.start,
        size=args.size,
        latent=args.latent,
        film=args.film,
        crop=_crop(args.crop),
        name=args.name,
        seed=args.seed,
        cache=args.cache,
        force=args.force,
    )
    return 0


def _crop(text: str | None) -> tuple[int, int, int] | None:
    from dreamstream.core.errors import UsageError

    if text is None:
        return None
    try:
        left, top, side = (int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--crop takes three whole numbers, LEFT,TOP,SIDE in pixels, not {text!r}.") from None
    return left, top, side
