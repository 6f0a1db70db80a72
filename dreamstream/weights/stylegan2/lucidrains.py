"""The layout of lucidrains' PyTorch program: one state dict under `GAN`, with averaged networks `SE` and `GE`."""

from __future__ import annotations

import numpy as np

from dreamstream.weights.readers.mapped import BadFileError
from dreamstream.weights.stylegan2.source import Array, Published, Source, Styled, check_levels

RATE = 0.1  # of the mapping network's learning, where no configuration lies beside the file
GAIN = np.float32(2**0.5)  # of this project's leaky ReLU, which theirs lacks
MEAN_NOISE = 0.5  # of the noise, which is uniform in [0, 1]


def is_such(source: Source) -> bool:
    """Whether these are the names of such a generator."""
    return "SE.net.0.weight" in source and any(name.startswith("GE.blocks.0.") for name in source.names())


def read(source: Source, rate: float = RATE) -> Published:
    """The generator; its noise stands at its mean. rate: of the mapping network's learning. Raises BadFileError."""
    if any(name.startswith("GE.attns.") for name in source.names()):
        raise BadFileError("it has attention layers, which are not read here")
    if "GE.initial_block" not in source or "GE.initial_conv.weight" not in source:
        raise BadFileError(
            "it has no constant with a convolution after it, as files of early versions and of --no-const have none"
        )
    levels = source.numbered("GE.blocks.", ".conv1.weight")
    check_levels(levels)
    mapping = []
    for number in range(source.numbered("SE.net.", ".weight", step=2)):
        weight = source.array(f"SE.net.{2 * number}.weight", -1, -1)
        bias = source.array(f"SE.net.{2 * number}.bias", len(weight))
        # Vectors of length 1 go in there, and of mean square 1 here.
        length = 1.0 if number else weight.shape[1] ** 0.5
        mapping.append((weight * np.float32(rate / GAIN / length), bias * np.float32(rate / GAIN)))
    # The constant and the convolution after it do not depend on the latent: they are one constant.
    constant = source.array("GE.initial_block", 1, -1, 4, 4)[0]
    count = len(constant)
    kernel = source.array("GE.initial_conv.weight", count, count, 3, 3)
    constant = convolved(constant, kernel) + source.array("GE.initial_conv.bias", count)[:, None, None]
    convolutions: list[Styled] = []
    pictures: list[Styled] = []
    for level in range(levels):
        name = f"GE.blocks.{level}"
        for each in (1, 2):
            made = source.shape(f"{name}.conv{each}.weight")[:1] or (0,)
            noise = source.array(f"{name}.to_noise{each}.weight", made[0], 1)[:, 0]
            bias = source.array(f"{name}.to_noise{each}.bias", made[0]) + MEAN_NOISE * noise
            # What has gone through n activations is greater by GAIN to the n-th here.
            styled = _styled(source, f"{name}.conv{each}", f"{name}.to_style{each}", 3)
            convolutions.append(_with(styled, bias * GAIN ** len(convolutions)))
        if source.shape(f"{name}.to_rgb.conv.weight")[:1] != (3,):
            raise BadFileError("its pictures are transparent, which is not possible here")
        picture = _styled(source, f"{name}.to_rgb.conv", f"{name}.to_rgb.to_style", 1)
        # Of pictures in [0, 1] those in [-1, 1].
        ground = np.full(3, -1.0 if level == levels - 1 else 0.0, np.float32)
        kernel = picture.kernel * np.float32(2 / GAIN ** len(convolutions))
        pictures.append(Styled(kernel, picture.scale, picture.scale_bias, ground))
    return Published("lucidrains'", True, mapping, constant, convolutions, pictures)


def convolved(picture: Array, kernel: Array) -> Array:
    """A picture [C, H, W] by a kernel [D, C, 3, 3], same size."""
    wide = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))
    return np.asarray(np.einsum("chwij,dcij->dhw", windows, kernel, optimize=True), np.float32)


def _styled(source: Source, name: str, style: str, side: int) -> Styled:
    kernel = source.array(f"{name}.weight", -1, -1, side, side)
    taken = kernel.shape[1]
    scale = source.array(f"{style}.weight", taken, -1)
    return Styled(kernel, scale, source.array(f"{style}.bias", taken) + 1, np.zeros(len(kernel), np.float32))


def _with(styled: Styled, bias: Array) -> Styled:
    return Styled(styled.kernel, styled.scale, styled.scale_bias, bias)
