"""What can be known of a subject among an ascent dreamer's things before it is opened. No JAX."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dreamstream.core import points
from dreamstream.core.card import Card
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Wish
from dreamstream.dreamers.ascent.presets import Preset
from dreamstream.dreamers.latent.card import SPEED, WILD, word_of, words_of

# Kinds of wishes that only a subject knows.
KINDS = (*points.KINDS, points.NAMED)
CONTROLS = (WILD, SPEED)


def beside(card: Card, name: str, path: str) -> Card:
    """The card of a dreamer that also knows the subject of this name, from this file."""
    words = (*card.words, *words_of(name))
    controls = (*card.controls, *CONTROLS)
    return replace(card, words=words, kinds=(*card.kinds, *KINDS), controls=controls, subject=path)


def name_beside(subject: str, known: Collection[str]) -> str:
    """What a subject is called beside words that are known: where they have its name, it is "my cat"."""
    name = word_of(subject)
    while name in known:
        name = f"my {name}"
    return name


def is_of(wish: Wish, name: str) -> bool:
    """Whether a wish is for the subject of this name."""
    if wish.kind != "class":
        return wish.kind in KINDS
    return wish.what in [word.name for word in words_of(name)]


def check_look(preset: Preset, head: str, name: str) -> None:
    """Raise UsageError for a look that dreams no things, each in a place of its own, or a network that sees none."""
    if head != "dense" or preset.mixture.objects == 0:
        raise UsageError(
            f"Where {name or 'such a look'} is dreamed there are no single things for a subject to be one of; "
            "leave --subject out, or choose the built-in network and a look like gouache."
        )
