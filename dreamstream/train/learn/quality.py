"""How good a generator is, in the features of a network (see `features`).

None of the figures tells it alone: ten frames repeated have a perfect distance, another world's pictures a perfect
recall, and a copy of every frame both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from dreamstream.train.learn.features import Features, built_in
from dreamstream.train.learn.spectrum import pattern, spectrum

Picture = NDArray[np.uint8]
NEIGHBOURS = 3
# Pictures nearer to each other than this are one picture, lighter or darker (LSGAN's of docs/cat-gans.md: 0.57). What
# looks like frames (nearer than LOOKS_LIKE) and shows so few of them is a few pictures; what does not has no recall
# either, and may only want more time.
LEAST_SPREAD, LEAST_RECALL, LOOKS_LIKE = 0.6, 0.02, 2.0


@dataclass(frozen=True)
class Figures:
    """What a generator is judged by.

    kid: the kernel distance (Binkowski et al. 2018) of pictures to frames from all of the film, scaled so that the
    ancestor's world is 100. recall: the share of frames with a picture among their neighbours (Kynkäänniemi et al.
    2019). near: mean distance to the nearest taught frame, over that of held-out seconds: 1 is as new as a new frame, 0
    a copy. spread: how far pictures are from each other, over how far frames are. grid: how much more a regular
    pattern stands out in their spectrum than in that of frames (see `spectrum`); 1 is none, from 2 on it may be seen.
    """

    kid: float
    recall: float
    near: float
    spread: float
    grid: float

    @property
    def collapsed(self) -> bool:
        """Whether it makes nearly the same picture, or the same few, whatever it is asked."""
        return self.spread < LEAST_SPREAD or (self.recall < LEAST_RECALL and self.near < LOOKS_LIKE)

    def told(self) -> str:
        """As a person would say them."""
        return (
            f"KID {self.kid:.1f}, recall {self.recall:.2f}, near {self.near:.2f}, spread {self.spread:.2f}, "
            f"grid {self.grid:.1f}"
        )

    def rounded(self) -> dict[str, float]:
        """For a log or a card."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


class Judge:
    """Compares pictures with frames.

    frames: spread evenly over all of the film. taught, held: frames that were taught, and those of held-out seconds.
    world: pictures of another world, whose distance is 100. features: of pictures, from one depth or several, which
    then weigh alike; by default the built-in network's.
    """

    def __init__(
        self,
        frames: Picture,
        taught: Picture,
        held: Picture,
        world: Picture,
        features: Callable[[Picture], list[Features]] = built_in,
    ) -> None:
        self._features = features
        depths = features(frames)
        self._scales = [max(float(np.mean((depth**2).sum(1))), 1e-12) ** -0.5 for depth in depths]
        self._frames = self._scaled(depths)
        self._taught = self._look(taught)
        self._base = _nearest(self._look(held), self._taught)
        self._spread = _spread(self._frames)
        self._spectrum = spectrum(frames)
        self._unit = max(kernel_distance(self._frames, self._look(world)), 1e-9) / 100

    def __call__(self, pictures: Picture) -> Figures:
        """The figures of pictures uint8 [N, S, S, 3]; hundreds of them say something."""
        found = self._look(pictures)
        return Figures(
            kernel_distance(self._frames, found) / self._unit,
            recall(self._frames, found),
            _nearest(found, self._taught) / max(self._base, 1e-9),
            _spread(found) / max(self._spread, 1e-9),
            pattern(spectrum(pictures), self._spectrum),
        )

    def _look(self, pictures: Picture) -> Features:
        return self._scaled(self._features(pictures))

    def _scaled(self, depths: list[Features]) -> Features:
        scaled = [depth * np.float32(scale) for depth, scale in zip(depths, self._scales, strict=True)]
        return np.concatenate(scaled, axis=1)


def distances(one: Features, other: Features) -> Features:
    """Euclidean distances [N, M]."""
    squared = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    found: Features = np.sqrt(np.maximum(squared, 0))
    return found


def kernel_distance(one: Features, other: Features) -> float:
    """The squared maximum mean discrepancy under the cubic kernel (x·y / d + 1)^3, unbiased: 0 for the same source."""
    scale = float(np.mean((one**2).sum(1)))
    a, b = one / scale**0.5, other / scale**0.5

    def kernel(x: Features, y: Features) -> NDArray[np.float64]:
        return np.asarray((x.astype(np.float64) @ y.T.astype(np.float64) + 1) ** 3)

    def within(x: Features) -> float:
        found = kernel(x, x)
        return float((found.sum() - np.trace(found)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2 * float(kernel(a, b).mean())


def recall(frames: Features, pictures: Features) -> float:
    """The share of frames that are nearer to some picture than that picture's third neighbour among pictures is."""
    reach = np.partition(distances(pictures, pictures), NEIGHBOURS, axis=1)[:, NEIGHBOURS]
    return float((distances(frames, pictures) <= reach[None]).any(axis=1).mean())


def _nearest(one: Features, other: Features) -> float:
    return float(distances(one, other).min(axis=1).mean())


def _spread(found: Features) -> float:
    return float(distances(found, found)[np.triu_indices(len(found), 1)].mean())
