"""What a weight file holds, whoever wrote it: layers in order, described before any of their numbers are read."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dreamstream.networks.vgg.architecture import BLOCKS, CHANNELS, Architecture
from dreamstream.networks.vgg.preprocessing import Preprocessing
from dreamstream.weights.readers.mapped import FLOATS, Array, BadFileError, Tensor
from dreamstream.wishes.class_names import ClassName

if TYPE_CHECKING:
    from dreamstream.networks.vgg.model import Model

# The largest networks that are read: several times VGG-19 with 1000 classes.
LARGEST_TENSOR, LARGEST_NETWORK = 1 << 28, 1 << 30
# Why there is nothing to climb in a network that knows one thing.
ONE_CLASS = "to dream a thing, it must be told from others, so at least two classes are needed"
# PyTorch's batch normalisation, as torchvision and timm use it.
NORM_EPSILON = 1e-5


@dataclass(frozen=True)
class Norm:
    """Batch normalisation after a layer, at its running averages."""

    scale: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class Layer:
    """A layer as its file has it.

    order: how the kernel's axes lie. Convolutions: "OIHW" (PyTorch, Theano) or "HWIO" (Keras, MatConvNet, this
    project). Dense layers: "O(IHW)", "(IHW)O" or "(HWI)O", brackets around axes that are one in the file.
    label: the layer's name in the file, for messages.
    """

    label: str
    kernel: Tensor
    bias: Tensor | None
    order: str
    norm: Norm | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A readable weight file: `format` in words, what network it is, its classes in order, and where its numbers lie.

    name: what the file calls it, if it does. words: the classes with other words for them, if the file has those.
    typical: "mean" and "spread" of `Typical`, or nothing.
    """

    format: str
    architecture: Architecture
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    layers: Mapping[str, Layer] = field(repr=False)
    name: str | None = None
    words: tuple[ClassName, ...] = ()
    typical: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def parameters(self) -> dict[str, dict[str, Array]]:
        """All parameters, float32, batch norm folded; each is copied once, so no more than the largest is held twice.

        Raises BadFileError for numbers that are not finite.
        """
        with np.errstate(all="ignore"):  # what overflows is found to be infinite and refused
            return {name: _parameters(self.layers[name], s) for name, s in self.architecture.layers().items()}

    def model(self, name: str) -> Model:
        """The network, ready to run. Raises BadFileError."""
        from dreamstream.networks.vgg.model import Model, Typical

        typical = Typical(**{part: _vector(tensor) for part, tensor in self.typical.items()}) if self.typical else None
        if typical and not (np.isfinite(typical.mean).all() and np.isfinite(typical.spread).all()):
            raise BadFileError("what is typical of its classes holds values that are no finite numbers")
        return Model(name, self.architecture, self.parameters(), self.classes, self.preprocessing, typical=typical)


def arrange(layers: Sequence[Layer]) -> tuple[Architecture, dict[str, Layer]]:
    """Which VGG these layers are, in order from the input, and the layers by the names that it gives them.

    Convolutions alone ("no top") are a network without a head. Raises BadFileError with the first layer that does not
    fit.
    """
    shapes = [_kernel_shape(layer) for layer in layers]
    bare = {sum(counts): letter for letter, counts in BLOCKS.items()}
    # Of VGG-19 there are as many convolutions as VGG-16 has layers, but its dense ones are never all 3x3.
    if len(layers) in bare and all(shape[:2] == (3, 3) for shape in shapes):
        return _convolutions(bare[len(layers)], shapes, layers)
    configurations = {count + 3: letter for count, letter in bare.items()}
    if len(layers) not in configurations:
        known = " or ".join(f"{count} (VGG-{count}; {count - 3} without its dense layers)" for count in configurations)
        raise BadFileError(f"it has {len(layers)} layers with kernels, not {known}")
    configuration = configurations[len(layers)]
    channels = [shapes[sum(BLOCKS[configuration][:block])][3] for block in range(5)]
    before, fc6, fc8 = channels[-1], shapes[-3], shapes[-1]
    side = round((fc6[0] * fc6[1] * fc6[2] / before) ** 0.5) if before else 0
    if side < 1 or side * side * before != fc6[0] * fc6[1] * fc6[2]:
        raise BadFileError(
            f"{layers[-3].label} takes {fc6[0] * fc6[1] * fc6[2]} numbers, which is no square of {before} channels"
        )
    if side > 32:
        raise BadFileError(f"{layers[-3].label} takes {side}x{side} positions: a window of {side * 32} pixels")
    if fc8[3] == 1:
        raise BadFileError(f"{layers[-1].label} has one output, a network of one class; {ONE_CLASS}")
    with contextlib.suppress(ValueError):
        for base, found in sorted(zip(CHANNELS, channels, strict=True), reverse=True):
            architecture = Architecture(configuration, found / base, fc6[3], fc8[3], side * 32)
            if list(architecture.channels()) == channels:
                return architecture, _fitted(architecture, layers)
    raise BadFileError(f"its blocks have {', '.join(map(str, channels))} channels: no VGG of any one width has these")


def _convolutions(
    configuration: str, shapes: Sequence[tuple[int, int, int, int]], layers: Sequence[Layer]
) -> tuple[Architecture, dict[str, Layer]]:
    channels = [shapes[sum(BLOCKS[configuration][:block])][3] for block in range(5)]
    for base, found in sorted(zip(CHANNELS, channels, strict=True), reverse=True):
        with contextlib.suppress(ValueError):
            architecture = Architecture(configuration, found / base, 0, 0, 32, "none")
            if list(architecture.channels()) == channels:
                return architecture, _fitted(architecture, layers)
    raise BadFileError(f"its blocks have {', '.join(map(str, channels))} channels: no VGG of any one width has these")


def _kernel_shape(layer: Layer) -> tuple[int, int, int, int]:
    """[kh, kw, in, out]; a dense layer is taken for [1, 1, in, out]."""
    shape, order = layer.kernel.shape, layer.order
    if len(shape) != (2 if "(" in order else 4):
        raise BadFileError(f"{layer.label} has a kernel of shape {shape}, which is no {order} kernel")
    if order == "OIHW":
        return shape[2], shape[3], shape[1], shape[0]
    if order == "HWIO":
        return shape[0], shape[1], shape[2], shape[3]
    return (1, 1, shape[1], shape[0]) if order.startswith("O") else (1, 1, shape[0], shape[1])


def _fitted(architecture: Architecture, layers: Sequence[Layer]) -> dict[str, Layer]:
    """The layers by name, once every shape and type has been compared with what the architecture wants."""
    by_name = dict(zip(architecture.layers(), layers, strict=True))
    total = 0
    for name, wanted in architecture.layers().items():
        layer = by_name[name]
        shape = _kernel_shape(layer)
        dense = name.startswith("fc") and shape[:2] == (1, 1) and shape[2] == wanted[0] * wanted[1] * wanted[2]
        if shape[3] != wanted[3] or not (shape == wanted or dense):
            raise BadFileError(f"{layer.label} ({name}) has kernel {layer.kernel.shape}, not {list(wanted)} as HWIO")
        vectors = [layer.bias] if layer.bias else []
        if layer.norm:
            vectors += [layer.norm.scale, layer.norm.bias, layer.norm.mean, layer.norm.variance]
        elif not layer.bias:
            raise BadFileError(f"{layer.label} ({name}) has no bias")
        for vector in vectors:
            if vector.shape != (wanted[3],):
                raise BadFileError(f"{layer.label} ({name}) has a vector of shape {vector.shape}, not {(wanted[3],)}")
        for tensor in (layer.kernel, *vectors):
            if tensor.dtype.newbyteorder("=") not in FLOATS:
                raise BadFileError(f"{layer.label} ({name}) is {tensor.dtype}, which is no floating-point type")
        total += layer.kernel.size
        if layer.kernel.size > LARGEST_TENSOR or total > LARGEST_NETWORK:
            raise BadFileError(f"{layer.label} ({name}) is too large, shape {layer.kernel.shape}")
    return by_name


# Where each file axis goes for [H, W, I, O], once dense layers have four axes.
_AXES = {
    "OIHW": (2, 3, 1, 0),
    "HWIO": (0, 1, 2, 3),
    "O(IHW)": (2, 3, 1, 0),
    "(IHW)O": (1, 2, 0, 3),
    "(HWI)O": (0, 1, 2, 3),
}


def _parameters(layer: Layer, wanted: tuple[int, int, int, int]) -> dict[str, Array]:
    height, width, before, out = wanted
    raw = layer.kernel.load()
    unfolded = {
        "O(IHW)": (out, before, height, width),
        "(IHW)O": (before, height, width, out),
        "(HWI)O": (height, width, before, out),
    }
    if layer.order in unfolded:
        raw = raw.reshape(unfolded[layer.order])
    kernel = np.array(raw.transpose(_AXES[layer.order]), np.float32, order="C")
    bias = _vector(layer.bias) if layer.bias else np.zeros(out, np.float32)
    if layer.norm:
        variance = _vector(layer.norm.variance)
        if not (variance >= 0).all():
            raise BadFileError(f"{layer.label} has a running variance below zero")
        gain = _vector(layer.norm.scale) / np.sqrt(variance + NORM_EPSILON)
        kernel *= gain
        bias = _vector(layer.norm.bias) + (bias - _vector(layer.norm.mean)) * gain
    for name, values in (("kernel", kernel), ("bias", bias)):
        # The extremes are not finite when anything is not, and need no memory.
        if not (np.isfinite(values.min()) and np.isfinite(values.max())):
            raise BadFileError(f"the {name} of {layer.label} holds values that are no finite numbers")
    return {"kernel": kernel, "bias": bias}


def _vector(tensor: Tensor) -> Array:
    return np.array(tensor.load(), np.float32)
