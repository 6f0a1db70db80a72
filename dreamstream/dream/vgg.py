"""VGG networks (Simonyan & Zisserman 2014, configurations D and E) with the dense layers as convolutions.

A picture larger than the training window therefore gives a grid of logits, one set for each window position.
The same module is the real VGG-16 (width 1, 1000 classes) and the built-in network (width 1/4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dreamstream.dream.architecture import Architecture as Architecture

# A parameter tree: {"conv1_1": {"kernel": [kh, kw, in, out], "bias": [out]}, ..., "fc8": {...}}.
Params = Mapping[str, Mapping[str, Any]]

NORM_EPSILON = 1e-5


def max_pool(x: jax.Array) -> jax.Array:
    """2x2 max pooling with stride 2 of [N, H, W, C]; an odd last row or column is left out.

    Written as a maximum over a reshape: its gradient is elementwise, where that of a window reduction is a slow
    scatter.
    """
    n, h, w, c = x.shape
    return x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))


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
        found: dict[str, jax.Array] = {}
        x = x.astype(self.dtype)
        for name, (kh, kw, _, out) in self.architecture.layers().items():
            same = name.startswith("conv")
            if same and name.endswith("_1") and name != "conv1_1":
                x = max_pool(x)
            if name == "fc6":
                x = max_pool(x)
            normed = self.norm and name != "fc8"
            x = nn.Conv(
                out, (kh, kw), padding="SAME" if same else "VALID", use_bias=not normed, dtype=self.dtype, name=name
            )(x)
            if normed:
                x = nn.BatchNorm(
                    use_running_average=not train,
                    momentum=0.95,
                    epsilon=NORM_EPSILON,
                    dtype=self.dtype,
                    name=f"{name}_norm",
                )(x)
            if name == "fc8":
                found["logits"] = x.astype(jnp.float32)
                break
            found[name] = x
            x = nn.relu(x)
            label = name.replace("conv", "relu").replace("fc", "relu")
            found[label] = x
            if label == until:
                break
        return found


def activations(
    architecture: Architecture, params: Params, x: jax.Array, dtype: Any = jnp.float32, until: str | None = None
) -> dict[str, jax.Array]:
    """All activations by name (see `VGG`) of a network without batch norm; params as in `Params`."""
    found: Any = VGG(architecture, dtype=dtype).apply({"params": params}, x, until=until)
    return dict(found)


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
        folded[name] = {"kernel": layer["kernel"] * gain, "bias": norm["bias"] - running["mean"] * gain}
    return folded
