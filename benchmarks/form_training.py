"""How the built-in network came to know form: trained on from what it was, on pictures a part of which have no colour.

    python -m benchmarks.form_training --artwork artwork -o runs/form
    python -m benchmarks.form_training --measure [--model FILE] --artwork artwork

`dreamstream train` trains such a network from nothing; this goes on from one that is trained. It is in PyTorch, in
bfloat16 on one core, where a step takes a quarter of what it takes in JAX. It goes on from its last checkpoint, writes
`weights.safetensors` as it goes, and tells how often the network is right where colour, detail or shading is missing.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch.nn import functional

from dreamstream.bench.judge import LOOKS
from dreamstream.networks import runtime
from dreamstream.networks.vgg.architecture import POOLED
from dreamstream.networks.vgg.model import Model
from dreamstream.support.files import replacing
from dreamstream.support.progress import progress
from dreamstream.train.attack import attack
from dreamstream.train.compose import compose, weakened
from dreamstream.train.glyphs import load_style, read_classes
from dreamstream.train.scenes import Scenes
from dreamstream.train.train import ATTACKED, HELD, Recipe
from dreamstream.weights.catalog import load_model, models_folder
from dreamstream.weights.vgg.native import write_model

RECIPE = Recipe(batch=96, rate=6e-4, radius=2.0, steps=3000)
ATTACK_STEPS = 2
WARM = 100  # steps
EVERY = 250  # steps from one checkpoint to the next
Tensors = dict[str, torch.Tensor]


class Student:
    """A network without batch norm in PyTorch, its averaged weights, and single steps against attacks.

    Pictures are [N, 3, S, S] in [0, 1], labels [N].
    """

    def __init__(self, model: Model, recipe: Recipe) -> None:
        self._model, self._recipe, self.number = model, recipe, 0
        self.params: Tensors = {}
        for name, layer in model.params.items():
            kernel = torch.from_numpy(np.array(layer["kernel"], np.float32).transpose(3, 2, 0, 1))
            self.params[f"{name}.kernel"] = kernel.contiguous(memory_format=torch.channels_last).requires_grad_()
            self.params[f"{name}.bias"] = torch.from_numpy(np.array(layer["bias"], np.float32)).requires_grad_()
        self.average = {name: value.detach().clone() for name, value in self.params.items()}
        self._random = torch.Generator().manual_seed(recipe.seed)
        self._optimiser = torch.optim.AdamW(list(self.params.values()), lr=recipe.rate, weight_decay=recipe.decay)

    def logits(self, params: Tensors, x: torch.Tensor) -> torch.Tensor:
        """What `networks.vgg.network.activations` computes, [N, classes]."""
        given = self._model.preprocessing
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (given.mean, given.std))
        x = ((x - mean) / std).to(torch.bfloat16)
        for name in self._model.params:
            if name in POOLED:
                x = functional.max_pool2d(x, 2)
            kernel, bias = (params[f"{name}.{part}"].to(torch.bfloat16) for part in ("kernel", "bias"))
            x = functional.conv2d(x, kernel, bias, padding="same" if name.startswith("conv") else "valid")
            x = x if name == "fc8" else torch.relu(x)
        return x.flatten(1).float()

    def attacked(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """As `train.attack.attack`."""
        radius, fixed = self._recipe.radius, {name: value.detach() for name, value in self.params.items()}

        def norm(delta: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = torch.linalg.vector_norm(delta, dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)
            return found

        away = torch.randn(x.shape, generator=self._random)
        away = away / norm(away) * radius / 2
        for _ in range(ATTACK_STEPS):
            away.requires_grad_()
            loss = functional.cross_entropy(self.logits(fixed, (x + away).clamp(0, 1)), labels, reduction="sum")
            (uphill,) = torch.autograd.grad(loss, away)
            away = away.detach() + 2.5 * radius / ATTACK_STEPS * uphill / norm(uphill)
            away = away * (radius / norm(away)).clamp_max(1)
        return (x + away).clamp(0, 1)

    def step(self, x: torch.Tensor, labels: torch.Tensor) -> float:
        """Learn from pictures; the share of them, attacked, in which it was right."""
        recipe = self._recipe
        falling = 0.02 + 0.98 * (1 + math.cos(math.pi * self.number / recipe.steps)) / 2
        self._optimiser.param_groups[0]["lr"] = recipe.rate * min(1, (self.number + 1) / WARM) * falling
        told = self.logits(self.params, self.attacked(x, labels))
        self._optimiser.zero_grad()
        functional.cross_entropy(told, labels).backward()
        torch.nn.utils.clip_grad_norm_(list(self.params.values()), 2.0)
        self._optimiser.step()
        self.number += 1
        keep = min(recipe.average, (1 + self.number) / (10 + self.number))
        with torch.no_grad():
            for name, value in self.params.items():
                self.average[name].lerp_(value, 1 - keep)
        return float((told.argmax(1) == labels).float().mean())

    def model(self) -> Model:
        """The averaged network."""

        def layer(name: str) -> dict[str, Any]:
            kernel = self.average[f"{name}.kernel"].numpy().transpose(2, 3, 1, 0)
            return {"kernel": np.ascontiguousarray(kernel), "bias": self.average[f"{name}.bias"].numpy()}

        return replace(self._model, params={name: layer(name) for name in self._model.params})

    def save(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        state = {
            "number": self.number,
            "params": {name: value.detach() for name, value in self.params.items()},
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
            "random": self._random.get_state(),
        }
        with replacing(path) as partial_file:
            torch.save(state, partial_file)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.number, self.average = state["number"], state["average"]
        with torch.no_grad():
            for name, value in self.params.items():
                value.copy_(state["params"][name])
        self._optimiser.load_state_dict(state["optimiser"])
        self._random.set_state(state["random"])


def accuracy(model: Model, scenes: Scenes) -> dict[str, float]:
    """The share of HELD new pictures that a network names rightly, by what is missing in them."""
    pictures, labels = scenes.batch(HELD, [1])
    named = jax.jit(lambda windows: model.window_logits(model.params, windows).argmax(axis=1))
    found = {}
    for look, seen_so in LOOKS.items():
        seen = seen_so(np.asarray(pictures))
        answers = np.concatenate([np.asarray(named(seen[at : at + 128])) for at in range(0, HELD, 128)])
        found[look] = float((answers == np.asarray(labels)).mean())

    @jax.jit
    def changed(windows: jax.Array, wanted: jax.Array) -> jax.Array:
        def loss(x: jax.Array) -> jax.Array:
            told = jax.nn.log_softmax(model.window_logits(model.params, x))
            return -jnp.sum(jnp.take_along_axis(told, wanted[:, None], axis=1))

        radius = jnp.float32(RECIPE.judged_radius)
        return attack(loss, windows, jax.random.key(9), radius, RECIPE.judged_steps)

    few = np.asarray(pictures[:ATTACKED]), np.asarray(labels[:ATTACKED])
    found["attacked"] = float((np.asarray(named(changed(*few))) == few[1]).mean())
    return found


def tell(model: Model, known: Scenes, unseen: Scenes) -> None:
    """Print the accuracy in the styles of the training, and in the one that is only tested with."""
    for name, scenes in (("known styles", known), ("unseen style", unseen)):
        print(f"{name}: " + ", ".join(f"{look} {share:.3f}" for look, share in accuracy(model, scenes).items()))


def main() -> None:
    """Train on, or only measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--artwork", type=Path, default=Path("artwork"))
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/form"))
    parser.add_argument("--model", default="builtin", help="what it goes on from")
    parser.add_argument("--steps", type=int, default=RECIPE.steps)
    parser.add_argument("--grey", type=float, default=RECIPE.grey, help="share of pictures without colour")
    parser.add_argument("--seed", type=int, default=RECIPE.seed, help="other pictures, for who goes on a second time")
    parser.add_argument("--measure", action="store_true", help="only tell how often the network is right")
    given = parser.parse_args()
    runtime.begin()
    # Threads of PyTorch wait by counting: where other programs have the cores, two take six times what one takes.
    torch.set_num_threads(1)
    recipe = replace(RECIPE, steps=given.steps, grey=given.grey, seed=given.seed)
    classes = read_classes(models_folder() / "builtin" / "classes.csv")
    names = [item.name for item in classes]
    sprites = {style: load_style(style, classes, given.artwork) for style in (*recipe.shares, recipe.unseen)}
    known = Scenes(names, {style: sprites[style] for style in recipe.shares}, recipe.shares, recipe.window, RECIPE.seed)
    only = {recipe.unseen: 1.0}
    unseen = Scenes(names, {recipe.unseen: sprites[recipe.unseen]}, only, recipe.window, RECIPE.seed)
    model = load_model(given.model)
    if given.measure:
        tell(model, known, unseen)
        return
    given.output.mkdir(parents=True, exist_ok=True)
    student, checkpoint = Student(model, recipe), given.output / "checkpoint.pt"
    if checkpoint.is_file():
        student.load(checkpoint)

    @jax.jit
    def made(number: int) -> tuple[jax.Array, jax.Array]:
        composing, weakening = jax.random.split(jax.random.fold_in(jax.random.key(recipe.seed), number))
        pictures, labels = compose(known.stock, composing, recipe.batch, recipe.window)
        return weakened(pictures, weakening, recipe.grey, recipe.blurred), labels

    with progress("Form", recipe.steps - student.number, "steps") as advance:
        while student.number < recipe.steps:
            pictures, labels = (np.array(part) for part in made(student.number))
            x = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            right = student.step(x, torch.from_numpy(labels).long())
            advance(1, f"right {right:.2f}")
            if student.number % EVERY == 0 or student.number == recipe.steps:
                student.save(checkpoint)
                write_model(given.output / "weights.safetensors", student.model())
                tell(student.model(), known, unseen)


if __name__ == "__main__":
    main()
