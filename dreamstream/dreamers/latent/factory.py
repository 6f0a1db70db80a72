"""The latent dreamer behind the door. No JAX is loaded before a dreamer is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Card
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.dreamers.latent.card import card_of, check_size
from dreamstream.dreamers.latent.state import unpack
from dreamstream.support.resources import default_cache
from dreamstream.weights.generators import heading_of, read_subject
from dreamstream.weights.subjects import file_of

if TYPE_CHECKING:
    from dreamstream.dreamers.latent.dreamer import LatentDreamer


def describe(request: DreamerRequest) -> Card:
    """The card of the subject that is asked for; of the file only the name is read. Raises UserError."""
    check_size(request.size)
    if request.preset != "auto":
        raise UsageError(f"A subject has no presets; leave --preset {request.preset} out.")
    path = _subject(request)
    name, network = heading_of(path)
    return card_of(name, path, network)


def open_dreamer(request: DreamerRequest) -> LatentDreamer:
    """The dreamer, with compiled programs kept from run to run. Raises UserError."""
    from dreamstream.networks import runtime

    if request.polite:
        runtime.start_politely()
    runtime.begin()
    runtime.keep((request.cache or default_cache()) / "jax")
    from dreamstream.dreamers.latent.dreamer import LatentDreamer

    path = _subject(request)
    return LatentDreamer(read_subject(path), path, request.size, request.seed)


def picture_of(state: bytes) -> NDArray[np.uint8] | None:
    """The last canvas of a state. Raises ValueError when it is none."""
    return unpack(state).picture


def _subject(request: DreamerRequest) -> Path:
    """The file that is asked for, or one that is shipped, by its name; without any, the ancestor."""
    return file_of("ancestor" if request.model == "auto" else str(request.model))
