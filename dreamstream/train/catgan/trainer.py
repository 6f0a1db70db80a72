"""Steps of a DCGAN by any of the published recipes. Real and made pictures are normalised as batches of their own."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import optax

from dreamstream.networks.dcgan.networks import STATISTICS, Discriminator, Generator, Shape, folded
from dreamstream.train.catgan.recipes import CatRecipe

Tree = Any
REMEMBERED = 0.9  # of means and variances, by a step of the generator


class CatTrainer:
    """Holds both networks and makes single steps; all randomness comes from (seed, step).

    A step is one of the discriminator; the generator makes one in each `recipe.critics`.
    """

    def __init__(self, recipe: CatRecipe, shape: Shape, batch: int = 16, seed: int = 0) -> None:
        self.recipe, self.shape, self.batch, self.seed = recipe, shape, batch, seed
        self.generator, self.discriminator = Generator(shape, training=True), Discriminator(shape)
        key = jax.random.key(seed)
        # As one program each: of single operations, every one would be compiled by itself.
        made = jax.jit(self.generator.init)(key, jnp.zeros((2, shape.latent)))
        judged = jax.jit(self.discriminator.init)(jax.random.fold_in(key, 1), jnp.zeros((2, shape.size, shape.size, 3)))
        self._optimisers = {
            "generator": _optimiser(recipe, recipe.generator),
            "discriminator": _optimiser(recipe, recipe.discriminator),
        }
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "generator": made["params"],
            "discriminator": judged["params"],
            "statistics": made.get(STATISTICS, {}),
            "optimisers": {
                "generator": self._optimisers["generator"].init(made["params"]),
                "discriminator": self._optimisers["discriminator"].init(judged["params"]),
            },
        }
        self._step = jax.jit(self._make_step, donate_argnums=0, static_argnames="both")
        self.number = 0

    def begin_with(self, generator: Tree, discriminator: Tree | None = None) -> None:
        """Start from what another training has learned; without a discriminator, from a new one."""
        self.state |= {"generator": jax.tree.map(jnp.array, generator["params"])}
        if discriminator is not None:
            self.state |= {"discriminator": jax.tree.map(jnp.array, discriminator["params"])}

    @property
    def learned(self) -> Tree:
        """The generator's parameters, for pictures one by one."""
        return {"params": folded(self.state["generator"], self.state["statistics"])}

    def step(self, real: jax.Array, rate: float = 1.0) -> dict[str, jax.Array]:
        """One step on real pictures [batch, S, S, 3] in [-1, 1]; rate: a factor on the learning rate.

        loss is the discriminator's; real and made are the mean scores.
        """
        both = (self.number + 1) % self.recipe.critics == 0
        self.state, scores = self._step(self.state, real, jnp.float32(rate), both=both)
        self.number += 1
        return dict(scores)

    def _make(self, params: Tree, key: jax.Array) -> tuple[jax.Array, Tree]:
        latents = self.shape.random(key, self.batch)
        made, told = self.generator.apply({"params": params}, latents, mutable=[STATISTICS])
        return cast(jax.Array, made), dict(told).get(STATISTICS, {})

    def _judge(self, params: Tree, pictures: jax.Array) -> jax.Array:
        scores, _ = self.discriminator.apply({"params": params}, pictures, mutable=[STATISTICS])
        return cast(jax.Array, scores)

    def _make_step(self, state: Tree, real: jax.Array, rate: jax.Array, both: bool) -> tuple[Tree, Tree]:
        one, other = jax.random.split(jax.random.fold_in(jax.random.key(self.seed + 1), state["step"]))
        made, _ = self._make(state["generator"], one)

        def of_discriminator(params: Tree) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            scores = self._judge(params, real), self._judge(params, made)
            return discriminator_loss(self.recipe.loss, *scores), scores

        (loss, scores), gradient = jax.value_and_grad(of_discriminator, has_aux=True)(state["discriminator"])
        following = self._moved(state, "discriminator", gradient, rate)
        if clip := self.recipe.clip:
            following["discriminator"] = jax.tree.map(lambda x: jnp.clip(x, -clip, clip), following["discriminator"])
        if both:

            def of_generator(params: Tree) -> tuple[jax.Array, Tree]:
                pictures, told = self._make(params, other)
                return generator_loss(self.recipe.loss, self._judge(following["discriminator"], pictures)), told

            gradient, told = jax.grad(of_generator, has_aux=True)(state["generator"])
            following = self._moved(following, "generator", gradient, rate)
            keep = jnp.minimum(REMEMBERED, state["step"] / (state["step"] + 1.0))
            following["statistics"] = jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, state["statistics"], told)
        following["step"] = state["step"] + 1
        return following, {"loss": loss, "real": jnp.mean(scores[0]), "made": jnp.mean(scores[1])}

    def _moved(self, state: Tree, part: str, gradient: Tree, rate: jax.Array) -> Tree:
        """The state after a step of one part's optimiser."""
        change, optimiser = self._optimisers[part].update(gradient, state["optimisers"][part], state[part])
        params = optax.apply_updates(state[part], jax.tree.map(lambda x: x * rate, change))
        return {**state, part: params, "optimisers": {**state["optimisers"], part: optimiser}}


def discriminator_loss(kind: str, real: jax.Array, made: jax.Array) -> jax.Array:
    """What a discriminator minimises, of its scores [N]."""
    if kind == "logistic":
        return jnp.mean(jax.nn.softplus(-real)) + jnp.mean(jax.nn.softplus(made))
    if kind == "squares":
        return 0.5 * (jnp.mean((real - 1) ** 2) + jnp.mean(made**2))
    return jnp.mean(made) - jnp.mean(real)


def generator_loss(kind: str, made: jax.Array) -> jax.Array:
    """What a generator minimises, of its pictures' scores [N]."""
    if kind == "logistic":
        return jnp.mean(jax.nn.softplus(-made))
    return 0.5 * jnp.mean((made - 1) ** 2) if kind == "squares" else -jnp.mean(made)


def _optimiser(recipe: CatRecipe, rate: float) -> optax.GradientTransformation:
    if recipe.optimiser == "rmsprop":
        # PyTorch's, by which it was published: its mean of squares begins at 0, and 1e-8 is added to the root.
        return optax.rmsprop(rate, decay=0.99, eps=1e-8, eps_in_sqrt=False)
    return optax.adam(rate, b1=recipe.momentum, b2=0.999)
