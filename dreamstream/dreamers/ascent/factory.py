"""The ascent dreamer behind the door: described at once, opened with memory checked and compiled programs kept.

No JAX is loaded before a dreamer is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Card, Word
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.dreamers.ascent.card import card_of, check_size, preset_named
from dreamstream.dreamers.ascent.snapshot import unpack
from dreamstream.dreamers.guided.card import beside, check_look, name_beside
from dreamstream.networks import runtime
from dreamstream.support import machine
from dreamstream.support.resources import default_cache
from dreamstream.weights.catalog import resolve, weights_of
from dreamstream.weights.formats import checkpoint_of
from dreamstream.weights.generators import heading_of, read_subject
from dreamstream.weights.subjects import file_of
from dreamstream.weights.vocabularies import vocabulary_of

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer


def describe(request: DreamerRequest) -> Card:
    """The card of the dreamer that is asked for; of the weight file only the description is read.

    Raises UserError for an impossible canvas, an unknown look, and weights that are missing or none.
    """
    check_size(request.size)
    # The words of a network may be known where its weights are not.
    with checkpoint_of(weights_of(request.model, request.cache), request.cache) as checkpoint:
        name, preset = preset_named(request.preset, checkpoint.preprocessing, bool(checkpoint.typical))
    entries = vocabulary_of(request.model, request.cache)
    words = (Word(entry.name, entry.emoji, entry.aliases, entry.emojis) for entry in entries)
    card = card_of(str(resolve(request.model, request.cache)), words, preset, name)
    if not request.subject:
        return card
    path = file_of(request.subject)
    check_look(preset, checkpoint.architecture.head, name)
    subject = name_beside(heading_of(path)[0], [word.name for word in card.words])
    return beside(card, subject, str(path))


def open_dreamer(request: DreamerRequest) -> AscentDreamer:
    """The dreamer, with compiled programs kept from run to run. Raises UserError for what a person can mend."""
    check_size(request.size)
    if request.polite:
        runtime.start_politely()
    runtime.begin()
    _check_memory(request)
    runtime.keep((request.cache or default_cache()) / "jax")
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer
    from dreamstream.weights.catalog import load_model

    dreamer = AscentDreamer if not request.subject else _guided(file_of(request.subject))
    opened = dreamer(
        load_model(request.model, request.cache),
        request.size,
        seed=request.seed,
        preset=request.preset,
        start=request.start,
        dtype=request.dtype,
        devices=request.devices,
    )
    for name, picture in request.pictures.items():
        opened.add_picture(name, picture)
    return opened


def picture_of(state: bytes) -> NDArray[np.uint8]:
    """The canvas of a state. Raises ValueError when it is none."""
    return unpack(state).canvas


def _guided(path: Path) -> Callable[..., AscentDreamer]:
    """What makes a dreamer with the subject in a file among its things. Raises UserError for what is none."""
    from dreamstream.dreamers.guided.dreamer import GuidedDreamer

    return partial(GuidedDreamer, read_subject(path), path)


def _check_memory(request: DreamerRequest) -> None:
    """Raise UsageError when a dreamer cannot fit into what memory is free; on an accelerator JAX itself must say so.

    Of the weight file only the description is read.
    """
    if machine.accelerator():
        return
    free = machine.available_bytes()
    from dreamstream.dreamers.ascent.memory import needed

    path = weights_of(request.model, request.cache)
    with checkpoint_of(path, request.cache) as checkpoint:
        architecture = checkpoint.architecture
        preset = preset_named(request.preset, checkpoint.preprocessing, bool(checkpoint.typical))[1]
    need = needed(architecture, preset, request.size)
    if need <= free:
        return
    smaller = needed(architecture, preset, (96, 96)) <= free
    remedy = "choose a smaller canvas" if smaller else "choose the built-in network (--model builtin), or free some"
    width, height = request.size
    raise UsageError(
        f"A canvas of {width}x{height} with {path.name} needs about {need >> 20} MiB, and {free >> 20} MiB of memory "
        f"are free; {remedy}."
    )
