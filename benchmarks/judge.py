"""An independent judge of what the built-in network dreams: a residual network of another seed, trained on all styles
of artwork without adversarial training, that never takes part in dreaming.

    python benchmarks/judge.py train --artwork artwork -o judge.msgpack
    python benchmarks/judge.py dreams judge.msgpack --classes 40 --json figures.json

Training takes about 5 minutes on two CPU cores, judging 40 classes about 4.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import flax.linen as nn
import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from dreamstream.dream.dreamer import Dreamer
from dreamstream.dream.programme import split
from dreamstream.files import replacing
from dreamstream.progress import progress
from dreamstream.train.glyphs import load_style, read_classes
from dreamstream.train.scenes import Scenes
from dreamstream.weights.catalog import models_folder

STYLES = {"noto": 0.3, "fluent": 0.2, "fluent-flat": 0.2, "twemoji": 0.3}
SIDE = 64
SEED = 2015
WINDOWS = (64, 90, 128, 160)  # pixels of a canvas 360 high


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm and a shortcut; the first may halve the size."""

    channels: int
    stride: int

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.95)
        y = nn.relu(norm()(nn.Conv(self.channels, (3, 3), (self.stride, self.stride), use_bias=False)(x)))
        y = norm()(nn.Conv(self.channels, (3, 3), use_bias=False)(y))
        if self.stride > 1 or x.shape[-1] != self.channels:
            x = norm()(nn.Conv(self.channels, (1, 1), (self.stride, self.stride), use_bias=False)(x))
        return nn.relu(x + y)


class Judge(nn.Module):
    """A small residual network (He et al. 2015): pictures [N, 64, 64, 3] in [0, 1] to logits [N, classes]."""

    classes: int

    @nn.compact
    def __call__(self, x: jax.Array, train: bool = False) -> jax.Array:
        x = nn.Conv(24, (5, 5), (2, 2))(x * 4 - 2)
        for channels, stride in ((24, 1), (48, 2), (96, 2), (128, 2)):
            x = Block(channels, stride)(x, train)
        return nn.Dense(self.classes)(x.mean(axis=(1, 2)))


def train(artwork: Path, output: Path, steps: int) -> None:
    """Train a judge, print its accuracy on pictures that it has not seen, and write it."""
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    names = [item.name for item in classes]
    scenes = Scenes(names, {style: load_style(style, classes, artwork) for style in STYLES}, STYLES, SIDE, SEED)
    judge = Judge(len(names))
    variables: Any = judge.init(jax.random.key(SEED), jnp.zeros((1, SIDE, SIDE, 3)))
    optimiser = optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 4e-3, steps // 20, steps), weight_decay=1e-4)
    state = (variables["params"], variables["batch_stats"], optimiser.init(variables["params"]))

    @jax.jit
    def step(state: Any, x: jax.Array, y: jax.Array) -> Any:
        params, statistics, memory = state

        def loss(params: Any) -> Any:
            logits, new = judge.apply({"params": params, "batch_stats": statistics}, x, True, mutable=["batch_stats"])
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), new["batch_stats"]

        (value, statistics), gradient = jax.value_and_grad(loss, has_aux=True)(params)
        updates, memory = optimiser.update(gradient, memory, params)
        return (optax.apply_updates(params, updates), statistics, memory), value

    with progress("Judge", steps, "steps") as advance:
        for number in range(steps):
            state, value = step(state, *scenes.batch(64, [0, number]))
            advance(1, f"loss {float(value):.2f}")
    variables = {"params": state[0], "batch_stats": state[1]}
    x, y = scenes.batch(1024, [1])
    right = np.argmax(judge.apply(variables, x), axis=-1) == y
    print(f"accuracy {right.mean():.4f} on {len(y)} pictures never seen")
    with replacing(output) as partial_file:
        partial_file.write_bytes(flax.serialization.to_bytes(variables))


def looks(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Half overlapping windows of a picture uint8 [H, W, 3], at object scale, as [K, SIDE, SIDE, 3] in [0, 1]."""
    h, w = picture.shape[:2]
    crops = [
        cv2.resize(picture[y : y + size, x : x + size], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        for size in (round(side * h / 360) for side in WINDOWS)
        for y in range(0, h - size + 1, size // 2)
        for x in range(0, w - size + 1, size // 2)
    ]
    return np.asarray(crops, np.float32) / 255


def judge_dreams(given: argparse.Namespace) -> None:
    """Dream random classes from noise and report how often, and how surely, the judge names them."""
    dreamer = Dreamer(given.model, (640, 360), preset=given.preset, seed=given.seed)
    names = dreamer.card.classes
    judge = Judge(len(names))
    blank = judge.init(jax.random.key(0), jnp.zeros((1, SIDE, SIDE, 3)))
    variables = flax.serialization.from_bytes(blank, given.judge.read_bytes())
    see = jax.jit(lambda x: jax.nn.softmax(judge.apply(variables, x)))
    noise = dreamer.state()
    rng = np.random.default_rng(given.seed)
    chosen = rng.permutation(len(names))[: given.classes or len(names)]
    rows = []
    with progress("Judging", len(chosen) * given.dreams, "dreams") as advance:
        for index in chosen:
            dreamer.restore(noise)
            for number in range(given.dreams):
                dream = dreamer.advance(split([names[index]]), number / 4, given.steps)
                advance(1, names[index])
            windows = np.asarray(see(looks(dream.picture)))
            mean, most = windows.mean(axis=0), windows.max(axis=0)
            rank = int((mean > mean[index]).sum()) + 1
            rows.append({"class": names[index], "rank": rank, "mean": float(mean[index]), "best": float(most[index])})
    rows.sort(key=lambda row: row["mean"])
    figures = {
        "classes": len(rows),
        "top1": sum(row["rank"] == 1 for row in rows),
        "top5": sum(row["rank"] <= 5 for row in rows),
        "mean probability": round(float(np.mean([row["mean"] for row in rows])), 4),
        "best window": round(float(np.mean([row["best"] for row in rows])), 4),
        "steps": given.dreams * given.steps,
        "preset": given.preset,
    }
    print(json.dumps(figures))
    for row in rows:
        print(f"{row['class']:18s} rank {row['rank']:3d}  mean {row['mean']:.3f}  best window {row['best']:.3f}")
    if given.json:
        with replacing(given.json) as partial_file:
            partial_file.write_text(json.dumps({**figures, "rows": rows}, indent=1) + "\n")


def main() -> None:
    """The two commands."""
    parser = argparse.ArgumentParser(description="Judge what the built-in network dreams.")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("--artwork", type=Path, default=Path("artwork"))
    training.add_argument("-o", "--output", type=Path, required=True)
    training.add_argument("--steps", type=int, default=1200)
    judging = commands.add_parser("dreams")
    judging.add_argument("judge", type=Path)
    judging.add_argument("--classes", type=int, default=40, help="how many random ones; 0 for all")
    judging.add_argument("--dreams", type=int, default=28)
    judging.add_argument("--steps", type=int, default=4, help="per dream, four dreams a second")
    judging.add_argument("--preset", default="vivid")
    judging.add_argument("--model", default="builtin")
    judging.add_argument("--seed", type=int, default=1)
    judging.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.command == "train":
        train(given.artwork, given.output, given.steps)
    else:
        judge_dreams(given)


if __name__ == "__main__":
    main()
