"""How much memory a dreamer takes on a CPU: arithmetic on shapes, so that what does not fit is refused at once."""

from __future__ import annotations

import math

from dreamstream.dreamers.ascent.presets import Preset
from dreamstream.networks.vgg.architecture import Architecture
from dreamstream.networks.vgg.convolution import REACH, pays

# JAX with the built-in network, and each pixel of the canvas. Resident memory was 601 MiB at 640x360, 849 MiB at
# 2048x1152 and 2814 MiB at 4096x4096.
ENGINE_BYTES = 600 << 20
BYTES_PER_PIXEL = 140
# A step takes at most so many times the outputs of all convolutions: with VGG-16, resident memory at 1280x720 was 3068
# MiB (vivid) and 3751 MiB (2015).
ACTIVATIONS = 3.0
FLOAT = 4  # bytes; bfloat16 takes about as much on a CPU, which computes in float32 in between


def needed(architecture: Architecture, preset: Preset, size: tuple[int, int]) -> int:
    """Bytes that a dreamer takes on a CPU with such a network, a look and a canvas (width, height).

    The larger of what loading takes (the parameters as read, and as they are used) and what a step takes.
    """
    read = used = 0
    for kernel in architecture.layers().values():
        numbers = math.prod(kernel)
        read += FLOAT * numbers
        used += FLOAT * (2 * REACH * REACH * numbers // 9 if pays(kernel) else numbers)
    activations = int(ACTIVATIONS * _per_pixel(architecture) * _looked_at(architecture, preset, size))
    return ENGINE_BYTES + BYTES_PER_PIXEL * size[0] * size[1] + used + max(read, activations)


def _per_pixel(architecture: Architecture) -> float:
    """Bytes that the outputs of all convolutions take for each pixel that goes in."""
    convolutions = [(name, kernel) for name, kernel in architecture.layers().items() if name.startswith("conv")]
    return sum(FLOAT * kernel[3] * 0.25 ** (int(name[4]) - 1) for name, kernel in convolutions)


def _looked_at(architecture: Architecture, preset: Preset, size: tuple[int, int]) -> float:
    """Pixels that go into the network in one step."""
    mixture = preset.mixture
    pools = mixture.pools if mixture.texture or mixture.focus else ()
    if mixture.features and preset.always:
        pools += mixture.feature_pools
    windows = mixture.windows if mixture.objects else 0
    return windows * architecture.window**2 + sum(size[0] * size[1] / pool**2 for pool in pools)
