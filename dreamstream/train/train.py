"""Training of the built-in network: a quarter-width VGG-16 on emoji scenes, robust to L2 perturbations.

    dreamstream train --artwork artwork --out runs/builtin

About three hours on two CPU cores, and minutes on an accelerator, where it sees far more pictures (see `Recipe`). It
writes checkpoints and goes on from the last when started again. Pictures are composed where the network is trained.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax

from dreamstream.core.errors import UserError
from dreamstream.networks.vgg.model import BUILTIN, Model
from dreamstream.networks.vgg.network import VGG, Architecture, activations, fold
from dreamstream.support.files import replacing
from dreamstream.train.attack import attack
from dreamstream.train.compose import Stock, compose, weakened
from dreamstream.train.scenes import Scenes
from dreamstream.weights.vgg.native import write_model

Tree = Any

HELD, ATTACKED = 1024, 256  # pictures on which accuracy is measured, and those that are attacked

SHARES = {"noto": 0.25, "noto-blob": 0.12, "fluent": 0.22, "fluent-flat": 0.13, "firefox": 0.13, "emojione": 0.15}

CHECKPOINT = "checkpoint.msgpack"  # what a training that was broken off goes on from


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result, and is stored beside it.

    radius: L2 norm of the adversarial perturbations on pictures in [0, 1]. clean: steps before any; ramp: steps
    until full.
    attack_steps: gradient steps of an attack; strong_from: share of the training after which `strong_steps` are used.
    judged_steps, judged_radius: of the attack that the adversarial accuracy is measured against.
    grey, blurred: the shares of pictures that are seen without colour and detail (see `compose.weakened`): a network
    that never is knows things by their colours, and its dreams have less form.
    shares: how often each style is drawn, among those that draw a class; unseen: the style that is only tested with.
    dtype: compute type, float32 or bfloat16.
    """

    steps: int = 10_000
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
    judged_radius: float = 1.2
    grey: float = 0.3
    blurred: float = 0.25
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))
    unseen: str = "twemoji"
    seed: int = 317070
    dtype: str = "float32"

    def on_accelerator(self) -> Recipe:
        """The recipe where pictures cost little: six times as many, and stronger attacks."""
        return replace(
            self,
            steps=10_000,
            batch=384,
            rate=4e-3,
            average=0.999,
            radius=2.0,
            clean=300,
            ramp=600,
            attack_steps=3,
            strong_steps=3,
            dtype="bfloat16",
        )

    def radius_at(self, step: int) -> float:
        """The perturbation radius at a step: 0 at first, then growing to its full size."""
        return self.radius * min(1.0, max(0.0, (step - self.clean) / max(1, self.ramp)))

    def attack_at(self, step: int) -> int:
        """How many attack steps are made at a step."""
        if step < self.clean or not self.radius:
            return 0
        return self.strong_steps if step >= self.strong_from * self.steps else self.attack_steps


class Trainer:
    """Holds the training state and makes single steps; all randomness comes from (seed, step)."""

    def __init__(self, recipe: Recipe, scenes: Scenes) -> None:
        self.recipe, self.names, self._scenes = recipe, scenes.names, scenes
        self.architecture = Architecture("D", recipe.width, recipe.dense, len(self.names), recipe.window)
        self._dtype = jnp.dtype(recipe.dtype)
        self._normed = VGG(self.architecture, norm=True, dtype=self._dtype)
        schedule = optax.warmup_cosine_decay_schedule(
            0.0, recipe.rate, min(200, recipe.steps // 10), recipe.steps, recipe.rate * 0.01
        )
        self._optimiser = optax.chain(optax.clip_by_global_norm(2.0), optax.adamw(schedule, weight_decay=recipe.decay))
        sample = jnp.zeros((1, recipe.window, recipe.window, 3))
        variables = self._normed.init(jax.random.key(recipe.seed), sample)
        params, statistics = variables["params"], variables["batch_stats"]
        self.number = 0
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
        folded = fold(params, statistics)
        return activations(self.architecture, folded, BUILTIN(pictures), self._dtype)["logits"][:, 0, 0]

    def _losses(self, params: Tree, statistics: Tree, pictures: jax.Array, labels: jax.Array) -> jax.Array:
        logits = self._logits(params, statistics, pictures)
        return jnp.sum(optax.softmax_cross_entropy_with_integer_labels(logits, labels))

    def _make_step(
        self, state: Tree, stock: Stock, radius: jax.Array, attack_steps: int
    ) -> tuple[Tree, jax.Array, jax.Array]:
        key = jax.random.fold_in(jax.random.key(self.recipe.seed + 1), state["step"])
        composing, attacking = jax.random.split(key)
        pictures, labels = compose(stock, composing, self.recipe.batch, self.recipe.window)
        pictures = weakened(pictures, jax.random.fold_in(composing, 0), self.recipe.grey, self.recipe.blurred)
        if attack_steps:
            # The attack sees the network as it will be used, with its running averages: half the cost, too.
            pictures = attack(
                lambda x: self._losses(state["params"], state["statistics"], x, labels),
                pictures,
                attacking,
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

    def step(self) -> tuple[jax.Array, jax.Array]:
        """One training step; returns the loss and the accuracy on what it was trained on (adversarial once it is).

        Does not wait for the device: whoever reads the returned arrays does.
        """
        now = self.number
        self.state, loss, right = self._step(
            self.state, self._scenes.stock, self.recipe.radius_at(now), attack_steps=self.recipe.attack_at(now)
        )
        self.number = now + 1
        return loss, right

    def accuracy(self, pictures: Tree, labels: Tree, attack_steps: int = 0) -> float:
        """Share of right answers of the averaged network, against an attack when steps are given."""
        parts = [
            float(
                self._judge(
                    self.state["average"],
                    self.state["statistics"],
                    pictures[i : i + 128],
                    labels[i : i + 128],
                    self.recipe.judged_radius,
                    attack_steps=attack_steps,
                )
            )
            for i in range(0, len(labels), 128)
        ]
        return float(np.mean(parts))

    def model(self) -> Model:
        """The averaged network with its batch norm folded away."""
        params = jax.tree.map(np.asarray, fold(self.state["average"], self.state["statistics"]))
        return Model("builtin", self.architecture, params, self.names, BUILTIN)

    def save(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        with replacing(path) as partial:
            partial.write_bytes(flax.serialization.to_bytes(jax.device_get(self.state)))

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises UserError when it belongs to another recipe or is broken."""
        try:
            self.state = flax.serialization.from_bytes(self.state, path.read_bytes())
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is no checkpoint of this recipe ({error}); move it away to start anew.") from None
        self.number = int(self.state["step"])


def train(
    recipe: Recipe,
    scenes: Scenes,
    unseen: Scenes,
    out: Path,
    report: Callable[[int, dict[str, float]], None],
    every: int = 250,
    reported: int = 10,
) -> tuple[Trainer, dict[str, float]]:
    """Train, or go on training, in the folder `out`; returns the trainer and its last measured accuracies.

    report(step, figures) is called every `reported` steps, for which the device is waited for. Checkpoints and weights
    are written every `every` steps.
    Raises UserError when `out` holds a run with another recipe.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, written, weights = out / CHECKPOINT, out / "recipe.json", out / "weights.safetensors"
    if written.is_file() and json.loads(written.read_text()) != asdict(recipe):
        raise UserError(f"{out} holds a training with another recipe; give another --out, or delete it to start anew.")
    with replacing(written) as partial:
        partial.write_text(json.dumps(asdict(recipe), indent=1))
    trainer = Trainer(recipe, scenes)
    if checkpoint.is_file():
        trainer.load(checkpoint)
    held, strange = scenes.batch(HELD, [1]), unseen.batch(HELD, [1])
    formal = np.asarray(weakened(jnp.asarray(held[0]), jax.random.key(recipe.seed), grey=1, blurred=1))
    figures: dict[str, float] = {}

    def measure() -> None:
        figures["clean"] = trainer.accuracy(*held)
        figures["unseen"] = trainer.accuracy(*strange)
        figures["form"] = trainer.accuracy(formal, held[1])
        figures["adversarial"] = trainer.accuracy(held[0][:ATTACKED], held[1][:ATTACKED], recipe.judged_steps)

    began, first = time.monotonic(), trainer.number
    while trainer.number < recipe.steps:
        loss, right = trainer.step()
        number = trainer.number
        if number % every == 0 or number == recipe.steps:
            measure()
            trainer.save(checkpoint)
            write_model(weights, trainer.model())
        if number % reported == 0 or number == recipe.steps:
            rate = (number - first) / (time.monotonic() - began)
            figures |= {"loss": float(loss), "right": float(right), "rate": rate}
            report(number, figures)
    if "clean" not in figures:
        measure()
    if not weights.is_file():
        write_model(weights, trainer.model())
    return trainer, figures
