"""The layout of rosinality's PyTorch program: state dicts under `g_ema`, `g`, `d`, as its training writes them."""

from __future__ import annotations

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError
from dreamstream.weights.stylegan2.source import Published, Source, Styled, check_filter, check_levels

RATE = 0.01  # of the mapping network's learning, which the file does not tell


def is_such(source: Source) -> bool:
    """Whether these are the names of such a generator."""
    return "style.1.weight" in source and "input.input" in source


def read(source: Source) -> Published:
    """The generator. Raises BadFileError."""
    levels = 1 + source.numbered("to_rgbs.", ".bias")
    check_levels(levels)
    check_filter(source, "convs.0.conv.blur.kernel")
    check_filter(source, "to_rgbs.0.upsample.kernel")
    mapping = []
    for number in range(1, source.numbered("style.", ".weight", first=1) + 1):
        weight = source.array(f"style.{number}.weight", -1, -1)
        bias = source.array(f"style.{number}.bias", len(weight))
        mapping.append((weight * (RATE / weight.shape[1] ** 0.5), bias * RATE))
    names = ["conv1", *(f"convs.{number}" for number in range(2 * levels - 2))]
    if f"convs.{2 * levels - 2}.conv.weight" in source:
        raise BadFileError(f"it has more convolutions than the {2 * levels - 1} of its {levels} sizes")
    grains = []
    for number, name in enumerate(names):
        side = 4 * 2 ** ((number + 1) // 2)
        strength = source.array(f"{name}.noise.weight", 1)
        noise = f"noises.noise_{number}"
        kept = source.array(noise, 1, 1, side, side) if noise in source else np.zeros((1, 1, side, side), np.float32)
        grains.append(strength * kept[0, 0])
    return Published(
        "rosinality's",
        False,
        mapping,
        source.array("input.input", 1, -1, 4, 4)[0],
        [_styled(source, name, 3, f"{name}.activate.bias") for name in names],
        [
            _styled(source, name, 1, f"{name}.bias", 3)
            for name in ("to_rgb1", *(f"to_rgbs.{n}" for n in range(levels - 1)))
        ],
        grains,
    )


def _styled(source: Source, name: str, side: int, bias: str, features: int = -1) -> Styled:
    kernel = source.array(f"{name}.conv.weight", 1, features, -1, side, side)[0]
    made, taken = kernel.shape[:2]
    scale = source.array(f"{name}.conv.modulation.weight", taken, -1)
    return Styled(
        kernel * np.float32(1 / (taken * side**2) ** 0.5),
        scale * np.float32(1 / scale.shape[1] ** 0.5),
        source.array(f"{name}.conv.modulation.bias", taken),
        (source.array(bias, 1, made, 1, 1) if features == 3 else source.array(bias, made)).reshape(-1),
    )
