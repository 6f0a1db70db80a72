"""The painter that ships, taught on artwork:

    python -m dreamstream.train.pix2pix.shipped --artwork artwork -o runs/doodle.safetensors

The run's folder lies beside the file; the same command goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.core.errors import UserError
from dreamstream.networks import runtime
from dreamstream.networks.pix2pix.unet import CHANNELS, Shape
from dreamstream.support import machine
from dreamstream.support.extras import need
from dreamstream.support.progress import progress
from dreamstream.support.resources import default_cache
from dreamstream.train.glyphs import STYLES, load_style, need_artwork, read_classes
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.pix2pix.pairs import Artwork
from dreamstream.train.pix2pix.session import PaintSession
from dreamstream.weights.catalog import load_model, models_folder
from dreamstream.weights.painters import write_painting

WORDS = (
    *("cat", "dog", "owl", "tree frog", "bee", "fish", "rabbit", "penguin", "butterfly", "snail", "turtle", "octopus"),
    *("pizza", "cheeseburger", "ice cream", "strawberry", "mushroom", "cactus", "carrot", "rocket", "house", "ghost"),
    *("jack o lantern", "snowman"),
)
UNSEEN = "twemoji"  # the style that it is only judged by
SIZE, HELD, KIMG, NICENESS = 128, 96, 20.8, 10


def teach(artwork: Path, output: Path, kimg: float = KIMG, seed: int = 0) -> None:
    """Teach a painter the words, or go on teaching it. Raises UserError where artwork or packages are missing."""
    need("Training", "train", "resvg_py", "emoji")
    need_artwork(list(STYLES), artwork)
    runtime.begin()
    runtime.keep(default_cache() / "jax")
    machine.be_nice(NICENESS)
    classes = {each.name: each for each in read_classes(models_folder() / "builtin" / "classes.csv")}
    sprites = {style: load_style(style, [classes[word] for word in WORDS], artwork) for style in STYLES}
    unseen = {UNSEEN: sprites.pop(UNSEEN)}
    plan = Plan("pix2pix", kimg=kimg)
    said = {"taught from": "artwork of six styles; see README.md", "seed": seed}
    recipe = {"recipe": "pix2pix", "words": list(WORDS), "size": SIZE, "seed": seed}
    with RunFolder(output.with_suffix(".run"), recipe) as folder:
        session = PaintSession(
            Artwork(WORDS, sprites, SIZE, seed),
            Artwork(WORDS, unseen, SIZE, seed + 7).batch(HELD, 0),
            plan,
            folder,
            Shape(SIZE, len(WORDS) + 1, CHANNELS[SIZE], smooth=True),
            load_model("builtin"),
            words=WORDS,
            framed=True,
            name="doodle",
            said=said,
            seed=seed,
        )
        done = session.step
        with progress("Teaching doodle", round(1000 * kimg / 16) - done, "steps") as advance:

            def told(session: PaintSession, words: str) -> None:
                nonlocal done
                advance(session.step - done, words)
                done = session.step

            session.run(lambda: False, told, lambda painting: write_painting(output, painting))
    print(f"{output}: {session.step} steps, {session.heard or 0:.1f} dB on the style never taught.")


def main() -> None:
    """Teach the painter that ships."""
    parser = argparse.ArgumentParser(description="Teach the painter that ships.")
    parser.add_argument("--artwork", type=Path, default=Path("artwork"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kimg", type=float, default=KIMG)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    try:
        teach(given.artwork, given.output, given.kimg, given.seed)
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
