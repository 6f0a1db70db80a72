"""A BEGAN of ten cartoon cats by three hands, from the artwork that the built-in network is taught on.

`python -m dreamstream.train.began.cats --artwork FOLDER -o FILE` teaches it; started again it goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.networks import runtime
from dreamstream.networks.began.networks import Shape
from dreamstream.support import machine
from dreamstream.support.extras import need
from dreamstream.support.progress import progress
from dreamstream.support.resources import default_cache, models_folder
from dreamstream.train.began.measures import told
from dreamstream.train.began.pictures import Drawings
from dreamstream.train.began.session import BeganSession
from dreamstream.train.began.trainer import BeganRecipe
from dreamstream.train.glyphs import GlyphClass, load_style, need_artwork
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.weights.generators import read_subject, write_subject

CATS = "🐱😺😸😹😻😼😽🙀😿😾"
HANDS = ("noto", "fluent-flat", "twemoji")
SIZE, KIMG, COMPARED, NICENESS = 64, 104.0, 1000, 10
LATENT = Shape().latent


def cats(artwork: Path) -> list[NDArray[np.uint8]]:
    """The cats of all hands, uint8 [side, side, 4]. Raises UserError where artwork or packages are missing."""
    need("Training", "train", "resvg_py", "emoji")
    need_artwork(HANDS, artwork)
    classes = [GlyphClass(cat, (cat,), ()) for cat in CATS]
    return [sprite for hand in HANDS for drawn in load_style(hand, classes, artwork).values() for sprite in drawn]


def teach(artwork: Path, output: Path, kimg: float = KIMG, seed: int = 0, latent: int = LATENT) -> None:
    """Teach it, or go on teaching it. latent: how many numbers its latents have.

    Raises UserError where artwork or packages are missing.
    """
    sprites = cats(artwork)
    taught = Drawings(sprites, SIZE, seed)
    runtime.begin()
    runtime.keep(default_cache() / "jax")
    machine.be_nice(NICENESS)
    plan = Plan("began", kimg=kimg)
    said = {
        "taught from": "artwork of three styles: Noto Emoji (Apache-2.0), Fluent Emoji flat (MIT), Twemoji (CC-BY-4.0)",
        "seed": seed,
    }
    compared = [Drawings(sprites, SIZE, seed + 7 + part).batch(COMPARED, 0) for part in range(3)]
    world = read_subject(models_folder() / "ancestor" / "weights.safetensors")
    decides = {"recipe": "began", "size": SIZE, "seed": seed} | ({} if latent == LATENT else {"latent": latent})
    with RunFolder(output.with_suffix(".run"), decides) as folder:
        recipe = BeganRecipe(shape=Shape(latent=latent), seed=seed)
        session = BeganSession(taught, compared, plan, folder, recipe, world, name="cartoon cat", said=said)
        done = session.step
        with progress("Teaching cartoon", round(1000 * kimg / 16) - done, "steps") as advance:

            def heard(session: BeganSession, words: str) -> None:
                nonlocal done
                advance(session.step - done, words)
                done = session.step

            # The generator alone, so that it is small; the run's folder has what it was taught against.
            session.run(
                lambda: False, heard, lambda learned: write_subject(output, replace(learned, discriminator=None))
            )
    figures = session.figures.told() if session.figures is not None else "not judged"
    print(f"{output}: {session.step} steps, {figures}.")
    print(told(read_subject(output), taught))


def main() -> None:
    """Teach a BEGAN the cats."""
    parser = argparse.ArgumentParser(description="Teach a BEGAN the cats.")
    parser.add_argument("--artwork", type=Path, default=Path("artwork"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kimg", type=float, default=KIMG)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latent", type=int, default=LATENT)
    given = parser.parse_args()
    try:
        teach(given.artwork, given.output, given.kimg, given.seed, given.latent)
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
