"""A BEGAN taught on frames of a film, or on a folder of drawings, which are turned and scaled where they are few."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dreamstream.networks.began.networks import CHANNELS, Shape
from dreamstream.train.began.pictures import Frames, Turned
from dreamstream.train.began.session import BeganSession
from dreamstream.train.began.trainer import BeganRecipe
from dreamstream.train.learn.footage import Footage
from dreamstream.train.learn.judging import compared
from dreamstream.train.learn.plan import Plan
from dreamstream.train.learn.run_folder import RunFolder
from dreamstream.weights.generators import Subject

FEW = 500  # pictures of a folder; fewer are learned as they are, and nothing else
COMPARED_EACH = 8  # of few pictures: turned and scaled so often to be compared with


def session_of(
    footage: Footage,
    plan: Plan,
    folder: RunFolder,
    world: Subject,
    start: Subject | None = None,
    *,
    name: str = "subject",
    said: dict[str, Any] | None = None,
    seed: int = 0,
    latent: int | None = None,
) -> BeganSession:
    """A training on footage. start: a BEGAN to begin with. latent: how many numbers its latents have, without one.

    The rest as `BeganSession` takes it.
    """
    pictures: Frames | Turned
    if footage.seconds or len(footage.frames) >= FEW:
        pictures = Frames(footage.taught, seed)
        shown = compared(footage)
    else:
        pictures = Turned(footage.taught, seed)
        parts = (footage.frames, footage.taught, footage.judged)
        shown = [Turned(part, seed + 7).batch(COMPARED_EACH * len(part), 0) for part in parts]
    size = footage.frames.shape[1]
    begun = replace(Shape(), channels=CHANNELS[size], latent=latent or Shape().latent)
    shape = start.shape if start is not None else begun
    assert isinstance(shape, Shape)
    recipe = BeganRecipe(shape=shape, seed=seed)
    return BeganSession(pictures, shown, plan, folder, recipe, world, start, name=name, said=said)
