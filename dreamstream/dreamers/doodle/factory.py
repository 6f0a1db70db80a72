"""The doodle dreamer behind the door: the ascent dreamer's card, and drawings beside. No JAX before it is opened."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from dreamstream.core.card import Card
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UserError
from dreamstream.core.programme import DRAWING
from dreamstream.dreamers.ascent import factory as ascent
from dreamstream.support.resources import models_folder

if TYPE_CHECKING:
    from dreamstream.dreamers.doodle.dreamer import DoodleDreamer

NAME = "doodle"
PAINTER = models_folder() / "doodle" / "weights.safetensors"


def describe(request: DreamerRequest) -> Card:
    """The card of the ascent dreamer that is asked for, which takes drawings as well.

    Raises UserError as that one does, and when the painter is not there.
    """
    return _card(ascent.describe(request))


def open_dreamer(request: DreamerRequest) -> DoodleDreamer:
    """The dreamer; its painter is opened when somebody draws. Raises UserError for what a person can mend."""
    _words()
    inner = ascent.open_dreamer(request)
    from dreamstream.dreamers.doodle.dreamer import DoodleDreamer
    from dreamstream.dreamers.doodle.studio import Studio
    from dreamstream.weights.painters import open_painter

    studio = Studio(open_painter, inner.seen, request.drawings, request.on_filled, request.drawing_soon)
    return DoodleDreamer(inner, _card, studio)


def picture_of(state: bytes) -> NDArray[np.uint8]:
    """The canvas of a state. Raises ValueError when it is none."""
    return ascent.picture_of(state)


def _card(card: Card) -> Card:
    """What the dreamer within says of itself, with drawings."""
    known = {word.name for word in card.words}
    drawable = tuple(word for word in _words() if word in known)
    return replace(card, name=NAME, kinds=(*card.kinds, DRAWING), drawable=drawable)


def _words() -> tuple[str, ...]:
    """What the painter knows; of its file no more is read. Raises UserError when it is not there."""
    try:
        with safe_open(PAINTER, "numpy") as file:
            return tuple(json.loads((file.metadata() or {})["words"]))
    except (OSError, SafetensorError, KeyError, ValueError):
        raise UserError("The painter that fills drawings is not there; install dreamstream again.") from None
