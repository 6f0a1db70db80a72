"""The finish: what is done to a dream for the eye alone, between dreamer and tweener. Nothing of it is ever fed back.

A dream has soft edges: a network that looks at windows of 64 pixels asks for no others. The finish brings the dream to
the video's size and draws its edges together by moving colours, never by changing them: each pixel shows a point a
little further from the nearest edge. Such a warp makes no halos, and leaves flat parts and soft light as they are.

An edge is as wide as its thing is large: the network looks at each in the same few pixels, however many of the canvas
it fills. So all lengths grow with the picture, and on a large one the first warp is found on a smaller picture of it.

The displacement is -strength * grad log(edge strength + floor), softly limited; about an edge whose profile of strength
is Gaussian with standard deviation s it narrows the edge by 1 + strength / s^2. Warping towards the ridges of the edge
strength: Arad & Gotsman 1999, "Enhancement by Image-Dependent Warping".

Pictures are uint8 [H, W, 3] RGB; sizes are (width, height). Plain OpenCV: a dream's finish is the same on any CPU.
`dreamstream.dreamers.crisp` does the same on an accelerator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Finishing

# A dream is enlarged by at most so much here; the tweener does what is left.
MOST_SCALE = 4.0

Plane = NDArray[np.float32]
Warp = Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.uint8]]


class Pass(NamedTuple):
    """One warp. Lengths are in pixels of the picture that the pass looks at.

    strength: of the pull, in square pixels. smooth: of the picture before its edges are sought. spread: of the edge
    strength, so that an edge pulls from its whole width; much of it draws small spots together until they are gone.
    floor: edge strength, per pixel in the range 0 to 1, below which there is no pull. limit: the longest displacement.
    """

    strength: float
    smooth: float
    spread: float
    floor: float
    limit: float

    def at(self, scale: float) -> Pass:
        """The same pass for a picture `scale` times as large."""
        strength, smooth, spread = self.strength * scale * scale, self.smooth * scale, self.spread * scale
        return Pass(strength, smooth, spread, self.floor / scale, self.limit * scale)


# The first enlarges the dream, the others look at what has come of it. For one of so many rows; edges of smaller ones
# are no narrower than theirs, as counted in pixels.
FIRST, FIRST_ROWS = Pass(strength=10.0, smooth=1.2, spread=1.2, floor=0.008, limit=4.0), 240
LATER, LATER_ROWS = (Pass(5.0, 0.6, 1.0, 0.034, 2.5), Pass(1.25, 0.4, 0.7, 0.068, 1.5)), 300


class Way(NamedTuple):
    """How a picture is made crisp.

    shrunk: the first pass looks at the picture made so many times smaller. first: for that smaller picture. later: for
    what has come of it.
    """

    shrunk: int
    first: Pass
    later: tuple[Pass, ...]


def way(shape: tuple[int, ...], rows: int) -> Way:
    """How a dream of `shape` (rows, columns, ...) is made crisp at so many rows."""
    shrunk = max(1, shape[0] // FIRST_ROWS)
    while shape[0] % shrunk or shape[1] % shrunk:
        shrunk -= 1
    later = tuple(each.at(rows / min(shape[0], LATER_ROWS)) for each in LATER)
    return Way(shrunk, FIRST.at(max(1, shape[0] / shrunk / FIRST_ROWS)), later)


class Finish:
    """Brings dreams of any size to the height of a video of (width, height), with crisp edges.

    A dream that is larger than the video stays as it is: the tweener makes it smaller, which is crisp enough.
    how: "plain" leaves every dream as it is. warp: what makes a picture crisp at another size; `crisp`, or its like.
    """

    def __init__(self, size: tuple[int, int], how: Finishing = "crisp", warp: Warp | None = None) -> None:
        self._size, self._how, self._warp = size, how, warp or crisp

    def by(self, warp: Warp) -> Finish:
        """The same finish by another way to make a picture crisp."""
        return Finish(self._size, self._how, warp)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The finished picture, which shows the same scene; its sides are even, its width follows from the dream's."""
        height, width = picture.shape[:2]
        scale = min(self._size[1] / height, MOST_SCALE)
        if scale < 1 or self._how == "plain":
            return picture
        return self._warp(picture, (2 * round(width * scale / 2), 2 * round(height * scale / 2)))


def crisp(picture: NDArray[np.uint8], size: tuple[int, int], by: Way | None = None) -> NDArray[np.uint8]:
    """The picture at another size, (width, height), with its edges drawn together; the same scene fills both.

    by: None for what suits a dream of its size.
    """
    by = by or way(picture.shape, size[1])
    across, down = _pull(picture, by.first, by.shrunk)
    if across.shape != size[::-1]:
        across, down = (np.asarray(cv2.resize(plane, size), np.float32) for plane in (across, down))
    picture = _moved(picture, size, across, down, cv2.INTER_CUBIC)
    for each in by.later:
        picture = _moved(picture, size, *_pull(picture, each), cv2.INTER_LINEAR)
    return picture


def _pull(picture: NDArray[np.uint8], how: Pass, shrunk: int = 1) -> tuple[Plane, Plane]:
    """How far from each pixel its new colour is to be taken, to the right and down, in pixels: two planes [H, W].

    shrunk: the planes are found on the picture made so many times smaller, and have its size.
    """
    light = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) * np.float32(1 / 255)
    if shrunk > 1:
        smaller = light.shape[1] // shrunk, light.shape[0] // shrunk
        light = np.asarray(cv2.resize(light, smaller, interpolation=cv2.INTER_AREA), np.float32)
    edges = _blurred(cv2.magnitude(*_gradient(_blurred(light, how.smooth))), how.spread)
    across, down = _gradient(cv2.log(edges + np.float32(how.floor)), -how.strength)
    length = cv2.magnitude(across, down)
    # Cheaper than tanh, and as smooth.
    share = shrunk / np.sqrt(1 + np.square(length * np.float32(1 / how.limit)))
    return across * share, down * share


def _blurred(plane: Any, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def _gradient(plane: Any, factor: float = 1.0) -> tuple[Plane, Plane]:
    """`factor` times the derivatives to the right and down, per pixel."""
    across, down = (cv2.Scharr(plane, -1, dx, 1 - dx, scale=factor / 32) for dx in (1, 0))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _moved(
    picture: NDArray[np.uint8], size: tuple[int, int], across: Plane, down: Plane, method: int
) -> NDArray[np.uint8]:
    """The picture at `size`, each pixel taken from a place that is moved by so many of the picture's own pixels."""
    x, y = _places((picture.shape[1], picture.shape[0]), size)
    found = cv2.remap(picture, x + across, y + down, method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.uint8)


@lru_cache(maxsize=4)
def _places(source: tuple[int, int], target: tuple[int, int]) -> tuple[Plane, Plane]:
    """For each column and row of the target [1, W], [H, 1]: where in the source it lies. Pixel centres are whole."""
    x, y = (
        (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new) - np.float32(0.5)
        for old, new in zip(source, target, strict=True)
    )
    return x[None], y[:, None]
