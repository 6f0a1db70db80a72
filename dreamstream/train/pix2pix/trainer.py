"""A U-Net taught on pairs of lines and pictures: first by pixels and features alone, then against an opponent, too.

The loss is pix2pix's (Isola et al. 2017): mean absolute difference and a conditional discriminator of patches. Beside
these stands the difference in features of the built-in network (Johnson et al. 2016), which forgives what moved a
little, as hand-drawn lines have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import optax

from dreamstream.networks.pix2pix.patches import PatchDiscriminator
from dreamstream.networks.pix2pix.unet import Shape, UNet
from dreamstream.networks.stylegan2.layers import applied, halved
from dreamstream.networks.vgg.model import Model

Tree = Any
LAYERS = ("relu2_2", "relu3_3")  # of the network in whose features pictures are compared


@dataclass(frozen=True)
class PaintRecipe:
    """What a training is made by.

    rate: of Adam. features, opposed: weights of the difference in features and of the discriminator, beside the mean
    absolute difference of the pixels. remembered: most of the averages that a step leaves.
    """

    shape: Shape = field(default_factory=Shape)
    batch: int = 16
    rate: float = 8e-3
    features: float = 0.25
    opposed: float = 0.02
    remembered: float = 0.995
    seed: int = 0


class PaintTrainer:
    """Holds both networks and makes single steps; all randomness comes from (seed, step).

    network: in whose features pictures are compared.
    """

    def __init__(self, recipe: PaintRecipe, network: Model) -> None:
        self.recipe = recipe
        self.painter, self.judge = UNet(recipe.shape), PatchDiscriminator()
        self._network = network
        self._features = jax.tree.map(jnp.asarray, dict(network.params))
        self._optimiser = optax.adam(recipe.rate, b1=0.5, b2=0.99)
        key, size = jax.random.key(recipe.seed), recipe.shape.size
        # As one program each: of single operations, every one would be compiled by itself.
        params = jax.jit(self.painter.init)(key, jnp.zeros((1, size, size, 1)), jnp.zeros(1, jnp.int32))
        judge = jax.jit(self.judge.init)(jax.random.fold_in(key, 1), jnp.zeros((1, size, size, 5)))
        self._step = jax.jit(self._make_step, donate_argnums=0, static_argnames="opposed")
        self.state: Tree = {
            "step": jnp.zeros((), jnp.int32),
            "painter": params,
            "average": jax.tree.map(jnp.copy, params),
            "judge": judge,
            "optimisers": {"painter": self._optimiser.init(params), "judge": self._optimiser.init(judge)},
        }

    def begin_with(self, painter: Tree) -> None:
        """Start from what another training has learned."""
        for part in ("painter", "average"):
            self.state[part] = jax.tree.map(jnp.array, painter)

    @property
    def number(self) -> int:
        """Steps made so far."""
        return int(self.state["step"])

    @property
    def learned(self) -> Tree:
        """The averaged U-Net's parameters."""
        return self.state["average"]

    def step(
        self, lines: jax.Array, words: jax.Array, true: jax.Array, rate: float = 1.0, *, opposed: bool
    ) -> dict[str, jax.Array]:
        """One step; rate: a factor on the learning rate. opposed: whether the discriminator takes part.

        lines: uint8 [batch, S, S], words: int32 [batch], true: uint8 [batch, S, S, 4], RGB not multiplied by the matte.
        What it measured.
        """
        self.state, scores = self._step(
            self.state, self._features, lines, words, true, jnp.float32(rate), opposed=opposed
        )
        return dict(scores)

    def _compared(self, features: Tree, made: jax.Array, true: jax.Array) -> jax.Array:
        """The difference of pictures [N, S, S, 3] in [-1, 1] in features, over what the true ones have."""

        def seen(pictures: jax.Array) -> list[jax.Array]:
            small = halved(pictures) if self.recipe.shape.size > 64 else pictures
            found = self._network.activations(features, small * 0.5 + 0.5, until=LAYERS[-1])
            return [found[name] for name in LAYERS]

        pairs = zip(seen(made), seen(true), strict=True)
        return sum((jnp.mean(jnp.abs(a - b)) / jnp.mean(jnp.abs(b)) for a, b in pairs), jnp.zeros(()))

    def _make_step(
        self,
        state: Tree,
        features: Tree,
        lines: jax.Array,
        words: jax.Array,
        true: jax.Array,
        rate: jax.Array,
        opposed: bool,
    ) -> tuple[Tree, Tree]:
        recipe = self.recipe
        key = jax.random.fold_in(jax.random.key(recipe.seed + 1), state["step"])
        # A new ground for each pair: what is right on every ground has the right matte.
        ground = jax.random.uniform(key, (lines.shape[0], 1, 1, 3), minval=-1.0)
        drawn = lines[..., None].astype(jnp.float32) / 127.5 - 1
        matte = true[..., 3:].astype(jnp.float32) / 255
        target = matte * (true[..., :3].astype(jnp.float32) / 127.5 - 1) + (1 - matte) * ground

        def loss(painter: Tree, judge: Tree) -> tuple[jax.Array, tuple[jax.Array, Tree]]:
            made = applied(self.painter, painter, drawn, words)
            shown = made[..., 3:] * made[..., :3] + (1 - made[..., 3:]) * ground
            pixels = jnp.mean(jnp.abs(shown - target)) + 0.5 * jnp.mean(jnp.abs(made[..., 3:] - matte))
            looks = self._compared(features, shown, target)
            total = pixels + recipe.features * looks
            seen = jnp.concatenate([drawn, shown, made[..., 3:] * 2 - 1], axis=-1)
            if opposed:
                total += recipe.opposed * jnp.mean(jax.nn.softplus(-applied(self.judge, judge, seen)))
            return total, (seen, {"loss": total, "pixels": pixels, "features": looks})

        gradient, (seen, scores) = jax.grad(loss, has_aux=True)(state["painter"], state["judge"])
        painter, of_painter = self._followed(state["painter"], gradient, state["optimisers"]["painter"], rate)
        judge, of_judge = state["judge"], state["optimisers"]["judge"]
        if opposed:
            real = jnp.concatenate([drawn, target, matte * 2 - 1], axis=-1)

            def judged(params: Tree) -> jax.Array:
                says_real, says_made = jnp.split(applied(self.judge, params, jnp.concatenate([real, seen])), 2)
                return jnp.mean(jax.nn.softplus(-says_real)) + jnp.mean(jax.nn.softplus(says_made))

            value, gradient = jax.value_and_grad(judged)(judge)
            judge, of_judge = self._followed(judge, gradient, of_judge, rate)
            scores["judge"] = value
        keep = jnp.minimum(recipe.remembered, (1.0 + state["step"]) / (10.0 + state["step"]))
        following = {
            "step": state["step"] + 1,
            "painter": painter,
            "average": jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, state["average"], painter),
            "judge": judge,
            "optimisers": {"painter": of_painter, "judge": of_judge},
        }
        return following, scores

    def _followed(self, params: Tree, gradient: Tree, optimiser: Tree, rate: jax.Array) -> tuple[Tree, Tree]:
        change, optimiser = self._optimiser.update(gradient, optimiser)
        return optax.apply_updates(params, jax.tree.map(lambda x: x * rate, change)), optimiser
