"""What a generator of drawings knows: how many of them it makes, and whether sums of its latents mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dreamstream.train.began.pictures import Drawings
from dreamstream.train.learn.features import built_in
from dreamstream.train.learn.painter import Painter
from dreamstream.train.learn.quality import distances
from dreamstream.weights.generators import Subject

Picture = NDArray[np.uint8]
SAMPLES, VIEWS, PAIRS = 1000, 16, 200
WHITE = 225  # a ground whose darkest channel is lighter is white
EDGE = 3  # pixels of the corners that show a ground


def told(subject: Subject, drawings: Drawings) -> str:
    """Both, as a person would say them."""
    known, right = known_drawings(subject, drawings), right_grounds(subject)
    return (
        f"Of {SAMPLES} samples, {known} of {len(drawings)} drawings are some sample's nearest; white minus coloured "
        f"ground whitens {100 * right:.0f} % of {PAIRS} coloured pictures."
    )


def known_drawings(subject: Subject, drawings: Drawings) -> int:
    """How many drawings are the nearest of some sample, in features of the built-in network.

    A sample is compared with VIEWS views of each drawing, so that neither ground nor turn decides.
    """
    painter = Painter(subject.shape)
    samples = painter(subject.generator, painter.latents(SAMPLES, 21))
    views = drawings.views(VIEWS)
    depths = zip(built_in(samples), built_in(views.reshape(-1, *views.shape[2:])), strict=True)
    apart = sum((distances(one, other) ** 2 / np.mean(other**2) for one, other in depths), np.zeros(()))
    return len(np.unique(apart.argmin(axis=1) // VIEWS))


def right_grounds(subject: Subject) -> float:
    """The share of coloured pictures of which latent + white - coloured makes a whiter one.

    White and coloured are the mean latents of samples with such grounds, others than those that are moved.
    """
    painter = Painter(subject.shape)
    latents = painter.latents(2 * SAMPLES, 22)
    grounds = ground(painter(subject.generator, latents))
    known, tried = grounds[:SAMPLES], grounds[SAMPLES:]
    if not (known >= WHITE).any() or (known >= WHITE).all():
        return 0.0
    way = latents[:SAMPLES][known >= WHITE].mean(0) - latents[:SAMPLES][known < WHITE].mean(0)
    chosen = np.flatnonzero(tried < WHITE)[:PAIRS]
    moved = latents[SAMPLES:][chosen] + way
    return float((ground(painter(subject.generator, moved)) > tried[chosen]).mean()) if len(chosen) else 0.0


def ground(pictures: Picture) -> NDArray[np.float64]:
    """How white the grounds of pictures uint8 [N, S, S, 3] are, 0 to 255: the darkest channel of their corners."""
    corners = [pictures[:, y, x] for y in (slice(EDGE), slice(-EDGE, None)) for x in (slice(EDGE), slice(-EDGE, None))]
    shown = np.concatenate([corner.reshape(len(pictures), -1, 3) for corner in corners], axis=1)
    return np.asarray(np.median(shown, axis=1).min(axis=1), np.float64)
