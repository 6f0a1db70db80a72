"""`dreamstream image`: one picture, from nothing or from a photograph."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import SMALLEST, check_folder, size_of, within
from dreamstream.core.errors import UserError
from dreamstream.render.from_arguments import INTERVAL, STEPS, open_dreamer, programme_of
from dreamstream.support.pictures import load_photo, picture_format, save_picture
from dreamstream.support.progress import progress

IMAGE_STEPS, STEPS_AT_ONCE = 120, 4
IMAGE_SIZE, LONGEST_IMAGE_SIDE, SHORTEST_IMAGE_SIDE = (640, 360), 1280, SMALLEST


def render_image(arguments: argparse.Namespace) -> int:
    """Dream one picture. Raises UserError."""
    programme = programme_of(arguments)
    picture_format(arguments.output)
    photo = load_photo(arguments.photo) if arguments.photo else None
    size = size_of(arguments.size) if arguments.size != "auto" else _photo_size(photo)
    steps = IMAGE_STEPS if arguments.steps is None else int(within("steps", arguments.steps, 1, 100_000))
    check_folder(arguments.output)
    still = {"zoom": 1.0, "rotation": 0.0, "pan_x": 0.0, "pan_y": 0.0}
    dreamer = open_dreamer(arguments, programme, size, photo, still)
    made, picture = 0, None
    with progress(f"Dreaming {programme.title()}", steps, "steps") as advance:
        while made < steps:
            count = min(STEPS_AT_ONCE, steps - made)
            picture = dreamer.advance(programme, made * INTERVAL / STEPS, count).picture
            made += count
            advance(count)
    assert picture is not None
    save_picture(arguments.output, picture)
    print(f"{arguments.output}: {programme.title()}, {size[0]}x{size[1]}, {steps} steps.")
    return 0


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
