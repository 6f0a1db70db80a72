"""One generator against one discriminator: relativistic loss with R1 and R2 penalties, averaged weights.

The loss compares each made picture with a real one (relativistic pairing, Jolicoeur-Martineau 2018); with zero-centred
gradient penalties on real and made pictures it converges where older losses need tricks (R3GAN, Huang et al. 2024). The
penalties are made every few steps only, and weigh as much more then (lazy regularisation, Karras et al. 2020, B).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import optax

from dreamstream.networks.stylegan2.discriminator import Discriminator
from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.train.gan.adaptive import adapted, remembered
from dreamstream.train.gan.augment import augmented

Tree = Any
SHAKEN = 0.1  # standard deviation of what is added to known latents
LIMIT = 15.0  # score differences beyond it weigh no more: exp of it still fits


@dataclass(frozen=True)
class GanRecipe:
    """What a training is made by.

    rate: of Adam, without momentum. penalty: weight of R1 and R2. every: steps between two penalties. remembered:
    half-life of the averaged generator, in pictures; shorter at first. mixed: share of pictures that take two styles,
    the second from a random layer on. chance: of each change of DiffAugment, at first; 0 is none for ever. warming:
    steps over which the generator's rate rises from nothing, while a discriminator that comes from elsewhere learns
    what is real. kept: weight of the difference between frames and what is made of their latents, where a step is given
    these.
    """

    shape: Shape = field(default_factory=Shape)
    batch: int = 16
    rate: float = 2.5e-3
    penalty: float = 1.0
    every: int = 16
    remembered: float = 1500.0
    mixed: float = 0.5
    chance: float = 0.0
    warming: int = 0
    kept: float = 20.0
    seed: int = 0


class Scores(dict[str, jax.Array]):
    """The loss, the mean scores of real and of made pictures, on the device until somebody reads them."""


class GanTrainer:
    """Holds both networks and makes single steps; all randomness comes from (seed, step)."""

    ADDED = ("chance", "seen", "times")  # to the state, since the first checkpoints: who has none begins with these

    def __init__(self, recipe: GanRecipe) -> None:
        self.recipe = recipe
        self.generator = Generator(recipe.shape)
        # Scores must not depend on the rest of the batch: see `_losses`.
        self.discriminator = Discriminator(recipe.shape.channels, compares=False, smooth=bool(recipe.shape.smooth))
        self._optimiser = optax.adam(recipe.rate, b1=0.0, b2=0.99)
        key = jax.random.key(recipe.seed)
        size = recipe.shape.size
        # As one program each: of single operations, every one would be compiled by itself.
        made = jax.jit(self.generator.init)(key, jnp.zeros((2, recipe.shape.latent)))
        judged = jax.jit(self.discriminator.init)(jax.random.fold_in(key, 1), jnp.zeros((2, size, size, 3)))
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "generator": made,
            "discriminator": judged,
            "average": jax.tree.map(jnp.copy, made),
            "optimisers": (self._optimiser.init(made), self._optimiser.init(judged)),
            "chance": jnp.float32(recipe.chance),
            "seen": jnp.zeros(3),  # running mean scores of taught, never taught and made pictures
            "times": jnp.zeros(()),
        }
        self._step = jax.jit(self._make_step, donate_argnums=0, static_argnames="penalised")
        self._adapt = jax.jit(self._make_adapted)
        self.number = 0

    def begin_with(self, generator: Tree, discriminator: Tree | None = None) -> None:
        """Start from what another training has learned; without a discriminator, from a new one."""
        judged = self.state["discriminator"] if discriminator is None else discriminator
        generator, judged = (jax.tree.map(jnp.array, tree) for tree in (generator, judged))
        self.state |= {"generator": generator, "discriminator": judged, "average": jax.tree.map(jnp.copy, generator)}

    @property
    def learned(self) -> Tree:
        """The averaged generator's parameters."""
        return self.state["average"]

    def step(self, real: jax.Array, rate: float = 1.0, known: jax.Array | None = None) -> Scores:
        """One step on real pictures [batch, S, S, 3] in [-1, 1]; rate: a factor on the learning rate.

        known: latents [batch, latent] of these pictures, of which the generator shall go on to make them.
        """
        penalised = self.number % self.recipe.every == 0
        self.state, scores = self._step(self.state, real, jnp.float32(rate), known, penalised=penalised)
        self.number += 1
        return Scores(scores)

    def adapt(self, taught: jax.Array, held: jax.Array, known: jax.Array | None, steps: int) -> None:
        """Change pictures more where the discriminator knows taught ones by heart, or less: for the next steps.

        taught, held: batches of pictures that it learns from, and that it never does. known: as `step` has them. steps:
        since the last time.
        """
        found = self._adapt(self.state, taught, held, known, jnp.float32(steps * self.recipe.batch))
        self.state = {**self.state, **found}

    def _make_adapted(
        self, state: Tree, taught: jax.Array, held: jax.Array, known: jax.Array | None, pictures: jax.Array
    ) -> Tree:
        keys = jax.random.split(jax.random.fold_in(jax.random.key(self.recipe.seed + 3), state["step"]), 4)
        made = self._make(state["generator"], keys[0], known)
        # Changed as in training: what is plain would lie elsewhere for all three.
        means = [
            jnp.mean(self._judge(state["discriminator"], augmented(each, key, state["chance"])))
            for each, key in zip((taught, held, made), keys[1:], strict=True)
        ]
        seen = remembered(state["seen"], jnp.stack(means), state["times"])
        return {"chance": adapted(state["chance"], seen, pictures), "seen": seen, "times": state["times"] + 1}

    def _judge(self, params: Tree, pictures: jax.Array) -> jax.Array:
        return applied(self.discriminator, params, pictures)

    def _make(self, params: Tree, key: jax.Array, known: jax.Array | None = None) -> jax.Array:
        """Pictures of random latents, some of them of two styles; or those of known ones, and of what is between."""
        first, cut, mix, noise = jax.random.split(key, 4)
        shape, count = self.recipe.shape, self.recipe.batch
        latents = jax.random.normal(first, (2 * count, shape.latent))
        if known is not None:
            latents = jnp.concatenate([self._about(known, first), latents[count:]])
        styles = applied(self.generator, params, latents, method="style")
        one, other = (applied(self.generator, params, each, method="repeated") for each in jnp.split(styles, 2))
        at = jax.random.randint(cut, (count, 1, 1), 1, shape.styles)
        mixed = jax.random.uniform(mix, (count, 1, 1)) < self.recipe.mixed
        if known is not None:
            mixed = mixed & (jnp.arange(count)[:, None, None] >= 3 * count // 4)
        at = jnp.where(mixed, at, shape.styles)
        chosen = jnp.where(jnp.arange(shape.styles)[None, :, None] < at, one, other)
        return applied(self.generator, params, chosen, noise, method="draw")

    def _about(self, known: jax.Array, key: jax.Array) -> jax.Array:
        """Latents for a step: a half of the known ones, shaken; a quarter between two others; a quarter by chance."""
        count = len(known)
        half, rest = count // 2, count - 3 * count // 4
        shaking, share, chance = jax.random.split(key, 3)
        near = known[:half] + SHAKEN * jax.random.normal(shaking, known[:half].shape)
        part = jax.random.uniform(share, (count - half - rest, 1))
        between = known[half : count - rest] * part + jnp.roll(known, 1, axis=0)[: len(part)] * (1 - part)
        return jnp.concatenate([near, between, jax.random.normal(chance, (rest, known.shape[1]))])

    def _gradients(
        self, state: Tree, real: jax.Array, penalised: bool, known: jax.Array | None = None
    ) -> tuple[Tree, Tree, Tree]:
        """Of the generator's loss, of the discriminator's with its penalty, and the scores."""
        recipe = self.recipe
        key = jax.random.fold_in(jax.random.key(recipe.seed + 1), state["step"])
        making, on_real, on_made = jax.random.split(key, 3)
        frames = real
        real = augmented(real, on_real, state["chance"]) if recipe.chance else real

        def make(params: Tree) -> tuple[jax.Array, jax.Array]:
            pictures = self._make(params, making, known)
            half = len(frames) // 2 if known is not None else 0
            apart = jnp.mean(jnp.abs(pictures[:half] - frames[:half])) if half else jnp.zeros(())
            return (augmented(pictures, on_made, state["chance"]) if recipe.chance else pictures), apart

        (made, pixels), back_to_generator = jax.vjp(make, state["generator"])
        (seen_real, seen_made), back = jax.vjp(
            lambda params, pictures: (
                self._judge(params, real),
                self._judge(params, pictures),
            ),
            state["discriminator"],
            made,
        )
        apart = seen_real - seen_made
        # Of the mean softplus(-apart) by the scores of made pictures; by those of real ones its negative.
        pull = jax.nn.sigmoid(-apart) / recipe.batch
        to_discriminator, to_pictures = back((-pull, pull))
        # The generator's loss is softplus(apart). Each score depends on one picture alone, so its gradient by that
        # picture is the discriminator's times a number: one pass back serves both.
        pushed = to_pictures * -jnp.exp(jnp.clip(apart, -LIMIT, LIMIT))[:, None, None, None]
        (to_generator,) = back_to_generator((pushed, jnp.asarray(recipe.kept)))
        if penalised:
            gradient = jax.grad(self._penalty)(state["discriminator"], real, made)
            to_discriminator = jax.tree.map(lambda a, b: a + b, to_discriminator, gradient)
        loss = jnp.mean(jax.nn.softplus(-apart))
        scores = {"loss": loss, "real": jnp.mean(seen_real), "made": jnp.mean(seen_made), "chance": state["chance"]}
        if known is not None:
            scores["pixels"] = pixels
        return to_generator, to_discriminator, scores

    def _make_step(
        self, state: Tree, real: jax.Array, rate: jax.Array, known: jax.Array | None, penalised: bool
    ) -> tuple[Tree, Tree]:
        recipe = self.recipe
        to_generator, to_discriminator, scores = self._gradients(state, real, penalised, known)
        of_generator, of_discriminator = state["optimisers"]
        step, of_generator = self._optimiser.update(to_generator, of_generator)
        slowly = rate * jnp.minimum(1.0, (state["step"] + 1) / max(1, recipe.warming))
        generator = optax.apply_updates(state["generator"], jax.tree.map(lambda x: x * slowly, step))
        step, of_discriminator = self._optimiser.update(to_discriminator, of_discriminator)
        discriminator = optax.apply_updates(state["discriminator"], jax.tree.map(lambda x: x * rate, step))
        pictures = (state["step"] + 1) * recipe.batch
        keep = 0.5 ** (recipe.batch / jnp.minimum(recipe.remembered, 0.05 * pictures + 50))
        average = jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, state["average"], generator)
        following = state | {
            "step": state["step"] + 1,
            "generator": generator,
            "discriminator": discriminator,
            "average": average,
            "optimisers": (of_generator, of_discriminator),
        }
        return following, scores

    def _penalty(self, params: Tree, real: jax.Array, made: jax.Array) -> jax.Array:
        """R1 and R2: half the mean squared gradient of the scores by the pictures, real and made."""

        def squared(pictures: jax.Array) -> jax.Array:
            gradient = jax.grad(lambda x: self._judge(params, x).sum())(pictures)
            return jnp.mean(jnp.sum(gradient**2, axis=(1, 2, 3)))

        return 0.5 * self.recipe.penalty * self.recipe.every * (squared(real) + squared(made))
