"""Training pictures: one emoji, strongly varied, over strongly varied backgrounds. NumPy and OpenCV, seeded.

Pictures are float32 [N, S, S, 3], RGB in [0, 1]; labels int32 [N].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
STAMP = 80  # sprites are kept at this side: at most doubled or halved when placed, so bilinear sampling does not alias
BACKGROUNDS = 1536  # kept ready; each is used with a random crop, flip and turn


def _coloured_noise(rng: np.random.Generator, size: int) -> Pixels:
    """Smooth noise with a random spectral slope, tinted by a random colour mixture."""
    slope = rng.uniform(0.6, 2.2)
    fx, fy = np.meshgrid(np.fft.rfftfreq(size), np.fft.fftfreq(size))
    spectrum = (
        rng.normal(size=(3, size, size // 2 + 1)) + 1j * rng.normal(size=(3, size, size // 2 + 1))
    ) / np.maximum(np.hypot(fx, fy), 1 / size) ** slope
    noise = np.fft.irfft2(spectrum, s=(size, size)).transpose(1, 2, 0)
    noise /= noise.std() + 1e-9
    mixture = rng.normal(size=(3, 3)) * rng.uniform(0.3, 1.0) + np.eye(3)
    picture = rng.uniform(0.2, 0.8, 3) + rng.uniform(0.05, 0.3) * noise @ mixture
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def _gradient(rng: np.random.Generator, size: int) -> Pixels:
    """A plain colour or a linear gradient between two."""
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    t = np.clip((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(0, 1.6) + 0.5, 0, 1)[..., None]
    return np.asarray(rng.uniform(0, 1, 3) * t + rng.uniform(0, 1, 3) * (1 - t), np.float32)


def photographs() -> list[Pixels]:
    """The colour photographs that scikit-image carries in its own wheel, at most 512 pixels a side."""
    from skimage import data

    found = []
    for name in ("astronaut", "coffee", "chelsea", "rocket", "hubble_deep_field", "immunohistochemistry", "retina"):
        try:
            picture = getattr(data, name)()
        except Exception:  # not every version carries every picture, and none may be fetched
            continue
        if picture.ndim == 3:
            scale = 512 / max(picture.shape[:2])
            small = cv2.resize(picture[..., :3], None, fx=min(1, scale), fy=min(1, scale), interpolation=cv2.INTER_AREA)
            found.append(small.astype(np.float32) / 255)
    return found


def stamp(sprite: NDArray[np.uint8]) -> Pixels:
    """A straight-alpha uint8 sprite as premultiplied float32 [STAMP, STAMP, 4]."""
    rgba = sprite.astype(np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    return np.asarray(cv2.resize(rgba, (STAMP, STAMP), interpolation=cv2.INTER_AREA), np.float32)


@dataclass
class Scenes:
    """Makes batches from sprites by style and class.

    sprites[style][class name] is a list of uint8 RGBA sprites; shares[style] is how often a style is drawn.
    backgrounds: how many are kept ready.
    """

    names: Sequence[str]
    sprites: Mapping[str, Mapping[str, Sequence[NDArray[np.uint8]]]]
    shares: Mapping[str, float]
    size: int = 64
    seed: int = 0
    backgrounds: int = BACKGROUNDS
    _stamps: dict[str, dict[str, list[Pixels]]] = field(init=False, repr=False)
    _bank: list[Pixels] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._stamps = {
            style: {name: [stamp(sprite) for sprite in group] for name, group in by_name.items()}
            for style, by_name in self.sprites.items()
        }
        rng = np.random.default_rng([self.seed, 1])
        photos = photographs()
        self._bank = [self._background(rng, photos) for _ in range(self.backgrounds)]

    def _background(self, rng: np.random.Generator, photos: Sequence[Pixels]) -> Pixels:
        size = self.size * 3 // 2
        kind = rng.random()
        if kind < 0.35 or (kind < 0.6 and not photos):
            return _coloured_noise(rng, size)
        if kind < 0.6:
            photo = photos[int(rng.integers(len(photos)))]
            side = int(rng.uniform(0.25, 0.9) * min(photo.shape[:2]))
            top = rng.integers(photo.shape[0] - side + 1)
            left = rng.integers(photo.shape[1] - side + 1)
            return np.asarray(
                cv2.resize(photo[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)
            )
        if kind < 0.75:
            return _gradient(rng, size)
        picture = _coloured_noise(rng, size) if rng.random() < 0.5 else _gradient(rng, size)
        for _ in range(rng.integers(3, 9)):  # fragments of other things: parts alone must not decide
            picture = self._place(
                rng, picture, self._any_stamp(rng), rng.uniform(0.3, 1.6) * self.size, rng.uniform(0, size, 2)
            )
        if rng.random() < 0.5:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4)), np.float32)
        return picture

    def _any_stamp(self, rng: np.random.Generator) -> Pixels:
        by_name = self._stamps[self._style(rng)]
        group = by_name[self.names[int(rng.integers(len(self.names)))]]
        return group[int(rng.integers(len(group)))]

    def _style(self, rng: np.random.Generator) -> str:
        styles = list(self.shares)
        weights = np.array([self.shares[style] for style in styles])
        return styles[rng.choice(len(styles), p=weights / weights.sum())]

    def _place(
        self, rng: np.random.Generator, picture: Pixels, sprite: Pixels, side: float, centre: NDArray[np.float64]
    ) -> Pixels:
        angle, flip = np.radians(rng.normal(0, 11)), rng.choice([-1, 1])
        stretch = np.exp(rng.normal(0, 0.07))
        scale = side / STAMP
        c, s = np.cos(angle) * scale, np.sin(angle) * scale
        linear = np.array([[c * flip * stretch, -s / stretch], [s * flip * stretch, c / stretch]])
        shift = centre - linear @ np.full(2, (STAMP - 1) / 2)
        placed = cv2.warpAffine(sprite, np.column_stack([linear, shift]), picture.shape[1::-1], flags=cv2.INTER_LINEAR)
        colour, alpha = placed[..., :3], placed[..., 3:]
        mixture = np.eye(3) + rng.normal(0, 0.06, (3, 3))
        grey = rng.uniform(-0.1, 0.25)  # towards grey, or a little more colourful
        mixture = (mixture * (1 - grey) + grey / 3) * rng.uniform(0.75, 1.15)
        tinted: Pixels = colour @ mixture.astype(np.float32).T + alpha * np.float32(rng.normal(0, 0.05))
        return np.clip(tinted + picture * (1 - alpha), 0, 1).astype(np.float32)

    def batch(self, count: int, key: Sequence[int]) -> tuple[Pixels, NDArray[np.int32]]:
        """`count` pictures and their labels; the same key gives the same batch, whatever was asked before."""
        rng = np.random.default_rng([self.seed, 2, *key])
        labels = rng.integers(len(self.names), size=count).astype(np.int32)
        pictures = np.empty((count, self.size, self.size, 3), np.float32)
        for index, label in enumerate(labels):
            pictures[index] = self._picture(rng, self.names[label])
        return pictures, labels

    def _picture(self, rng: np.random.Generator, name: str) -> Pixels:
        background = self._bank[rng.integers(len(self._bank))]
        top, left = rng.integers(background.shape[0] - self.size + 1, size=2)
        picture = background[top : top + self.size, left : left + self.size]
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        if rng.random() < 0.3:
            picture = picture[::-1]
        group = self._stamps[self._style(rng)][name]
        side = self.size * rng.uniform(0.58, 1.12)
        slack = 0.09 * self.size + max(0.0, (self.size - side) / 3)
        centre = (self.size - 1) / 2 + rng.uniform(-slack, slack, 2)
        picture = self._place(rng, np.ascontiguousarray(picture), group[int(rng.integers(len(group)))], side, centre)
        if rng.random() < 0.3:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.1)), np.float32)
        if rng.random() < 0.4:
            picture = picture + rng.normal(0, rng.uniform(0.01, 0.06), picture.shape).astype(np.float32)
        return np.asarray(np.clip(picture, 0, 1), np.float32)
