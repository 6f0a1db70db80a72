"""VGG networks (Simonyan & Zisserman 2014, configurations D and E) with the dense layers as convolutions.

A picture larger than the training window therefore gives a grid of logits, one set for each window position.
The same module is the real VGG-16 (width 1, 1000 classes) and the built-in network (width 1/4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.networks.vgg import convolution
from dreamstream.networks.vgg.architecture import BLOCKS, POOLED
from dreamstream.networks.vgg.architecture import Architecture as Architecture

# A parameter tree: {"conv1_1": {"kernel": [kh, kw, in, out], "bias": [out]}, ..., "fc8": {...}}.
Params = Mapping[str, Mapping[str, Any]]

NORM_EPSILON = 1e-5


class VGG(nn.Module):
    """VGG as a Flax module; see `Architecture`.

    norm: batch normalisation after every convolution and fc6, fc7 (for training; `fold` removes it).
    dtype: compute type, float32 or bfloat16; parameters stay as they are.
    """

    architecture: Architecture
    norm: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, train: bool = False, until: str | None = None) -> dict[str, jax.Array]:
        """Preprocessed input [N, H, W, 3] to all activations by name: relu1_1 ... relu7 and "logits" [N, h, w,
        classes]; before the ReLU they are called conv1_1 ... fc7.

        H and W must be at least the window. `until` names the last activation wanted; nothing after it is computed.
        """
        shapes = self.architecture.layers()

        def layer(name: str, x: jax.Array) -> jax.Array:
            kh, kw, _, out = shapes[name]
            padding = "SAME" if name.startswith("conv") else "VALID"
            normed = self.norm and name != "fc8"
            y: jax.Array = nn.Conv(out, (kh, kw), padding=padding, use_bias=not normed, dtype=self.dtype, name=name)(x)
            if normed:
                y = nn.BatchNorm(
                    use_running_average=not train,
                    momentum=0.95,
                    epsilon=NORM_EPSILON,
                    dtype=self.dtype,
                    name=f"{name}_norm",
                )(y)
            return y

        return _forward(self.architecture, layer, x.astype(self.dtype), until)


def activations(
    architecture: Architecture, params: Params, x: jax.Array, dtype: Any = None, until: str | None = None
) -> dict[str, jax.Array]:
    """All activations by name of a network without batch norm, as `VGG` computes them; for ascent on pixels.

    params: as in `Params`, or as `ready` makes them. dtype: compute type, by default that of the parameters.
    `until` names the last activation wanted. Beside those of `VGG`, "means" can be: what a pooled head is given the
    mean of (see `_means`); what that is at each position is "about", beside the logits.
    """
    kind = dtype or params["conv1_1"]["bias"].dtype

    def layer(name: str, x: jax.Array) -> jax.Array:
        y: jax.Array = _convolved(x, params[name], name, kind) + params[name]["bias"][None, None, None].astype(kind)
        return y

    return _forward(architecture, layer, x.astype(kind), until)


def _forward(
    architecture: Architecture, layer: Callable[[str, jax.Array], jax.Array], x: jax.Array, until: str | None
) -> dict[str, jax.Array]:
    """All activations up to `until`; layer: what a layer of a name makes of its input, before the ReLU."""
    found: dict[str, jax.Array] = {}
    before = x  # the ReLU, which comes with the pooling where there is one
    for name in architecture.layers():
        if name == architecture.first_of_head and until == "means":
            break
        if name == architecture.first_of_head and architecture.head == "pooled":
            with jax.named_scope("pool"):
                x = convolution.mean_about(_means(architecture, found, before), architecture.window // 32)
                found["about"] = x
        elif name in POOLED:
            with jax.named_scope("pool"):
                x = convolution.relu_pool(before)
        # Scopes carry the layers' names into profiles and plans (benchmarks/profile_step.py reads them).
        with jax.named_scope(name):
            x = layer(name, x)
            if name == "fc8":
                found["logits"] = x.astype(jnp.float32)
                break
            found[name] = before = x
            x = convolution.relu(x)
        label = name.replace("conv", "relu").replace("fc", "relu")
        found[label] = x
        if label == until:
            break
    if until == "means":
        found["means"] = _means(architecture, found, before)
    return found


def _means(architecture: Architecture, found: Mapping[str, jax.Array], last: jax.Array) -> jax.Array:
    """What every block has found, on the grid of the last pooling [N, h, w, all blocks' channels].

    Of the first four blocks it is the mean of the last ReLU over each cell, of the fifth its last pooling. The deep
    ones say what a thing is; the others what it is made of, and in which colours.
    last: the fifth block's last layer without its ReLU.
    """
    deepest = convolution.relu_pool(last)
    rows, columns = deepest.shape[1:3]
    parts = []
    for block, count in enumerate(BLOCKS[architecture.configuration][:4], 1):
        x, cell = found[f"relu{block}_{count}"], 32 >> (block - 1)
        x = x[:, : rows * cell, : columns * cell]
        parts.append(x.reshape(x.shape[0], rows, cell, columns, cell, x.shape[3]).mean(axis=(2, 4)))
    return jnp.concatenate([*parts, deepest], axis=3)


def _convolved(x: jax.Array, layer: Mapping[str, Any], name: str, dtype: Any) -> jax.Array:
    """A layer without its bias."""
    if "forward" in layer:
        return convolution.winograd(x, layer["forward"], layer["backward"])
    form = convolution.convolve if name.startswith("conv") else convolution.dense
    return form(x, layer["kernel"].astype(dtype))


def ready(params: Params, dtype: Any = jnp.float32, transform: bool = False) -> dict[str, dict[str, jax.Array]]:
    """Parameters in the compute type, for `activations`.

    transform: put kernels for which it pays on a CPU into Winograd's form (float32 only); it takes eight times their
    memory. Parameters that are in this form already stay as they are.
    """

    def layer(given: Mapping[str, Any]) -> dict[str, jax.Array]:
        if "forward" in given:
            return dict(given)
        kernel, bias = jnp.asarray(given["kernel"], dtype), jnp.asarray(given["bias"], dtype)
        if transform and dtype == jnp.float32 and convolution.pays(kernel.shape):
            return convolution.transformed(kernel) | {"bias": bias}
        return {"kernel": kernel, "bias": bias}

    return {name: layer(given) for name, given in params.items()}


def fold(params: Params, statistics: Params) -> dict[str, dict[str, jax.Array]]:
    """Parameters of the network without batch norm that computes the same as the one with it at its running
    averages.
    """
    folded: dict[str, dict[str, jax.Array]] = {}
    for name, layer in params.items():
        if name.endswith("_norm"):
            continue
        norm = params.get(f"{name}_norm")
        if norm is None:
            folded[name] = dict(layer)
            continue
        running = statistics[f"{name}_norm"]
        gain = norm["scale"] / jnp.sqrt(running["var"] + NORM_EPSILON)
        folded[name] = {
            "kernel": layer["kernel"] * gain[None, None, None],
            "bias": norm["bias"] - running["mean"] * gain,
        }
    return folded
