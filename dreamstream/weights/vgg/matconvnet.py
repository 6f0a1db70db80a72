"""VGGs as MatConvNet keeps them in MATLAB files (VLFeat's imagenet-vgg-verydeep-16 and -19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dreamstream.networks.vgg.preprocessing import Preprocessing
from dreamstream.weights.readers.mapped import BadFileError, Tensor
from dreamstream.weights.vgg.checkpoint import Layer

# The mean colour of the VGG authors' pictures, RGB: MatConvNet turned Caffe's BGR around when it converted them.
MEAN = (123.68, 116.779, 103.939)


def read_matconvnet(variables: Mapping[str, Any]) -> tuple[list[Layer], Preprocessing, tuple[str, ...]]:
    """The layers in order, the preprocessing, and the words for the classes. Raises BadFileError."""
    net = variables["net"] if isinstance(variables.get("net"), dict) else variables
    steps = net.get("layers")
    if not isinstance(steps, list):
        shown = ", ".join(sorted(variables)[:4])[:120] or "nothing"
        raise BadFileError(f"it holds {shown}, and not the layers of a MatConvNet network")
    layers = []
    for index, step in enumerate(steps):
        # A step is a struct with its type; those with filters are layers here, dense ones too.
        if not isinstance(step, dict) or not _has_filters(step):
            continue
        label = step["name"][:40] if isinstance(step.get("name"), str) and step["name"] else f"layer {index}"
        weights = step.get("weights")
        pair = weights if isinstance(weights, list) else [step.get("filters"), step.get("biases")]
        kernel, bias = (*pair, None)[:2]
        if not isinstance(kernel, Tensor) or not (bias is None or isinstance(bias, Tensor)):
            raise BadFileError(f"{label} has no filters that are numbers")
        layers.append(Layer(label, _padded(kernel), _flat(bias), "HWIO"))
    described = net.get("meta")
    meta: Mapping[str, Any] = described if isinstance(described, dict) else net
    classes = meta.get("classes")
    words = classes.get("description") if isinstance(classes, dict) else None
    names = tuple(w for w in words if isinstance(w, str)) if isinstance(words, list) else ()
    return layers, _preprocessing(meta.get("normalization")), names


def _has_filters(step: Mapping[str, Any]) -> bool:
    return bool(step.get("weights")) or isinstance(step.get("filters"), Tensor)


def _padded(kernel: Tensor) -> Tensor:
    """MATLAB drops trailing axes of length 1."""
    shape = kernel.shape + (1,) * (4 - len(kernel.shape))
    return Tensor(shape, kernel.dtype, lambda: kernel.load().reshape(shape, order="F"))


def _flat(bias: Tensor | None) -> Tensor | None:
    return Tensor((bias.size,), bias.dtype, lambda: bias.load().reshape(-1)) if bias else None


def _preprocessing(normalization: Any) -> Preprocessing:
    mean = normalization.get("averageImage") if isinstance(normalization, dict) else None
    colour = MEAN
    # The mean is a colour, or a picture of which only the colour matters.
    if isinstance(mean, Tensor) and mean.size and mean.size <= 1 << 20 and (mean.shape[-1] == 3 or mean.size == 3):
        red, green, blue = (float(v) for v in np.asarray(mean.load(), np.float64).reshape(-1, 3, order="F").mean(0))
        if not all(0 <= v <= 255 for v in (red, green, blue)):
            raise BadFileError(f"its average image, {red:g}, {green:g}, {blue:g}, is no colour")
        colour = (red, green, blue)
    return Preprocessing(255.0, colour, (1.0, 1.0, 1.0))
