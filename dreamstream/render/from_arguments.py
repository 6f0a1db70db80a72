"""What `dreamstream render`, `image` and `gallery` share: a programme and a dreamer from the command's arguments."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.arguments import set_controls
from dreamstream.core.programme import PICTURED, Programme
from dreamstream.support.pictures import load_photo
from dreamstream.weights.vocabularies import vocabulary_of
from dreamstream.wishes import sentence

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import Dreamer

# Dreams come at this distance, in seconds of the video, with so many steps each: a live show's pace.
INTERVAL, STEPS = 0.4, 6


def programme_of(arguments: argparse.Namespace) -> Programme:
    """What is to be dreamed, every wish under the mask if there is one."""
    programme = sentence.programme_of(arguments.programme, vocabulary_of(arguments.model), arguments.seed)
    mask = str(arguments.mask or "")
    return Programme(tuple(replace(wish, mask=mask) for wish in programme.wishes))


def open_dreamer(
    arguments: argparse.Namespace,
    programme: Programme,
    size: tuple[int, int],
    photo: NDArray[np.uint8] | None,
    controls: dict[str, float] | None = None,
) -> Dreamer:
    from dreamstream.dreamers.ascent.factory import open_dreamer

    named = {wish.picture()[0] for wish in programme.wishes if wish.kind in PICTURED}
    named |= {wish.mask for wish in programme.wishes if wish.mask}
    pictures = {name: load_photo(Path(name)) for name in sorted(named)}
    dreamer = open_dreamer(
        arguments.model,
        size,
        seed=arguments.seed,
        preset=arguments.preset,
        start=photo,
        dtype=arguments.dtype,
        devices=arguments.devices,
    )
    for name, picture in pictures.items():
        dreamer.add_picture(name, picture)
    for name, value in (controls or {}).items():
        dreamer.set(name, value)
    set_controls(dreamer, arguments.controls)
    return dreamer
