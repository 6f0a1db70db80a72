"""BEGAN's training (Berthelot et al. 2017): an auto-encoder learns real pictures and, by k, to fail at made ones.

L(v) is the mean absolute difference of pictures v to what the auto-encoder makes of them. The auto-encoder minimises
L(x) - k L(G(z)), the generator L(G(z)); k moves by what is missing of gamma = L(G(z)) / L(x), the diversity that is
asked for. M = L(x) + |gamma L(x) - L(G(z))| falls as both converge.

The generator's loss has two more terms than were published, since few drawings and few steps make one face of all
latents without them. Codes of pictures made at the same time, seen from the mean code of real ones, are kept apart (the
repelling regulariser of EBGAN, Zhao et al. 2016). And codes of made pictures are to be distributed like those of real
ones, by their sliced Wasserstein distance (Deshpande et al. 2018): it keeps coloured grounds among white ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import jax
import jax.numpy as jnp
import optax

from dreamstream.networks.began.networks import Discriminator, Generator, Shape
from dreamstream.networks.stylegan2.layers import EPSILON, applied, normalised

Tree = Any
WAYS = 64  # directions in which the distributions of codes are compared


@dataclass(frozen=True)
class BeganRecipe:
    """What a training is made by.

    rate: of Adam, when both networks learn. by_heart: of Adam before that, when the auto-encoder learns alone; with a
    tenth of it eyes and mouths take ten times as long. gamma: how much worse made pictures are to be auto-encoded than
    real ones; more is more diverse. balance: how fast k moves, lambda in the paper. apart, alike: weights of the codes'
    nearness to each other and of their distance from real ones' in the generator's loss; 0 is the paper's. remembered:
    most of the averaged generator that a step leaves.
    """

    shape: Shape = field(default_factory=Shape)
    batch: int = 16
    rate: float = 1e-3
    by_heart: float = 3.2e-2
    gamma: float = 0.9
    balance: float = 1e-2
    apart: float = 0.1
    alike: float = 2.0
    remembered: float = 0.995
    seed: int = 0


class BeganTrainer:
    """Holds both networks and k, and makes single steps; all randomness comes from (seed, step)."""

    def __init__(self, recipe: BeganRecipe) -> None:
        self.recipe = recipe
        self.generator, self.discriminator = Generator(recipe.shape), Discriminator(recipe.shape)
        self._optimiser = optax.adam(recipe.rate, b1=0.5, b2=0.99)
        key, size = jax.random.key(recipe.seed), recipe.shape.size
        # As one program each: of single operations, every one would be compiled by itself.
        made = jax.jit(self.generator.init)(key, jnp.zeros((1, recipe.shape.latent)))
        judged = jax.jit(self.discriminator.init)(jax.random.fold_in(key, 1), jnp.zeros((1, size, size, 3)))
        self._step = jax.jit(self._make_step, donate_argnums=0)
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "k": jnp.zeros(()),
            "generator": made,
            "average": jax.tree.map(jnp.copy, made),
            "discriminator": judged,
            "optimisers": {"generator": self._optimiser.init(made), "discriminator": self._optimiser.init(judged)},
        }

    def begin_with(self, generator: Tree, discriminator: Tree | None = None) -> None:
        """Start from what another training has learned; without a discriminator, from a new one."""
        judged = self.state["discriminator"] if discriminator is None else discriminator
        generator, judged = (jax.tree.map(jnp.array, tree) for tree in (generator, judged))
        self.state |= {"generator": generator, "discriminator": judged, "average": jax.tree.map(jnp.copy, generator)}

    @property
    def number(self) -> int:
        """Steps made so far."""
        return int(self.state["step"])

    @property
    def learned(self) -> Tree:
        """The averaged generator's parameters."""
        return self.state["average"]

    @property
    def judged(self) -> Tree:
        """The auto-encoder's parameters."""
        return self.state["discriminator"]

    def step(self, real: jax.Array, rate: float = 1.0) -> dict[str, jax.Array]:
        """One step on pictures [batch, S, S, 3] in [-1, 1]; rate: a factor on the learning rate.

        What it measured: loss is M; real and made are L(x) and L(G(z)); k; near: how near the codes of made pictures
        are to each other; far: how far from those of real ones.
        """
        self.state, scores = self._step(self.state, real, jnp.float32(rate))
        return dict(scores)

    def _failed(self, params: Tree, pictures: jax.Array) -> tuple[jax.Array, jax.Array]:
        """L, and the codes."""
        again, codes = cast(tuple[jax.Array, jax.Array], self.discriminator.apply(params, pictures))
        return jnp.mean(jnp.abs(again - pictures)), codes

    def _make_step(self, state: Tree, real: jax.Array, rate: jax.Array) -> tuple[Tree, Tree]:
        recipe, judge = self.recipe, state["discriminator"]
        key = jax.random.fold_in(jax.random.key(recipe.seed + 1), state["step"])
        latents = recipe.shape.random(key, recipe.batch)
        made, back = jax.vjp(lambda params: applied(self.generator, params, latents), state["generator"])
        (of_real, known), from_real = jax.value_and_grad(self._failed, has_aux=True)(judge, real)
        (of_made, codes), back_to_both = jax.vjp(self._failed, judge, made)
        ways = jax.random.normal(jax.random.fold_in(key, 1), (recipe.shape.code, WAYS))

        def of_codes(codes: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            near, far = nearness(codes - jnp.mean(known, axis=0)), distance(codes, known, ways)
            return recipe.apart * near + recipe.alike * far, (near, far)

        (_, (near, far)), from_codes = jax.value_and_grad(of_codes, has_aux=True)(codes)
        # One pass back through the auto-encoder teaches both: times -k itself, times 1 the generator.
        from_made, to_pictures = back_to_both((jnp.ones(()), jnp.zeros_like(codes)))
        if recipe.apart or recipe.alike:
            to_pictures = to_pictures + back_to_both((jnp.zeros(()), from_codes))[1]
        to_judge = jax.tree.map(lambda a, b: a - state["k"] * b, from_real, from_made)
        (to_generator,) = back(to_pictures)
        changes, optimisers = {}, {}
        for part, gradient in (("generator", to_generator), ("discriminator", to_judge)):
            change, optimisers[part] = self._optimiser.update(gradient, state["optimisers"][part])
            changes[part] = optax.apply_updates(state[part], jax.tree.map(lambda x: x * rate, change))
        missing = recipe.gamma * of_real - of_made
        keep = jnp.minimum(recipe.remembered, (1.0 + state["step"]) / (10.0 + state["step"]))
        average = jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, state["average"], changes["generator"])
        k = jnp.clip(state["k"] + recipe.balance * missing, 0, 1)
        following = {
            "step": state["step"] + 1,
            "k": k,
            **changes,
            "average": average,
            "optimisers": optimisers,
        }
        scores = {"loss": of_real + jnp.abs(missing), "real": of_real, "made": of_made}
        return following, scores | {"k": k, "near": near, "far": far}


def nearness(codes: jax.Array) -> jax.Array:
    """How near to each other the directions of codes [N, C] are: the mean squared cosine of pairs, 0 to 1."""
    count = codes.shape[0]
    unit = normalised(codes) * codes.shape[-1] ** -0.5
    return jnp.sum(jnp.triu(jnp.matmul(unit, unit.T) ** 2, 1)) * 2 / (count * (count - 1))


def distance(one: jax.Array, other: jax.Array, ways: jax.Array) -> jax.Array:
    """How far codes [N, C] are from others [N, C]: the squared sliced Wasserstein distance along ways [C, W].

    Over the others' mean squared distance from their mean, so that the codes' scale does not count.
    """
    ways = ways / jnp.linalg.norm(ways, axis=0)
    apart = jnp.sort(one @ ways, axis=0) - jnp.sort(other @ ways, axis=0)
    return jnp.mean(apart**2) / (jnp.mean(jnp.var(other @ ways, axis=0)) + EPSILON)
