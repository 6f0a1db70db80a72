"""How the ancestor was taught: a StyleGAN2 of the emoji world, of pictures composed anew for every step.

    python -m benchmarks.ancestor_training --artwork artwork -o ancestor.safetensors

865,000 pictures are minutes on an accelerator, and a day and a half on two cores, where `--kimg` takes fewer. It goes
on from its last checkpoint, `ancestor.checkpoint` beside the file, and writes the file at each.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np

from dreamstream.networks import runtime
from dreamstream.networks.stylegan2.generator import Shape
from dreamstream.support import machine
from dreamstream.support.files import replacing
from dreamstream.support.progress import progress
from dreamstream.train.compose import portraits
from dreamstream.train.gan.trainer import GanRecipe, GanTrainer
from dreamstream.train.glyphs import STYLES, load_style, read_classes
from dreamstream.train.scenes import Scenes
from dreamstream.weights.catalog import models_folder
from dreamstream.weights.generators import Subject, write_subject

KIMG = 865.408
RECIPE = GanRecipe(Shape(channels=(96, 96, 64, 32, 16), latent=64, style=96, layers=3), 64, remembered=20_000.0, seed=1)
CONSTANT = 0.6  # share of the training after which its rate falls
EVERY = 200  # steps from one checkpoint to the next


def subject(trainer: GanTrainer, steps: int) -> Subject:
    """What a trainer has learned, with its card."""
    generator, judged = (jax.tree.map(np.asarray, tree) for tree in (trainer.learned, trainer.state["discriminator"]))
    card = {
        "taught from": "the emoji of the built-in network's 180 words in seven styles, on plain grounds",
        "pictures": steps * trainer.recipe.batch,
        "recipe": f"style, relativistic loss with R1 and R2, batch {trainer.recipe.batch}",
        "machine": f"{machine.name()}, {jax.devices()[0].device_kind}",
    }
    return Subject("emoji world", trainer.recipe.shape, generator, judged, card)


def main() -> None:
    """Teach it, or go on teaching it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--artwork", type=Path, default=Path("artwork"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kimg", type=float, default=KIMG, help="thousands of pictures")
    given = parser.parse_args()
    runtime.begin()
    size, seed = RECIPE.shape.size, RECIPE.seed
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    sprites = {style: load_style(style, classes, given.artwork) for style in STYLES}
    names = [item.name for item in classes]
    stock = Scenes(names, sprites, dict.fromkeys(STYLES, 1.0), size, seed, backgrounds=1).stock
    drawn = jax.jit(partial(portraits, count=RECIPE.batch, size=size))
    trainer, checkpoint = GanTrainer(RECIPE), given.output.with_suffix(".checkpoint")
    if checkpoint.is_file():
        state = flax.serialization.from_bytes(trainer.state, checkpoint.read_bytes())
        trainer.state = jax.tree.map(jnp.asarray, state)
        trainer.number = int(trainer.state["step"])
    steps = max(1, round(1000 * given.kimg / RECIPE.batch))
    with progress("Ancestor", steps - trainer.number, "steps") as advance:
        while trainer.number < steps:
            key = jax.random.fold_in(jax.random.key(seed), trainer.number)
            falling = min(1.0, (1 - trainer.number / steps) / (1 - CONSTANT))
            scores = trainer.step(2 * drawn(stock, key) - 1, falling)
            advance(1, f"loss {float(scores['loss']):.2f}")
            if trainer.number % EVERY == 0 or trainer.number == steps:
                with replacing(checkpoint) as partial_file:
                    partial_file.write_bytes(flax.serialization.to_bytes(jax.device_get(trainer.state)))
                write_subject(given.output, subject(trainer, trainer.number))


if __name__ == "__main__":
    main()
