"""The watch dreamer behind the door. No JAX is loaded before a dreamer is opened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dreamstream.core.card import Card
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UsageError
from dreamstream.dreamers.latent import factory
from dreamstream.dreamers.latent.card import KINDS, TURNS, card_of, check_size
from dreamstream.support.resources import default_cache
from dreamstream.weights.generators import heading_of

if TYPE_CHECKING:
    from dreamstream.dreamers.watch.dreamer import WatchDreamer

NAME = "watch"
picture_of = factory.picture_of


def describe(request: DreamerRequest) -> Card:
    """The card of the training that is asked for. Raises UserError for a folder that is none, or makes no subject."""
    check_size(request.size)
    if request.preset != "auto":
        raise UsageError(f"A training has no presets; leave --preset {request.preset} out.")
    run = Path(request.model)
    weights = weights_of(run)
    if not run.is_dir():
        raise UsageError(f"There is no training {run}; `dreamstream learn FILM -o {weights}` begins one.")
    recipe = _recipe(run)
    if recipe == "pix2pix":
        raise UsageError(f"In {run} a painter of drawings learns; only trainings of subjects can be watched.")
    name, network = heading_of(weights) if weights.is_file() else (weights.stem, recipe)
    card = card_of(name, weights, network)
    turned = tuple(control for control in card.controls if control not in TURNS)
    # Places between points have no lasting pictures here, so there is no laboratory; and no file is what is dreamed.
    return replace(card, name=NAME, kinds=tuple(kind for kind in KINDS if kind != "at"), controls=turned, model="")


def open_dreamer(request: DreamerRequest) -> WatchDreamer:
    """The dreamer, with compiled programs kept from run to run. Raises UserError."""
    from dreamstream.networks import runtime

    card = describe(request)
    if request.polite:
        runtime.start_politely()
    runtime.begin()
    runtime.keep((request.cache or default_cache()) / "jax")
    from dreamstream.dreamers.watch.dreamer import WatchDreamer

    return WatchDreamer(weights_of(Path(request.model)), card, request.size, request.seed)


def weights_of(run: Path) -> Path:
    """Where a training writes what it has learned: beside its folder."""
    return run.with_suffix(".safetensors")


def _recipe(run: Path) -> str:
    try:
        return str(json.loads((run / "recipe.json").read_text("utf-8"))["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
