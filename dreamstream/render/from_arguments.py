"""What `dreamstream render`, `image` and `gallery` share: a dreamer and what it is to dream, from the arguments.

Everything that can be known before the dreamer is opened is checked before.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import SMALLEST, check_controls, within
from dreamstream.core.card import Card, Finishing
from dreamstream.core.dreamer import Dreamer, DreamerRequest, Effort
from dreamstream.core.programme import PICTURED, Programme
from dreamstream.dreamers import registry
from dreamstream.dreamers.finishing import where_dreams_are_made
from dreamstream.support import machine
from dreamstream.support.pictures import load_photo
from dreamstream.video.finish import Finish
from dreamstream.wishes import sentence
from dreamstream.wishes.vocabulary import Vocabulary

# Dreams come at this distance, in seconds of the video.
INTERVAL = 0.4
MOST_STEPS = 500  # of one dream


def request_of(args: argparse.Namespace, size: tuple[int, int], photo: NDArray[np.uint8] | None) -> DreamerRequest:
    """The dreamer that the arguments ask for, with a photograph to begin with."""
    return DreamerRequest(
        args.model,
        size,
        seed=args.seed,
        preset=args.preset,
        start=photo,
        dtype=args.dtype,
        devices=args.devices,
        subject=args.subject,
    )


def programme_of(text: str, card: Card, seed: int, mask: Path | None = None) -> Programme:
    """What is to be dreamed, every wish under the mask if there is one. Raises UsageError."""
    programme = sentence.programme_of(text, Vocabulary.of(card.words), seed)
    card.check_wishes(programme)
    return Programme(tuple(replace(wish, mask=str(mask or "")) for wish in programme.wishes))


def effort_of(steps: int | None, card: Card) -> Effort:
    """The effort of each dream: so many steps, or the dreamer's usual amount at this pace. Raises UsageError."""
    if steps is None:
        return Effort(interval=INTERVAL)
    card.check_cost("steps")
    return Effort(cost={"steps": int(within("steps", steps, 1, MOST_STEPS))})


def interval_of(card: Card, fps: int) -> float:
    """Seconds from dream to dream: of a frame, where nothing is made between two dreams."""
    return 1 / fps if card.between == "none" else INTERVAL


def finish_of(how: str, card: Card, size: tuple[int, int], photo: bool = False) -> Finish:
    """What is done to the dreams: "crisp", "plain", or "auto": what suits them, but a photograph stays one."""
    suits: Finishing = "plain" if photo else card.finish
    chosen: Finishing = suits if how == "auto" else "crisp" if how == "crisp" else "plain"
    return where_dreams_are_made(Finish(size, chosen))


def canvas_of(args: argparse.Namespace, size: tuple[int, int]) -> tuple[int, int]:
    """The canvas to be dreamed for a picture of this size: --dream-size, else what the show would take."""
    return args.dream_size or machine.canvas_size(*size, SMALLEST)


def first_effort(card: Card) -> Effort:
    """The effort of the first dream from a photograph: as little as there is."""
    return Effort(cost={"steps": 1}) if "steps" in card.cost else Effort(interval=INTERVAL, change=0.0)


def sources(args: argparse.Namespace) -> list[Path]:
    """The files that a picture is made from, which are never written over."""
    return [path for path in (args.photo, args.mask) if path is not None]


def open_dreamer(
    args: argparse.Namespace,
    card: Card,
    request: DreamerRequest,
    programme: Programme,
    controls: Mapping[str, float] | None = None,
) -> Dreamer:
    """The dreamer, with the pictures that the programme speaks of, and its controls as `controls` and --set say.

    Raises UserError.
    """
    turned = {**(controls or {}), **check_controls(card, args.controls)}
    named = {wish.picture()[0] for wish in programme.wishes if wish.kind in PICTURED}
    named |= {wish.mask for wish in programme.wishes if wish.mask}
    pictures = {name: load_photo(Path(name)) for name in sorted(named)}
    dreamer = registry.open_dreamer(args.dreamer, replace(request, pictures=pictures))
    for name, value in turned.items():
        dreamer.set(name, value)
    return dreamer
