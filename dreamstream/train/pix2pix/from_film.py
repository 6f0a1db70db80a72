"""A painter taught on a film's frames: lines that a hand might draw of them, and the frames in one light."""

from __future__ import annotations

from typing import Any

import numpy as np

from dreamstream.networks.pix2pix.unet import CHANNELS, Shape
from dreamstream.networks.vgg.model import Model
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.train.pix2pix.hand import DETECTED, Hand
from dreamstream.train.pix2pix.pairs import Batch, Frames, lines_of, lit_alike, opaque
from dreamstream.train.pix2pix.session import PaintSession
from dreamstream.weights.painters import Painting

MOST_HELD = 96  # frames that are judged by


def session_of(
    footage: Footage,
    plan: Plan,
    folder: RunFolder,
    network: Model,
    start: Painting | None = None,
    *,
    name: str = "painter",
    said: dict[str, Any] | None = None,
    seed: int = 0,
) -> PaintSession:
    """A training on footage. start: a painter to begin with. The rest as `PaintSession` takes it."""
    size = footage.frames.shape[1]
    taught = lit_alike(footage.taught, footage.taught, evenly=not footage.seconds)
    shape = start.shape if start is not None else Shape(size, 1, CHANNELS[size], smooth=True)
    counts = {"taught": len(footage.taught), "held out": len(footage.judged)}
    return PaintSession(
        Frames(taught, seed),
        held_of(footage),
        plan,
        folder,
        shape,
        network,
        start=start,
        name=name,
        said={**(said or {}), "frames": counts},
        seed=seed,
    )


def held_of(footage: Footage, hand: Hand = DETECTED, most: int = MOST_HELD) -> Batch:
    """Frames of held-out seconds in the light of the taught ones, and their lines by this hand."""
    judged = footage.judged
    chosen = judged[np.linspace(0, len(judged) - 1, min(most, len(judged))).astype(int)]
    frames = lit_alike(chosen, footage.taught, evenly=not footage.seconds)
    rng = np.random.default_rng(0)
    lines = np.stack([lines_of(frame, hand, rng) for frame in frames])
    return lines, np.zeros(len(frames), np.int32), opaque(frames)
