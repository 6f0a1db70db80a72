"""The first phase of a BEGAN: its auto-encoder learns real pictures alone, and what it knows becomes the generator.

Noise in the codes, measured by their own deviation, makes what lies between two codes a picture too. The generator is
the decoder, of codes drawn from the normal distribution that has the mean and the covariance of real ones': its first
layer takes latents to codes and these to what the decoder's takes them to, which is one linear map.
"""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dreamstream.networks.began.networks import UNIFORM, Discriminator
from dreamstream.train.began.trainer import BeganRecipe

Tree = Any
NOISE = 0.25  # of a code's number, over its deviation in the batch
EDGES = 1.0  # how much the differences of neighbouring pixels weigh: eyes and mouths are small
REMEMBERED, CODES_REMEMBERED = 0.995, 0.99


class AutoTrainer:
    """Holds the auto-encoder, its average, and the mean and products of codes; all randomness is from (seed, step)."""

    def __init__(self, recipe: BeganRecipe) -> None:
        self.recipe = recipe
        self._network = Discriminator(recipe.shape)
        self._optimiser = optax.adam(recipe.by_heart, b1=0.9, b2=0.99)
        key, size, code = jax.random.key(recipe.seed), recipe.shape.size, recipe.shape.code
        judged = jax.jit(self._network.init)(jax.random.fold_in(key, 1), jnp.zeros((1, size, size, 3)))
        self._step = jax.jit(self._make_step, donate_argnums=0)
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "discriminator": judged,
            "average": jax.tree.map(jnp.copy, judged),
            "mean": jnp.zeros(code),
            "products": jnp.zeros((code, code)),
            "optimiser": self._optimiser.init(judged),
        }

    @property
    def judged(self) -> Tree:
        """The averaged auto-encoder."""
        return self.state["average"]

    @property
    def learned(self) -> Tree:
        """A generator that makes what the auto-encoder knows."""
        recipe, mean = self.recipe, np.asarray(self.state["mean"], np.float64)
        covariance = np.asarray(self.state["products"], np.float64) - np.outer(mean, mean)
        return begun(self.state["average"], mean, covariance, recipe.shape.latent, recipe.seed)

    def step(self, real: jax.Array, rate: float = 1.0) -> dict[str, jax.Array]:
        """One step on pictures [batch, S, S, 3] in [-1, 1]; rate: a factor on the learning rate."""
        self.state, loss = self._step(self.state, real, jnp.float32(rate))
        return {"loss": loss}

    def _make_step(self, state: Tree, real: jax.Array, rate: jax.Array) -> tuple[Tree, jax.Array]:
        key = jax.random.fold_in(jax.random.key(self.recipe.seed + 2), state["step"])

        def failed(params: Tree) -> tuple[jax.Array, jax.Array]:
            codes = cast(jax.Array, self._network.apply(params, real, method="code"))
            moved = NOISE * jax.lax.stop_gradient(jnp.std(codes, axis=0)) * jax.random.normal(key, codes.shape)
            again = cast(jax.Array, self._network.apply(params, codes + moved, method="decode"))
            return jnp.mean(jnp.abs(again - real)) + EDGES * edges_apart(again, real), codes

        (loss, codes), gradient = jax.value_and_grad(failed, has_aux=True)(state["discriminator"])
        change, optimiser = self._optimiser.update(gradient, state["optimiser"])
        judged = optax.apply_updates(state["discriminator"], jax.tree.map(lambda x: x * rate, change))
        count = state["step"].astype(jnp.float32)

        def averaged(before: jax.Array, now: jax.Array, most: float) -> jax.Array:
            keep = jnp.minimum(most, count / (count + 10))
            return keep * before + (1 - keep) * now

        following = {
            "step": state["step"] + 1,
            "discriminator": judged,
            "average": jax.tree.map(lambda a, b: averaged(a, b, REMEMBERED), state["average"], judged),
            "mean": averaged(state["mean"], jnp.mean(codes, axis=0), CODES_REMEMBERED),
            "products": averaged(state["products"], codes.T @ codes / len(codes), CODES_REMEMBERED),
            "optimiser": optimiser,
        }
        return following, loss


def edges_apart(one: jax.Array, other: jax.Array) -> jax.Array:
    """The mean absolute difference of what neighbouring pixels of pictures [N, S, S, 3] differ by."""
    apart = one - other
    return jnp.mean(jnp.abs(jnp.diff(apart, axis=1))) + jnp.mean(jnp.abs(jnp.diff(apart, axis=2)))


def begun(judged: Tree, mean: np.ndarray, covariance: np.ndarray, latent: int, seed: int = 0) -> Tree:
    """The generator [N, latent] that is an auto-encoder's decoder of codes with this mean [C] and covariance [C, C]."""
    values, vectors = np.linalg.eigh(covariance)
    code = len(mean)
    # Random directions of the latents at right angles, or, where these are the fewer, the codes' widest ones.
    ways, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(latent, latent)))
    kept = min(code, latent)
    spread = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :kept] @ ways[:kept]  # [C, latent]
    decoder = dict(judged["params"]["decoder"])
    kernel = np.asarray(decoder["in"]["kernel"], np.float64) / code**0.5
    decoder["in"] = {
        "kernel": jnp.asarray((spread / UNIFORM).T @ kernel * latent**0.5, jnp.float32),
        "bias": jnp.asarray(np.asarray(decoder["in"]["bias"], np.float64) + mean @ kernel, jnp.float32),
    }
    return {"params": {"decoder": jax.tree.map(jnp.array, balanced(decoder))}}


def balanced(decoder: Tree) -> Tree:
    """The same decoder with parameters of one size: its first layer's brought to a root mean square of 1.

    Nothing holds the codes' scale, which the auto-encoder may let grow a thousandfold: too much for 16-bit floats, and
    a step of learning would be next to nothing. All layers are linear or leaky, so what one is divided by the following
    ones can be multiplied by, in equal parts, if what they add is brought to the scale that they have then. Before the
    first step all codes are one, and nothing is to be done.
    """
    levels = sum(name.startswith("first_") for name in decoder)
    following = [f"{part}_{level}" for level in range(levels) for part in ("first", "second")]
    scale = float(np.sqrt(np.mean(np.square(np.asarray(decoder["in"]["kernel"], np.float64)))))
    if scale == 0:
        return decoder
    part = scale ** (1 / (len(following) + 1))
    made = dict(decoder)
    made["in"] = {name: value / scale for name, value in decoder["in"].items()}
    for number, layer in enumerate(following, 1):
        given = decoder[layer]
        made[layer] = {"kernel": given["kernel"] * part, "bias": given["bias"] * (part**number / scale)}
    for layer in ("picture", "detail"):
        made[layer] = decoder[layer] | {"kernel": decoder[layer]["kernel"] * part}
    return made
