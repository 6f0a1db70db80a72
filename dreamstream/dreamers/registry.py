"""The dreamers that are installed, by name: described without loading anything, and opened. No JAX.

They are entry points of the group `dreamstream.dreamers`, of this package or any other; each names a `DreamerKind`.
The name of a subject's file, or of somebody's StyleGAN2, stands for the dreamer that opens it, and so does that of a
subject that is shipped; a training's folder stands for the one that watches it.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.card import Card
from dreamstream.core.dreamer import Dreamer, DreamerKind, DreamerRequest
from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.names import meant
from dreamstream.support import extensions
from dreamstream.weights.subjects import SHIPPED

GROUP = "dreamstream.dreamers"
USUAL = "ascent"
# By the ending of a name that stands for a dreamer of it.
BY_ENDING = {".safetensors": "latent", ".run": "watch", ".pt": "latent", ".pth": "latent", ".pkl": "latent"}
# The usual one, taking drawings as well.
DRAWN_ON = "doodle"
# Also where the package runs from a checkout that was never installed, and so has no entry points.
_OWN = {
    USUAL: EntryPoint(USUAL, "dreamstream.dreamers.ascent.factory", GROUP),
    DRAWN_ON: EntryPoint(DRAWN_ON, "dreamstream.dreamers.doodle.factory", GROUP),
    "latent": EntryPoint("latent", "dreamstream.dreamers.latent.factory", GROUP),
    "watch": EntryPoint("watch", "dreamstream.dreamers.watch.factory", GROUP),
}
# What depends on more than a log holds: on a training, and when it wrote what.
UNREPEATABLE = frozenset(("watch",))
_PARTS = ("describe", "open_dreamer", "picture_of")


def names() -> list[str]:
    """The dreamers that there are, the usual one first, and the subjects that are shipped."""
    return [*_installed(), *SHIPPED]


def describe(name: str = USUAL, request: DreamerRequest | None = None) -> Card:
    """The card that a dreamer will have: presets, controls, words. Takes milliseconds, loads nothing.

    Raises UserError for an unknown name, a broken package, and what the dreamer knows beforehand that it cannot do.
    """
    name, request = _meant(name, request or DreamerRequest())
    card = _kind(name).describe(request)
    if request.subject and not card.subject:
        raise UsageError(f"The dreamer {card.name} has no things that a subject could be one of; leave --subject out.")
    return card


def open_dreamer(name: str = USUAL, request: DreamerRequest | None = None) -> Dreamer:
    """A dreamer, not prepared yet; this is where JAX is loaded, if it uses that. Raises UserError."""
    name, request = _meant(name, request or DreamerRequest())
    return _kind(name).open_dreamer(request)


def picture_of(name: str, state: bytes) -> NDArray[np.uint8] | None:
    """What a dreamer's state shows, uint8 [H, W, 3] RGB, without opening it; None for nothing.

    Raises ValueError when it is no state of such a dreamer, UserError for an unknown name or a broken package.
    """
    return _kind(_meant(name, DreamerRequest())[0]).picture_of(state)


def _meant(name: str, request: DreamerRequest) -> tuple[str, DreamerRequest]:
    """The dreamer that opens such a file, folder or shipped subject, and that as its model; another name as it is."""
    dreamer = "latent" if name in SHIPPED else BY_ENDING.get(Path(name).suffix.lower())
    return (name, request) if dreamer is None else (dreamer, replace(request, model=name))


def _installed() -> dict[str, EntryPoint]:
    return _OWN | {name: point for name, point in extensions.found(GROUP).items() if name not in _OWN}


def _kind(name: str) -> DreamerKind:
    installed = _installed()
    if name not in installed:
        raise UsageError(f"There is no dreamer {name!r}; {meant(name, names())}")
    kind = extensions.load(installed[name], f"the dreamer {name}")
    missing = [part for part in _PARTS if not callable(getattr(kind, part, None))]
    if missing:
        raise UserError(f"The dreamer {name} cannot be used: {installed[name].value} has no {', '.join(missing)}.")
    return cast(DreamerKind, kind)
