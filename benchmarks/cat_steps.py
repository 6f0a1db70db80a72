"""Whether the GANs of cats stay finite: each recipe makes many steps on small frames, and shows what it makes then.

    python -m benchmarks.cat_steps cat.mp4 --output steps.jpg
    python -m benchmarks.cat_steps cat.mp4 --output selu.jpg --recipes selu --size 128 --steps 500

Of 16 pixels the networks are small ones, of 64 and 128 those that `learn` teaches. Prints a row of a table for each:
the step after which a loss or a parameter was no finite number, if any; the mean difference of two made pictures over
that of two frames, where 1 is as different and 0 one picture for all latents; the work. The sheet has a row of held-out
frames, then one of each recipe's pictures of the same latents.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.networks import runtime
from dreamstream.networks.dcgan.networks import Shape as CatShape
from dreamstream.networks.generators import Shape
from dreamstream.networks.stylegan2.generator import Shape as StyleShape
from dreamstream.support.pictures import save_picture
from dreamstream.train.catgan.compare import CHANCE, COMPARED, STYLE, title_of, trainer_of
from dreamstream.train.catgan.recipes import RECIPES
from dreamstream.train.catgan.session import Trainer
from dreamstream.train.catgan.trainer import CatTrainer
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer
from dreamstream.train.learn import film
from dreamstream.train.learn.footage import Footage, read_footage
from dreamstream.train.learn.painter import Painter, in_floats
from dreamstream.train.learn.plan import Recipe
from dreamstream.train.session import BATCH

SMALL, EVERY, SHOWN, LATENTS = 16, 10, 16, 200
CAT_CHANNELS, STYLE_CHANNELS = (24, 16), (32, 32, 16)


def begun(recipe: Recipe, size: int, seed: int) -> tuple[Shape, Trainer]:
    """A recipe's generator of so many pixels, and what teaches it."""
    if size != SMALL:
        return trainer_of(recipe, size, seed)
    if recipe == STYLE:
        style = StyleShape(channels=STYLE_CHANNELS)
        return style, GanTrainer(GanRecipe(shape=style, batch=BATCH, chance=CHANCE, seed=seed))
    shape = CatShape(CAT_CHANNELS, selu=int(RECIPES[recipe].selu))
    return shape, CatTrainer(RECIPES[recipe], shape, BATCH, seed)


def taught(trainer: Trainer, footage: Footage, steps: int, seed: int) -> int | None:
    """Make steps; the one at which a loss, or in the end a parameter, was seen to be no finite number."""
    frames = in_floats(footage.taught)
    for number in range(steps):
        chosen = np.random.default_rng([seed, number]).integers(len(frames), size=BATCH)
        scores = trainer.step(jnp.asarray(frames[chosen]))
        if (number + 1) % EVERY == 0 and not math.isfinite(float(scores["loss"])):
            return number + 1
    finite = all(bool(np.isfinite(np.asarray(each)).all()) for each in jax.tree.leaves(trainer.state))
    return None if finite else steps


def apart(pictures: NDArray[np.uint8]) -> float:
    """The mean difference of the first half of pictures from the second."""
    half = len(pictures) // 2
    return float(np.abs(pictures[:half].astype(float) - pictures[half : 2 * half]).mean())


def main() -> None:
    """Teach all that are asked for, print the table, write the sheet."""
    parser = argparse.ArgumentParser(description="Whether the GANs of cats stay finite.")
    parser.add_argument("film", type=Path)
    parser.add_argument("--output", type=Path, required=True, metavar="SHEET.jpg")
    parser.add_argument("--recipes", nargs="+", choices=COMPARED, default=list(COMPARED))
    parser.add_argument("--size", type=int, choices=(SMALL, 64, 128), default=SMALL)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    runtime.begin()
    footage = read_footage(given.film, given.size, None)
    chosen = np.random.default_rng(1).integers(len(footage.taught), size=LATENTS)
    spread = apart(footage.taught[chosen])
    rows = [footage.judged[np.linspace(0, len(footage.judged) - 1, SHOWN).astype(int)]]
    print("| recipe | steps | finite | apart | core-seconds |")
    print("|---|---|---|---|---|")
    for recipe in given.recipes:
        began = time.process_time()
        shape, trainer = begun(recipe, given.size, given.seed)
        broken = taught(trainer, footage, given.steps, given.seed)
        painter = Painter(shape)
        made = painter(trainer.learned, painter.latents(LATENTS))
        rows.append(made[:SHOWN])
        ends = "for all" if broken is None else f"until step {broken}"
        print(
            f"| {title_of(recipe)} | {given.steps:,} | {ends} | {apart(made) / spread:.2f} | "
            f"{time.process_time() - began:.0f} |",
            flush=True,
        )
        enlarged = np.concatenate(rows).repeat(max(1, 48 // given.size), 1).repeat(max(1, 48 // given.size), 2)
        save_picture(given.output, film.tiled(enlarged, SHOWN, 2))


if __name__ == "__main__":
    main()
