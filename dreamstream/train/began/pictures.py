"""What a BEGAN learns from: drawings, turned and scaled on white and coloured grounds, or the frames of a film. Seeded.

A batch is uint8 [count, S, S, 3] RGB, always the same for its number.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
# Of a drawing: degrees and share of the side (standard deviations), and its own share of the side, from and to.
TURNED, MOVED, SCALED = 4.0, 0.01, (0.85, 0.95)
WHITE = 0.5  # share of grounds that are white
SATURATION, VALUE = (0.3, 0.75), (0.75, 0.95)  # of those that are coloured
STAMP = 96  # drawings are kept at this side


class Frames:
    """Frames uint8 [N, S, S, 3] at random, as they are."""

    def __init__(self, frames: Picture, seed: int = 0) -> None:
        self._frames, self._seed = frames, seed

    def batch(self, count: int, number: int) -> Picture:
        """Batch `number` of `count` pictures."""
        rng = np.random.default_rng([self._seed, number])
        return np.asarray(self._frames[rng.integers(len(self._frames), size=count)])


class Drawings:
    """Drawings uint8 [side, side, 4], straight alpha, at random: mirrored, turned, scaled, moved, each on a ground."""

    def __init__(self, drawings: Sequence[Picture], size: int = 64, seed: int = 0) -> None:
        self.size, self._seed = size, seed
        self._stamps = [_stamp(drawing) for drawing in drawings]

    def batch(self, count: int, number: int) -> Picture:
        """Batch `number` of `count` pictures."""
        rng = np.random.default_rng([self._seed, number])
        chosen = rng.integers(len(self._stamps), size=count)
        return np.stack([self._placed(self._stamps[each], rng) for each in chosen])

    def __len__(self) -> int:
        """How many drawings there are."""
        return len(self._stamps)

    def views(self, count: int) -> Picture:
        """`count` random views of each drawing, uint8 [N, count, S, S, 3]."""
        rng = np.random.default_rng(self._seed)
        return np.stack([np.stack([self._placed(stamp, rng) for _ in range(count)]) for stamp in self._stamps])

    def plain(self) -> Picture:
        """Each drawing once, upright on white, uint8 [N, S, S, 3]."""
        middle = (self.size - 1) / 2
        scale = self.size * sum(SCALED) / 2 / STAMP
        shift = middle - scale * (STAMP - 1) / 2
        matrix = np.array([[scale, 0, shift], [0, scale, shift]])
        return np.stack([_on(self._warped(each, matrix), np.full(3, 255.0)) for each in self._stamps])

    def _placed(self, stamp: NDArray[np.float32], rng: np.random.Generator) -> Picture:
        matrix = _placing(rng, STAMP, self.size, SCALED)
        ground = np.full(3, 255.0)
        if rng.random() >= WHITE:
            ground = 255 * np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(*SATURATION), rng.uniform(*VALUE)))
        return _on(self._warped(stamp, matrix), ground)

    def _warped(self, stamp: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        size = (self.size, self.size)
        return np.asarray(cv2.warpAffine(stamp, matrix, size, flags=cv2.INTER_LINEAR), np.float32)


def _placing(rng: np.random.Generator, side: int, size: int, scaled: tuple[float, float]) -> NDArray[np.float64]:
    """A random way [2, 3] of a square of `side` into a picture of `size`."""
    angle, scale = np.radians(rng.normal(0, TURNED)), rng.uniform(*scaled) * size / side
    mirrored = rng.choice([-1, 1])
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[c * mirrored, -s], [s * mirrored, c]])
    centre = (size - 1) / 2 + rng.normal(0, MOVED * size, 2)
    return np.column_stack([linear, centre - linear @ np.full(2, (side - 1) / 2)])


def _stamp(drawing: Picture) -> NDArray[np.float32]:
    """Premultiplied float32 [STAMP, STAMP, 4], 0 to 255."""
    flat = drawing.astype(np.float32)
    flat[..., :3] *= flat[..., 3:] / 255
    return np.asarray(cv2.resize(flat, (STAMP, STAMP), interpolation=cv2.INTER_AREA), np.float32)


def _on(flat: NDArray[np.float32], ground: NDArray[np.float64]) -> Picture:
    shown = flat[..., :3] + ground * (1 - flat[..., 3:] / 255)
    return np.asarray(np.clip(shown + 0.5, 0, 255), np.uint8)


class Turned:
    """Pictures uint8 [N, S, S, 3] at random: mirrored, turned, scaled, moved, each edge going on beyond itself."""

    def __init__(self, pictures: Picture, seed: int = 0) -> None:
        self._pictures, self._seed = pictures, seed

    def batch(self, count: int, number: int) -> Picture:
        """Batch `number` of `count` pictures."""
        rng = np.random.default_rng([self._seed, number])
        chosen = rng.integers(len(self._pictures), size=count)
        return np.stack([self._turned(self._pictures[each], rng) for each in chosen])

    def _turned(self, picture: Picture, rng: np.random.Generator) -> Picture:
        side = len(picture)
        matrix = _placing(rng, side, side, SCALED)
        warped = cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, np.uint8)
