"""A class head fitted to features: linear, or with one hidden layer. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from dreamstream.networks.vgg.model import Typical

Params = dict[str, dict[str, NDArray[np.float32]]]


@dataclass(frozen=True)
class HeadRecipe:
    """How a head is fitted.

    hidden: channels of a hidden layer, 0 for a linear head. epochs: how often every view is seen. noise: added to
    standardised features, as their share; smoothing: of the labels. rate, decay: AdamW's.
    """

    hidden: int = 0
    epochs: int = 60
    batch: int = 128
    rate: float = 3e-3
    decay: float = 0.1
    noise: float = 0.3
    smoothing: float = 0.1
    seed: int = 0


def fit(features: NDArray[Any], labels: NDArray[np.int32], classes: int, recipe: HeadRecipe) -> Params:
    """The head's layers, kernels [1, 1, in, out] and biases [out], for features [N, C] as they are.

    labels: class numbers [N]. A class with few pictures counts as much as one with many.
    """
    x = np.asarray(features, np.float32)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-3
    standard = jnp.asarray((x - mean) / spread)
    counts = np.bincount(labels, minlength=classes)
    weights = jnp.asarray((len(labels) / classes / np.maximum(counts, 1))[labels], jnp.float32)
    layers = _fitted(standard, jnp.asarray(labels), weights, classes, recipe)
    named = dict(zip(("fc7", "fc8")[-len(layers) :], layers, strict=True))
    first = next(iter(named))
    kernel, bias = named[first]
    # The network's own mean and deviation go into the first layer.
    named[first] = (kernel / spread[:, None], bias - (mean / spread) @ kernel)
    return {
        name: {"kernel": np.asarray(k, np.float32)[None, None], "bias": np.asarray(b, np.float32)}
        for name, (k, b) in named.items()
    }


LEAST_SPREAD = 0.02  # of the mean spread: a channel that never answers is not told by


def typical(features: NDArray[Any], labels: NDArray[np.int32], classes: int) -> Typical:
    """What features [N, C] of each class are like, labels: class numbers [N], each at least once."""
    x = np.asarray(features, np.float32)
    mean = np.stack([x[labels == number].mean(axis=0) for number in range(classes)])
    spread = np.sqrt(np.mean([x[labels == number].var(axis=0) for number in range(classes)], axis=0))
    if not spread.any():  # one view of one picture of each class
        spread = x.std(axis=0)
    return Typical(mean, np.asarray(spread + LEAST_SPREAD * spread.mean() + 1e-3, np.float32))


def logits(params: Params, features: NDArray[Any]) -> NDArray[np.float32]:
    """What a head says of features [N, C]: [N, classes]."""
    x = np.asarray(features, np.float32)
    if "fc7" in params:
        x = np.maximum(x @ params["fc7"]["kernel"][0, 0] + params["fc7"]["bias"], 0)
    return np.asarray(x @ params["fc8"]["kernel"][0, 0] + params["fc8"]["bias"], np.float32)


def _fitted(
    x: jax.Array, labels: jax.Array, weights: jax.Array, classes: int, recipe: HeadRecipe
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    count, width = x.shape
    sizes = [width, *([recipe.hidden] if recipe.hidden else []), classes]
    keys = jax.random.split(jax.random.key(recipe.seed), len(sizes))
    layers = [
        (
            jax.random.normal(key, (before, after)) * (2 / before) ** 0.5 * (0.1 if after == classes else 1),
            jnp.zeros(after),
        )
        for key, before, after in zip(keys, sizes, sizes[1:], strict=False)
    ]
    batch = min(recipe.batch, count)
    per_epoch = count // batch
    schedule = optax.cosine_decay_schedule(recipe.rate, recipe.epochs * per_epoch, 0.02)
    optimiser = optax.adamw(schedule, weight_decay=recipe.decay)

    def loss(layers: Any, seen: jax.Array, label: jax.Array, weight: jax.Array) -> jax.Array:
        for kernel, bias in layers[:-1]:
            seen = jax.nn.relu(seen @ kernel + bias)
        kernel, bias = layers[-1]
        target = optax.smooth_labels(jax.nn.one_hot(label, classes), recipe.smoothing)
        return jnp.mean(weight * optax.softmax_cross_entropy(seen @ kernel + bias, target))

    def step(carry: Any, given: tuple[jax.Array, jax.Array]) -> tuple[Any, None]:
        layers, state = carry
        chosen, key = given
        seen = x[chosen] + recipe.noise * jax.random.normal(key, (batch, width))
        gradient = jax.grad(loss)(layers, seen, labels[chosen], weights[chosen])
        updates, state = optimiser.update(gradient, state, layers)
        return (optax.apply_updates(layers, updates), state), None

    @partial(jax.jit, donate_argnums=0)
    def epoch(carry: Any, key: jax.Array) -> Any:
        order, *keys = jax.random.split(key, 1 + per_epoch)
        chosen = jax.random.permutation(order, count)[: per_epoch * batch].reshape(per_epoch, batch)
        return jax.lax.scan(step, carry, (chosen, jnp.stack(keys)))[0]

    carry = (layers, optimiser.init(layers))
    for key in jax.random.split(keys[-1], recipe.epochs):
        carry = epoch(carry, key)
    return [(np.asarray(kernel), np.asarray(bias)) for kernel, bias in carry[0]]
