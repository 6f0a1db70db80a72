"""`dreamstream image`: one picture, from nothing or from a photograph."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import SMALLEST, size_of, within
from dreamstream.core.card import Card
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.programme import Programme
from dreamstream.dreamers import registry
from dreamstream.render import octaves
from dreamstream.render.from_arguments import canvas_of, finish_of, open_dreamer, programme_of, request_of, sources
from dreamstream.support.files import check_output
from dreamstream.support.pictures import cropped, load_photo, picture_format, save_picture
from dreamstream.support.progress import progress

# Of a dreamer that counts steps, so many in all, few in each dream; of another, so many dreams.
IMAGE_STEPS, STEPS_AT_ONCE, IMAGE_DREAMS = 120, 4, 30
OCTAVE_STEPS = 12  # of each octave
MOST_STEPS = 100_000
# Seconds of show time from one dream to the next.
INTERVAL = 4 / 15
IMAGE_SIZE, LONGEST_IMAGE_SIDE, SHORTEST_IMAGE_SIDE = (1280, 720), 1280, SMALLEST


def render_image(args: argparse.Namespace) -> int:
    """Dream one picture. Raises UserError."""
    picture_format(args.output)
    photo = load_photo(args.photo) if args.photo else None
    size = size_of(args.size) if args.size != "auto" else _photo_size(photo)
    # A photograph is dreamed on as large as it is.
    canvas = canvas_of(args, size) if photo is None else args.dream_size or size
    request = request_of(args, canvas, photo)
    card = registry.describe(args.dreamer, request)
    programme = programme_of(args.programme, card, args.seed, args.mask)
    parts = _parts(request, card, args.octaves, args.steps)
    check_output(args.output, *sources(args), force=args.force)
    cost: dict[str, float] = {}
    total = sum(len(efforts) for _, efforts in parts)
    with progress(f"Dreaming {programme.title()}", total, "dreams") as advance:
        for dream in _dreams(args, card, programme, parts):
            cost = {name: cost.get(name, 0) + amount for name, amount in dream.cost.items()}
            advance(1)
    finish = finish_of(args.finish, card, size, photo is not None)
    save_picture(args.output, finish(dream.picture))
    spent = ", ".join(f"{amount:g} {name}" for name, amount in cost.items()) or f"{total} dreams"
    sized = f" in {len(parts)} octaves" if len(parts) > 1 else ""
    print(f"{args.output}: {programme.title()}, {size[0]}x{size[1]}, {spent}{sized}.")
    return 0


# What each octave asks for, the smallest first: its dreamer, and the effort of each of its dreams.
Parts = Sequence[tuple[DreamerRequest, Sequence[Effort]]]


def _parts(request: DreamerRequest, card: Card, wanted: int | None, steps: int | None) -> Parts:
    """The octaves that the picture is made in: a single one without a photograph. Raises UsageError."""
    if wanted is not None and wanted > 1 and request.start is None:
        raise UsageError("Octaves go from a photograph's forms to its detail; give the picture to start from.")
    count = card.octaves if wanted is None else int(within("octaves", wanted, 1, octaves.MOST))
    if request.start is None or count == 1:
        return [(request, _efforts(steps, card))]
    made = octaves.sizes(request.size, count)
    spent = (
        [None] * len(made)
        if "steps" not in card.cost and steps is None
        else octaves.shares(
            OCTAVE_STEPS * len(made) if steps is None else int(within("steps", steps, len(made), MOST_STEPS)), len(made)
        )
    )
    return [(replace(request, size=size), _efforts(own, card)) for size, own in zip(made, spent, strict=True)]


def _dreams(args: argparse.Namespace, card: Card, programme: Programme, parts: Parts) -> Iterator[Dream]:
    """Each dream of each octave, with the camera at rest, of a dreamer that has one."""
    still = {"zoom": 1.0, "rotation": 0.0, "pan_x": 0.0, "pan_y": 0.0}
    has = {control.name for control in card.controls}
    turned = {name: still[name] for name in still if name in has}
    dream: Dream | None = None
    for request, efforts in parts:
        if request.start is not None and len(parts) > 1:
            whole = cropped(request.start, parts[-1][0].size)
            before = None if dream is None else dream.picture
            request = replace(request, start=octaves.begin(whole, before, request.size))
        dreamer = open_dreamer(args, card, request, programme, turned)
        for number, effort in enumerate(efforts):
            dream = dreamer.dream(programme, number * INTERVAL, effort)
            yield dream


def _efforts(steps: int | None, card: Card) -> list[Effort]:
    """The effort of each dream that the picture takes. Raises UsageError."""
    if steps is not None:
        card.check_cost("steps")
    elif "steps" not in card.cost:
        return [Effort(interval=INTERVAL)] * IMAGE_DREAMS
    total = IMAGE_STEPS if steps is None else int(within("steps", steps, 1, MOST_STEPS))
    return [Effort(cost={"steps": min(STEPS_AT_ONCE, total - spent)}) for spent in range(0, total, STEPS_AT_ONCE)]


def _photo_size(photo: NDArray[np.uint8] | None) -> tuple[int, int]:
    """The photograph's own size within what can be dreamed, even; without one, the usual canvas."""
    if photo is None:
        return IMAGE_SIZE
    height, width = photo.shape[:2]
    scale = min(1.0, LONGEST_IMAGE_SIDE / max(width, height))
    scale = max(scale, SHORTEST_IMAGE_SIDE / min(width, height))
    width, height = (2 * round(side * scale / 2) for side in (width, height))
    if max(width, height) > 4 * LONGEST_IMAGE_SIDE:
        raise UserError("The picture is too long and narrow to dream on; crop it, or say its --size.")
    return width, height
