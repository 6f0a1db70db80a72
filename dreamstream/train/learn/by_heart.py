"""A subject learned by heart: an encoder finds each frame's latent, and the generator makes the frame from it.

No opponent takes part. What a discriminator says is "not real", whereas this says where, so that a subject can be made
out within a minute; what it leaves out is detail, which the adversarial phase brings. Latents are pushed apart over
the sphere (uniformity, Wang and Isola 2020), so that there is something between any two frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dreamstream.networks.stylegan2.encoder import Encoder
from dreamstream.networks.stylegan2.generator import Generator, Shape
from dreamstream.networks.stylegan2.layers import applied
from dreamstream.networks.vgg.model import Model

Tree = Any
LAYERS = ("relu2_2", "relu3_3")  # of the network in whose features frames are compared, beside their pixels


@dataclass(frozen=True)
class HeartRecipe:
    """What this phase is made by.

    rate: of Adam; at a half of it frames take twice as many steps, at twice as much it learns no better than at a
    quarter. features, apart: weights of the difference in features and of the latents' nearness, beside the mean
    absolute difference of the pixels. shaken: standard deviation of what is added to latents, so that their
    surroundings show the same. remembered: most of the averages that a step leaves.
    """

    shape: Shape = field(default_factory=Shape)
    batch: int = 16
    rate: float = 16e-3
    features: float = 0.2
    apart: float = 0.02
    shaken: float = 0.1
    remembered: float = 0.99
    seed: int = 0


class HeartTrainer:
    """Holds generator and encoder and makes single steps; all randomness comes from (seed, step).

    network: in whose features frames are compared.
    """

    def __init__(self, recipe: HeartRecipe, network: Model) -> None:
        self.recipe = recipe
        self.generator = Generator(recipe.shape)
        self.encoder = Encoder(recipe.shape.channels, recipe.shape.latent)
        self._network = network
        self._features = jax.tree.map(jnp.asarray, dict(network.params))
        self._optimiser = optax.adam(recipe.rate, b1=0.5, b2=0.99)
        key, size = jax.random.key(recipe.seed), recipe.shape.size
        params = {
            # As one program each: of single operations, every one would be compiled by itself.
            "generator": jax.jit(self.generator.init)(key, jnp.zeros((2, recipe.shape.latent)), key),
            "encoder": jax.jit(self.encoder.init)(jax.random.fold_in(key, 1), jnp.zeros((2, size, size, 3))),
        }
        self._step = jax.jit(self._make_step, donate_argnums=0)
        self._encode = jax.jit(lambda params, pictures: applied(self.encoder, params, pictures))
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "params": params,
            "average": jax.tree.map(jnp.copy, params),
            "optimiser": self._optimiser.init(params),
        }

    def begin_with(self, generator: Tree) -> None:
        """Start from a generator that another training has made."""
        for part in ("params", "average"):
            self.state[part] = {**self.state[part], "generator": jax.tree.map(jnp.array, generator)}

    @property
    def number(self) -> int:
        """Steps made so far."""
        return int(self.state["step"])

    @property
    def learned(self) -> Tree:
        """The averaged generator's parameters."""
        return self.state["average"]["generator"]

    def step(self, real: jax.Array, rate: float = 1.0) -> dict[str, jax.Array]:
        """One step on frames [batch, S, S, 3] in [-1, 1]; rate: a factor on the learning rate. What it measured."""
        self.state, scores = self._step(self.state, self._features, real, jnp.float32(rate))
        return dict(scores)

    def encode(self, pictures: jax.Array) -> jax.Array:
        """The latents [N, latent] of pictures [N, S, S, 3] in [-1, 1]."""
        found: jax.Array = self._encode(self.state["average"]["encoder"], pictures)
        return found

    def _seen(self, features: Tree, pictures: jax.Array) -> list[jax.Array]:
        found = self._network.activations(features, pictures * 0.5 + 0.5, until=LAYERS[-1])
        return [found[name] for name in LAYERS]

    def _loss(self, params: Tree, features: Tree, real: jax.Array, key: jax.Array) -> tuple[jax.Array, Tree]:
        recipe = self.recipe
        shaking, noise = jax.random.split(key)
        latents = applied(self.encoder, params["encoder"], real)
        latents = latents + recipe.shaken * jax.random.normal(shaking, latents.shape)
        made = applied(self.generator, params["generator"], latents, noise)
        near = jnp.mean((latents[:, None] - latents[None]) ** 2, axis=-1)
        uniform = jnp.log(jnp.mean(jnp.exp(-2 * near)))
        pixels = jnp.mean(jnp.abs(made - real))
        pairs = zip(self._seen(features, made), self._seen(features, real), strict=True)
        looks = sum(jnp.mean(jnp.abs(a - b)) / jnp.mean(jnp.abs(b)) for a, b in pairs)
        total = pixels + recipe.features * looks + recipe.apart * uniform
        return total, {"loss": total, "pixels": pixels, "features": looks}

    def _make_step(self, state: Tree, features: Tree, real: jax.Array, rate: jax.Array) -> tuple[Tree, Tree]:
        key = jax.random.fold_in(jax.random.key(self.recipe.seed + 1), state["step"])
        (_, scores), gradient = jax.value_and_grad(self._loss, has_aux=True)(state["params"], features, real, key)
        change, optimiser = self._optimiser.update(gradient, state["optimiser"])
        params = optax.apply_updates(state["params"], jax.tree.map(lambda x: x * rate, change))
        keep = jnp.minimum(self.recipe.remembered, (1.0 + state["step"]) / (10.0 + state["step"]))
        average = jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, state["average"], params)
        following = {"step": state["step"] + 1, "params": params, "average": average, "optimiser": optimiser}
        return following, scores


def likeness(one: np.typing.NDArray[np.uint8], other: np.typing.NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio of pictures uint8 [N, S, S, 3] against others, in dB."""
    apart = float(np.mean((one.astype(np.float64) - other) ** 2))
    return float(10 * np.log10(255**2 / max(apart, 1e-9)))
