"""How far the head of the made clip turns in the pictures of a subject: read by a regression taught on true angles.

    python -m benchmarks.cat_angle cat.safetensors

The clip's own generator (`cat_clip`) says how far the head is turned in each frame. A kernel ridge regression on small
grey pictures is taught on the clip's frames outside the held-out seconds, and on single frames of many other seeds,
in each of which turn, nod, tilt, place, nearness and light are other ones; it is tried on the held-out seconds. Then
it reads random pictures of the subject. Of the range of angles in the clip, in twenty parts, those are visited in
which at least LEAST pictures of a thousand fall. As a lower bound the same is said of one frame a thousand times, with
errors as large as the regression's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.cat_clip import FPS, FRAMES, frames, turned
from dreamstream.train.learn.painter import Painter, between
from dreamstream.weights.generators import read_subject

SIDE, PARTS, SAMPLES, LEAST = 16, 20, 1000, 3
EVERY, OTHERS, FIRST_SEED = 3, 3000, 1000  # of the clip every third frame; frames of other seeds
WIDTH, RIDGE = 0.3, 1e-3  # of the kernel, in median squared distances, and what is added to its diagonal
HELD = 5  # every so many-th block of two seconds is held out, as `learn` does

Picture = NDArray[np.uint8]
Numbers = NDArray[np.float64]


def small(pictures: Picture) -> Numbers:
    """Grey, SIDE x SIDE, of one brightness and contrast: [N, SIDE * SIDE]."""
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in pictures]
    shrunk = [cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel() for each in grey]
    flat = np.stack(shrunk).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / (flat.std(axis=1, keepdims=True) + 1e-6))


class Regression:
    """Kernel ridge regression: angles [N] of pictures uint8 [N, S, S, 3]."""

    def __init__(self, pictures: Picture, angles: Numbers) -> None:
        self._known, self._mean = small(pictures), float(angles.mean())
        apart = squared(self._known, self._known)
        self._unit = WIDTH * float(np.median(apart[:: max(1, len(apart) // 200)]))
        kernel = np.exp(-apart / self._unit) + RIDGE * np.eye(len(apart))
        self._shares = np.linalg.solve(kernel, angles - self._mean)

    def __call__(self, pictures: Picture) -> Numbers:
        """The angles that it reads."""
        return np.asarray(np.exp(-squared(small(pictures), self._known) / self._unit) @ self._shares + self._mean)


def squared(one: Numbers, other: Numbers) -> Numbers:
    """Squared distances [N, M] of points [N, D] and [M, D]."""
    return np.asarray(np.maximum((one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T, 0))


def explained(read: Numbers, true: Numbers) -> float:
    """The share of the variance of true values that the read ones explain (R squared)."""
    return float(1 - ((read - true) ** 2).mean() / true.var())


def visited(read: Numbers, low: float, high: float) -> float:
    """The share of PARTS equal parts of a range in which at least LEAST values fall."""
    return float((np.histogram(read, np.linspace(low, high, PARTS + 1))[0] >= LEAST).mean())


def clip(size: int) -> tuple[Picture, Numbers, NDArray[np.bool_]]:
    """Frames of the clip, how far the head is turned in each, and which are of held-out seconds."""
    shown = np.stack([frame for number, frame in enumerate(frames(size)) if number % EVERY == 0])
    block = np.arange(0, FRAMES, EVERY) // (2 * FPS)
    return shown, turned(np.random.default_rng(1), FRAMES)[::EVERY], block % HELD == 2


def others(size: int, count: int = OTHERS) -> tuple[Picture, Numbers]:
    """The first frame of each of so many other clips, and how far the head is turned in it."""
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    shown = np.stack([next(frames(size, 1, seed)) for seed in seeds])
    return shown, np.concatenate([turned(np.random.default_rng(seed), 1) for seed in seeds])


def main() -> None:
    """Read the subject that is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("subject", type=Path, metavar="FILE.safetensors")
    given = parser.parse_args()
    subject = read_subject(given.subject)
    size = subject.shape.size
    shown, angles, held = clip(size)
    more, theirs = others(size)
    read = Regression(np.concatenate([shown[~held], more]), np.concatenate([angles[~held], theirs]))
    heard = read(shown[held])
    wrong = float(((heard - angles[held]) ** 2).mean() ** 0.5)
    print(
        f"R2 on held-out seconds {explained(heard, angles[held]):.2f} (error {wrong:.2f}, range {np.ptp(angles):.2f})."
    )
    painter = Painter(subject.shape)
    latents = painter.latents(SAMPLES) if subject.points is None else between(subject.points, SAMPLES)
    made = read(painter(subject.generator, latents))
    low, high = float(angles.min()), float(angles.max())
    one = float(read(shown[:1])[0]) + np.random.default_rng(0).normal(0, wrong, SAMPLES)
    print(f"Angles in the clip {low:.2f} to {high:.2f}; in {SAMPLES} pictures {made.min():.2f} to {made.max():.2f}.")
    shares = (visited(each, low, high) for each in (read(shown[held]), made, one))
    print("Of the clip's range the held-out frames visit {:.0%}, pictures {:.0%}, one frame {:.0%}.".format(*shares))


if __name__ == "__main__":
    main()
