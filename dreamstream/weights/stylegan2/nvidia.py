"""NVIDIA's layouts: pickled PyTorch modules (StyleGAN2-ADA, and StyleGAN2 taught by StyleGAN3's program), and pickled
TensorFlow networks, whose numbers are the same by other names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError, Tensor
from dreamstream.weights.readers.notes import Call, items_of
from dreamstream.weights.readers.numpy_pickle import numpy_array
from dreamstream.weights.readers.torch_modules import Parts, is_module, parts_of
from dreamstream.weights.stylegan2.source import Array, Published, Source, Styled, check_filter, check_levels

RATE = 0.01  # of the mapping network's learning, where a file does not tell


def parts(found: Any) -> Parts | None:
    """The averaged generator's parts, by the names of the PyTorch program; None for a pickle of another kind."""
    asked = items_of(found)
    for name in ("G_ema", "G"):
        if is_module(asked.get(name)):
            return parts_of(asked[name])
    if is_module(found):
        return parts_of(found)
    if isinstance(found, (list, tuple)) and len(found) == 3 and _is_network(found[2]):
        return _renamed(found[2])
    return None


def read(found: Parts) -> Published:
    """The generator. Raises BadFileError."""
    source, told = Source(found.tensors), found.told
    if any(name.startswith(("synthesis.L0_", "synthesis.input.")) for name in source.names()):
        raise BadFileError("it is a StyleGAN3, and only StyleGAN2s are read here")
    if _number(told, "c_dim", 0) > 0 or any(name.startswith("mapping.embed.") for name in source.names()):
        raise BadFileError("it makes pictures of classes, and only generators without classes are read here")
    if any(name.endswith(".skip.weight") for name in source.names()):
        raise BadFileError("it sums features and not pictures (the residual generator), which is not read here")
    levels = 0
    while f"synthesis.b{4 * 2**levels}.torgb.weight" in source and levels < 16:
        levels += 1
    check_levels(levels)
    sizes = [4 * 2**level for level in range(levels)]
    if f"synthesis.b{2 * sizes[-1]}.conv1.weight" in source:
        raise BadFileError(f"its pictures are made at {2 * sizes[-1]} pixels alone, and not summed over all sizes")
    mapping = []
    for number in range(source.numbered("mapping.fc", ".weight")):
        name = f"mapping.fc{number}"
        weight = source.array(f"{name}.weight", -1, -1)
        gain = _number(told, f"{name}.weight_gain", RATE / weight.shape[1] ** 0.5)
        bias = source.array(f"{name}.bias", len(weight)) * np.float32(_number(told, f"{name}.bias_gain", RATE))
        mapping.append((weight * np.float32(gain), bias))
        if told.get(f"{name}.activation", "lrelu") != "lrelu":
            raise BadFileError(f"{name} is followed by {told[f'{name}.activation']}, and not by the leaky ReLU")
    layers = [(f"synthesis.b{side}.conv{n}", side) for side in sizes for n in ((0, 1) if side > 4 else (1,))]
    for name, _ in layers:
        check_filter(source, f"{name}.resample_filter")
    return Published(
        "NVIDIA's",
        False,
        mapping,
        source.array("synthesis.b4.const", -1, 4, 4),
        [_styled(source, name, 3) for name, _ in layers],
        [_styled(source, f"synthesis.b{side}.torgb", 1) for side in sizes],
        [_grain(source, name, side) for name, side in layers],
    )


def _styled(source: Source, name: str, side: int) -> Styled:
    kernel = source.array(f"{name}.weight", -1 if side == 3 else 3, -1, side, side)
    made, taken = kernel.shape[:2]
    scale = source.array(f"{name}.affine.weight", taken, -1)
    return Styled(
        # Three by three, it is demodulated, so that its scale does not count.
        kernel if side == 3 else kernel * np.float32(1 / taken**0.5),
        scale * np.float32(1 / scale.shape[1] ** 0.5),
        source.array(f"{name}.affine.bias", taken),
        source.array(f"{name}.bias", made),
    )


def _grain(source: Source, name: str, side: int) -> Array:
    if f"{name}.noise_const" not in source:
        return np.zeros((side, side), np.float32)
    return source.array(f"{name}.noise_strength") * source.array(f"{name}.noise_const", side, side)


def _number(told: dict[str, float | str], name: str, otherwise: float) -> float:
    value = told.get(name, otherwise)
    if not isinstance(value, (int, float)) or not abs(value) < 1e4:
        raise BadFileError(f"its {name} is {str(value)[:40]!r}, which is no number that can be")
    return float(value)


# -- TensorFlow -----------------------------------------------------------------------------------------------


def _is_network(value: Any) -> bool:
    state = items_of(value.state) if isinstance(value, Call) else {}
    return {"variables", "components"} <= state.keys()


def _variables(network: Any, prefix: str = "", depth: int = 0) -> dict[str, Tensor]:
    """A network's arrays by name, those of its parts behind the part's name."""
    state = items_of(network.state) if isinstance(network, Call) else {}
    found = {}
    kept = state.get("variables")
    for pair in kept if isinstance(kept, (list, tuple)) else ():
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str):
            array = numpy_array(pair[1])
            if array is not None:
                found[f"{prefix}{pair[0]}"] = array
    for name, part in items_of(state.get("components")).items():
        if depth < 3 and isinstance(name, str):
            found |= _variables(part, f"{prefix}{name}/", depth + 1)
    return found


def _renamed(network: Any) -> Parts:
    """A TensorFlow generator's arrays, by the names and in the order of axes of the PyTorch program."""
    kept = _variables(network)
    if any("LabelConcat" in name or "LabelEmbed" in name for name in kept):
        raise BadFileError("it makes pictures of classes, and only generators without classes are read here")
    found: dict[str, Tensor] = {}

    def take(old: str, new: str, axes: tuple[int, ...], change: Callable[[Any], Any]) -> None:
        """Find `old` by the name `new`. axes: where each axis of the new one was."""
        if old in kept:
            tensor = kept[old]
            if len(tensor.shape) != 1 + max(axes, default=-1):
                raise BadFileError(f"{old} is {list(tensor.shape)}, and should have {1 + max(axes, default=-1)} axes")
            shape = tuple(tensor.shape[axis] for axis in axes)
            found[new] = Tensor(shape, tensor.dtype, lambda: change(np.asarray(tensor.load())))

    for number in range(32):
        take(f"mapping/Dense{number}/weight", f"mapping.fc{number}.weight", (1, 0), np.transpose)
        take(f"mapping/Dense{number}/bias", f"mapping.fc{number}.bias", (0,), np.asarray)
    take("synthesis/4x4/Const/const", "synthesis.b4.const", (1, 2, 3), lambda x: x[0])
    for level in range(10):
        side = 4 * 2**level
        for old, new in (("Conv", "conv1"), ("Conv0_up", "conv0"), ("Conv1", "conv1"), ("ToRGB", "torgb")):
            before, after = f"synthesis/{side}x{side}/{old}", f"synthesis.b{side}.{new}"
            # Where it doubles, that program turns the kernel round before it uses it.
            turned = _turned if old == "Conv0_up" else _plain
            take(f"{before}/weight", f"{after}.weight", (3, 2, 0, 1), turned)
            take(f"{before}/bias", f"{after}.bias", (0,), np.asarray)
            take(f"{before}/mod_weight", f"{after}.affine.weight", (1, 0), np.transpose)
            take(f"{before}/mod_bias", f"{after}.affine.bias", (0,), lambda x: x + 1)
            take(f"{before}/noise_strength", f"{after}.noise_strength", (), np.asarray)
            if old != "ToRGB":
                noise = f"synthesis/noise{2 * level - 1 if old == 'Conv0_up' else 2 * level}"
                take(noise, f"{after}.noise_const", (2, 3), lambda x: x[0, 0])
    return Parts(found)


def _plain(kernel: Any) -> Any:
    return np.transpose(kernel, (3, 2, 0, 1))


def _turned(kernel: Any) -> Any:
    return np.transpose(kernel[::-1, ::-1], (3, 2, 0, 1))
