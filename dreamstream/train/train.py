"""Training of the built-in network: a quarter-width VGG-16 on emoji scenes, robust to L2 perturbations.

    dreamstream train --artwork artwork --out runs/builtin

About an hour on two CPU cores (5,000 steps of 64 pictures). It writes a checkpoint every few minutes and goes on
from it when started again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax

from dreamstream.dream.model import BUILTIN, Model
from dreamstream.dream.vgg import VGG, Architecture, activations, fold
from dreamstream.errors import UserError
from dreamstream.train.attack import attack
from dreamstream.train.scenes import Scenes

Tree = Any


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result, and is stored beside it.

    radius: L2 norm of the adversarial perturbations on pictures in [0, 1]. clean: steps before any; ramp: steps
    until full.
    attack_steps: gradient steps of an attack; strong_from: share of the training after which `strong_steps` are used.
    judged_steps: gradient steps of the attack that the adversarial accuracy is measured against.
    """

    steps: int = 5000
    batch: int = 64
    window: int = 64
    width: float = 0.25
    dense: int = 512
    rate: float = 3e-3
    decay: float = 1e-4
    average: float = 0.998
    radius: float = 1.2
    clean: int = 500
    ramp: int = 700
    attack_steps: int = 1
    strong_from: float = 0.45
    strong_steps: int = 2
    judged_steps: int = 5
    shares: dict[str, float] = field(default_factory=lambda: {"noto": 0.5, "fluent": 0.3, "fluent-flat": 0.2})
    unseen: str = "twemoji"
    seed: int = 317070

    def radius_at(self, step: int) -> float:
        """The perturbation radius at a step: 0 at first, then growing to its full size."""
        return self.radius * min(1.0, max(0.0, (step - self.clean) / max(1, self.ramp)))

    def attack_at(self, step: int) -> int:
        """How many attack steps are made at a step."""
        if step < self.clean:
            return 0
        return self.strong_steps if step >= self.strong_from * self.steps else self.attack_steps


class Trainer:
    """Holds the training state and makes single steps; all randomness comes from (seed, step)."""

    def __init__(self, recipe: Recipe, classes: int) -> None:
        self.recipe = recipe
        self.architecture = Architecture("D", recipe.width, recipe.dense, classes, recipe.window)
        self._normed = VGG(self.architecture, norm=True)
        schedule = optax.warmup_cosine_decay_schedule(
            0.0, recipe.rate, min(200, recipe.steps // 10), recipe.steps, recipe.rate * 0.01
        )
        self._optimiser = optax.chain(optax.clip_by_global_norm(2.0), optax.adamw(schedule, weight_decay=recipe.decay))
        sample = jnp.zeros((1, recipe.window, recipe.window, 3))
        variables = self._normed.init(jax.random.key(recipe.seed), sample)
        params, statistics = variables["params"], variables["batch_stats"]
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "params": params,
            "statistics": statistics,
            "average": jax.tree.map(jnp.copy, params),
            "optimiser": self._optimiser.init(params),
        }
        self._step = jax.jit(self._make_step, static_argnames="attack_steps", donate_argnums=0)
        self._judge = jax.jit(self._make_judge, static_argnames="attack_steps")

    def _logits(self, params: Tree, statistics: Tree, pictures: jax.Array) -> jax.Array:
        """Logits [N, classes] of the network as it will be used: batch norm folded at its running averages."""
        return activations(self.architecture, fold(params, statistics), BUILTIN(pictures))["logits"][:, 0, 0]

    def _losses(self, params: Tree, statistics: Tree, pictures: jax.Array, labels: jax.Array) -> jax.Array:
        logits = self._logits(params, statistics, pictures)
        return jnp.sum(optax.softmax_cross_entropy_with_integer_labels(logits, labels))

    def _make_step(
        self, state: Tree, pictures: jax.Array, labels: jax.Array, radius: jax.Array, attack_steps: int
    ) -> tuple[Tree, jax.Array, jax.Array]:
        key = jax.random.fold_in(jax.random.key(self.recipe.seed + 1), state["step"])
        if attack_steps:
            # The attack sees the network as it will be used, with its running averages: half the cost, too.
            pictures = attack(
                lambda x: self._losses(state["params"], state["statistics"], x, labels),
                pictures,
                key,
                radius,
                attack_steps,
            )

        def objective(params: Tree) -> tuple[jax.Array, tuple[Tree, jax.Array]]:
            found, updated = self._normed.apply(
                {"params": params, "batch_stats": state["statistics"]},
                BUILTIN(pictures),
                train=True,
                mutable=["batch_stats"],
            )
            logits = found["logits"][:, 0, 0]
            loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
            return loss, (updated["batch_stats"], (logits.argmax(-1) == labels).mean())

        (loss, (statistics, right)), gradient = jax.value_and_grad(objective, has_aux=True)(state["params"])
        updates, optimiser = self._optimiser.update(gradient, state["optimiser"], state["params"])
        params = optax.apply_updates(state["params"], updates)
        keep = jnp.minimum(self.recipe.average, (1.0 + state["step"]) / (10.0 + state["step"]))
        average = jax.tree.map(lambda a, p: keep * a + (1 - keep) * p, state["average"], params)
        following = {
            "step": state["step"] + 1,
            "params": params,
            "statistics": statistics,
            "average": average,
            "optimiser": optimiser,
        }
        return following, loss, right

    def _make_judge(
        self,
        params: Tree,
        statistics: Tree,
        pictures: jax.Array,
        labels: jax.Array,
        radius: jax.Array,
        attack_steps: int,
    ) -> jax.Array:
        if attack_steps:
            key = jax.random.key(9)
            pictures = attack(
                lambda x: self._losses(params, statistics, x, labels), pictures, key, radius, attack_steps
            )
        logits = self._logits(params, statistics, pictures)
        return (logits.argmax(-1) == labels).mean()

    def step(self, pictures: Tree, labels: Tree) -> tuple[jax.Array, jax.Array]:
        """One training step; returns the loss and the accuracy on what it was trained on (adversarial once it is)."""
        now = int(self.state["step"])
        self.state, loss, right = self._step(
            self.state, pictures, labels, self.recipe.radius_at(now), attack_steps=self.recipe.attack_at(now)
        )
        return loss, right

    def accuracy(self, pictures: Tree, labels: Tree, attack_steps: int = 0) -> float:
        """Share of right answers of the averaged network, against an attack at the full radius when steps are given."""
        parts = [
            float(
                self._judge(
                    self.state["average"],
                    self.state["statistics"],
                    pictures[i : i + 64],
                    labels[i : i + 64],
                    self.recipe.radius,
                    attack_steps=attack_steps,
                )
            )
            for i in range(0, len(labels) // 64 * 64, 64)
        ]
        return float(np.mean(parts))

    def model(self, names: tuple[str, ...]) -> Model:
        """The averaged network with its batch norm folded away."""
        params = jax.tree.map(np.asarray, fold(self.state["average"], self.state["statistics"]))
        return Model("builtin", self.architecture, params, names, BUILTIN)

    def save(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        partial = path.with_name(path.name + ".part")
        partial.write_bytes(flax.serialization.to_bytes(jax.device_get(self.state)))
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises UserError when it belongs to another recipe or is broken."""
        try:
            self.state = flax.serialization.from_bytes(self.state, path.read_bytes())
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is no checkpoint of this recipe ({error}); move it away to start anew.") from None


def _ahead(make: Callable[[int], Tree], first: int, last: int) -> Iterator[Tree]:
    """make(first) ... make(last - 1), each computed in a thread while the one before is used."""
    with ThreadPoolExecutor(1) as pool:
        waiting: Future[Tree] = pool.submit(make, first)
        for step in range(first, last):
            ready = waiting.result(timeout=600)
            if step + 1 < last:
                waiting = pool.submit(make, step + 1)
            yield ready


def train(
    recipe: Recipe,
    scenes: Scenes,
    unseen: Scenes,
    out: Path,
    report: Callable[[int, dict[str, float]], None],
    every: int = 250,
) -> tuple[Trainer, dict[str, float]]:
    """Train, or go on training, in the folder `out`; returns the trainer and its last measured accuracies.

    report(step, figures) is called after every step. Checkpoints are written every `every` steps.
    Raises UserError when `out` holds a run with another recipe.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, written = out / "checkpoint.msgpack", out / "recipe.json"
    if written.is_file() and json.loads(written.read_text()) != asdict(recipe):
        raise UserError(f"{out} holds a training with another recipe; give another --out, or delete it to start anew.")
    written.write_text(json.dumps(asdict(recipe), indent=1))
    trainer = Trainer(recipe, len(scenes.names))
    if checkpoint.is_file():
        trainer.load(checkpoint)
    names = tuple(scenes.names)
    held = scenes.batch(512, [1])
    strange = unseen.batch(512, [1])
    figures: dict[str, float] = {}

    def measure() -> None:
        figures["clean"] = trainer.accuracy(*held)
        figures["unseen"] = trainer.accuracy(*strange)
        figures["adversarial"] = trainer.accuracy(held[0][:128], held[1][:128], attack_steps=recipe.judged_steps)

    began, first = time.monotonic(), int(trainer.state["step"])
    for number, batch in enumerate(
        _ahead(lambda s: scenes.batch(recipe.batch, [0, s]), first, recipe.steps), first + 1
    ):
        loss, right = trainer.step(*batch)
        figures |= {"loss": float(loss), "right": float(right), "rate": (number - first) / (time.monotonic() - began)}
        if number % every == 0 or number == recipe.steps:
            measure()
            trainer.save(checkpoint)
        report(number, figures)
    if "clean" not in figures:
        measure()
    from dreamstream.weights.native import write_model

    write_model(out / "weights.safetensors", trainer.model(names))
    return trainer, figures
