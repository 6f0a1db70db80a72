"""`dreamstream teach`: photographs of your own things become classes that can be dreamed."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command


def add(commands: Commands) -> None:
    """Add the command."""
    made = command(commands, "teach", _teach, "teach a network classes of your own, from folders of photographs")
    made.add_argument("folder", type=Path, metavar="FOLDER", help="holds a folder of photographs for each class")
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.safetensors")
    made.add_argument(
        "--model",
        default="auto",
        metavar="NAME",
        help="whose convolutions to use, as elsewhere (default: vgg16-features where it is installed, else builtin)",
    )
    made.add_argument(
        "--words", type=Path, default=None, metavar="FILE.csv", help="names: columns folder,name,codepoints,aliases"
    )
    made.add_argument("--hidden", type=int, default=0, metavar="N", help="channels of a hidden layer (default 0: none)")
    made.add_argument("--views", type=int, default=None, metavar="N", help="views of each picture (default: by count)")
    made.add_argument("--seed", type=int, default=0, help="same seed, same head (default 0)")
    dreams = "do not dream an example of each class for the page's list of words"
    made.add_argument("--no-dreams", dest="dreams", action="store_false", help=dreams)
    made.add_argument("--about", default="", metavar="TEXT", help="whose pictures these are, for the head's card")
    made.add_argument("--dtype", default="auto", metavar="NAME", help="auto (default), float32 or bfloat16")
    add_force(made)
    made.add_argument("--cache", type=Path, metavar="FOLDER", help="the cache folder (default: by platform)")


def _teach(arguments: argparse.Namespace) -> int:
    from dreamstream.render.examples import dream_examples, sheet_files
    from dreamstream.support.files import check_output
    from dreamstream.train.teach import teach

    given = arguments
    for path in (given.output, *(sheet_files(given.output) if given.dreams else ())):
        check_output(path, force=given.force)
    report = teach(
        given.folder,
        given.output,
        given.model,
        words=given.words,
        hidden=given.hidden,
        views=given.views,
        seed=given.seed,
        cache=given.cache,
        about=given.about,
        dtype=given.dtype,
    )
    print(f"{given.output}: " + "\n  ".join(report.lines()))
    example = report.names[0]
    print(f'  dream it: dreamstream image -c "{example}" --model {given.output} -o dream.png')
    if given.dreams:
        # The head is there already, whatever becomes of these.
        sheet = dream_examples(given.output, report.names, seed=given.seed, cache=given.cache)
        print(f"  an example of each: {sheet}")
    return 0
