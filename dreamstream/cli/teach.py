"""`dreamstream teach`: photographs of your own things become classes that can be dreamed."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "teach", _teach, "teach a network classes of your own, from folders of photographs")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds a folder of photographs for each class")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.safetensors")
    parser.add_argument(
        "--model",
        default="auto",
        metavar="NAME",
        help="whose convolutions to use, as elsewhere (default: vgg16-features where it is installed, else builtin)",
    )
    parser.add_argument(
        "--words", type=Path, default=None, metavar="FILE.csv", help="names: columns folder,name,codepoints,aliases"
    )
    parser.add_argument(
        "--hidden", type=int, default=0, metavar="N", help="channels of a hidden layer (default 0: none)"
    )
    parser.add_argument(
        "--views", type=int, default=None, metavar="N", help="views of each picture (default: by count)"
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same head (default 0)")
    dreams = "do not dream an example of each class for the page's list of words"
    parser.add_argument("--no-dreams", dest="dreams", action="store_false", help=dreams)
    parser.add_argument("--about", default="", metavar="TEXT", help="whose pictures these are, for the head's card")
    parser.add_argument("--dtype", default="auto", metavar="NAME", help="auto (default), float32 or bfloat16")
    add_force(parser)
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: by platform)")


def _teach(args: argparse.Namespace) -> int:
    from dreamstream.render.examples import dream_examples, sheet_files
    from dreamstream.support.files import check_output
    from dreamstream.train.teach import teach

    for path in (args.output, *(sheet_files(args.output) if args.dreams else ())):
        check_output(path, force=args.force)
    report = teach(
        args.folder,
        args.output,
        args.model,
        words=args.words,
        hidden=args.hidden,
        views=args.views,
        seed=args.seed,
        cache=args.cache,
        about=args.about,
        dtype=args.dtype,
    )
    print(f"{args.output}: " + "\n  ".join(report.lines()))
    example = report.names[0]
    print(f'  dream it: dreamstream image -c "{example}" --model {args.output} -o dream.png')
    if args.dreams:
        # The head is there already, whatever becomes of these.
        sheet = dream_examples(args.output, report.names, seed=args.seed, cache=args.cache)
        print(f"  an example of each: {sheet}")
    return 0
