"""What training pictures are made of: emoji as stamps, and a bank of strongly varied backgrounds. Seeded.

Pictures are float32 [N, S, S, 3], RGB in [0, 1]; labels int32 [N]. See `compose` for how they are put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import cv2
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dreamstream.train.compose import Stock, compose

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


class Scenes:
    """Makes batches of pictures from sprites by style and class.

    sprites[style][class name] is a list of uint8 RGBA sprites; a style may leave classes out, but every class needs
    one. shares[style] is how often a style is drawn, among those that draw the class. size: side of the pictures.
    backgrounds: how many are kept ready.
    """

    def __init__(
        self,
        names: Sequence[str],
        sprites: Mapping[str, Mapping[str, Sequence[NDArray[np.uint8]]]],
        shares: Mapping[str, float],
        size: int = 64,
        seed: int = 0,
        backgrounds: int = BACKGROUNDS,
    ) -> None:
        self.names, self.size, self._seed = tuple(names), size, seed
        stamps: list[Pixels] = []
        self._choices: list[list[int]] = []  # of each class: its stamps
        self._odds: list[list[float]] = []  # and how often each is drawn
        for name in self.names:
            drawn = {style: sprites[style][name] for style in shares if name in sprites[style]}
            total = sum(shares[style] for style in drawn)
            self._choices.append([])
            self._odds.append([])
            for style, group in drawn.items():
                for sprite in group:
                    self._choices[-1].append(len(stamps))
                    self._odds[-1].append(shares[style] / total / len(group))
                    stamps.append(stamp(sprite))
        self._stamps = stamps
        rng = np.random.default_rng([seed, 1])
        photos = photographs()
        bank = [self._background(rng, photos) for _ in range(backgrounds)]
        widest = max(map(len, self._choices))
        choices = [[*group, *[0] * (widest - len(group))] for group in self._choices]
        odds = [[*np.log(group), *[-np.inf] * (widest - len(group))] for group in self._odds]
        self.stock = Stock(
            jnp.asarray(_bytes(stamps)),
            jnp.asarray(choices, jnp.int32),
            jnp.asarray(odds, jnp.float32),
            jnp.asarray(_bytes(bank)),
        )
        self._compose = jax.jit(partial(compose, size=size), static_argnames="count")

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
        label = int(rng.integers(len(self.names)))
        index: int = rng.choice(self._choices[label], p=self._odds[label])
        return self._stamps[index]

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
        random = jax.random.key(self._seed)
        for number in key:
            random = jax.random.fold_in(random, number)
        pictures, labels = self._compose(self.stock, random, count=count)
        return np.asarray(pictures), np.asarray(labels)


def _bytes(pictures: Sequence[Pixels]) -> NDArray[np.uint8]:
    return np.stack([np.round(picture * 255).astype(np.uint8) for picture in pictures])
