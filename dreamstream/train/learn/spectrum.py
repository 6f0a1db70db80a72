"""Whether a regular pattern lies over pictures, as generators leave it: lines, dots and squares of one pitch.

What is seen of the world has a spectrum that falls smoothly from coarse to fine; a grid is a peak in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Power = NDArray[np.float64]
COARSEST = 4  # rings below are too few frequencies to say what stands out
LEAST = 1e-6  # power that counts as none: rounding alone leaves more


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Of pictures of H x W pixels, by frequency [H, W // 2 + 1].

    power: the mean of all pictures. over: the same over the mean of its ring, which are the frequencies of one pitch in
    all directions. Those that are coarser than COARSEST are 0; all that are finer than rings are whole, as a
    chess-board's, belong to the last.
    """

    power: Power
    over: Power


def spectrum(pictures: Picture) -> Spectrum:
    """That of pictures uint8 [N, H, W, 3], grey, their edges faded."""
    height, width = pictures.shape[1:3]
    window = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[None, 1:-1]
    power = np.zeros((height, width // 2 + 1))
    for at in range(0, len(pictures), 64):
        grey = pictures[at : at + 64].mean(axis=-1, dtype=np.float64)
        grey = (grey - grey.mean(axis=(1, 2), keepdims=True)) * window
        power += (np.abs(np.fft.rfft2(grey)) ** 2).sum(axis=0) / len(pictures)
    side = min(height, width)
    down, across = np.fft.fftfreq(height, 1 / side), np.fft.rfftfreq(width, 1 / side)
    ring = np.minimum(np.round(np.hypot(down[:, None], across[None])).astype(int), side // 2)
    means = np.bincount(ring.ravel(), power.ravel()) / np.maximum(np.bincount(ring.ravel()), 1)
    return Spectrum(power, np.where(ring >= COARSEST, power / np.maximum(means, LEAST)[ring], 0.0))


def pattern(made: Spectrum, real: Spectrum) -> float:
    """How much more the strongest pattern of made pictures stands out than the same does in real ones.

    Both over its ring and in power itself, whichever is less: what is fainter than the grain of real pictures is not
    seen, and coarse pictures are not blamed for the grain that they lack. 1 is none; a few seconds of the same film,
    which show fewer things, may have 1.6.
    """
    over = made.over / np.maximum(real.over, 1.0)
    return float(np.minimum(over, made.power / np.maximum(real.power, LEAST)).max())
