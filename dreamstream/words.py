"""From what a person names (a model, a programme) to what is meant, without loading a network."""

from __future__ import annotations

import random
from pathlib import Path

from dreamstream.chat.compose import Unknown, compose
from dreamstream.chat.parse import Ask, parse
from dreamstream.dream.programme import Programme
from dreamstream.errors import UserError
from dreamstream.vocabulary import ClassName, Vocabulary
from dreamstream.weights import catalog


def vocabulary_of(model: str | Path, cache: Path | None = None) -> Vocabulary:
    """The words of a model: the built-in network's, ImageNet's, or those that a weight file lists.

    The words of a network of the catalog are known even where its weights are not. Raises UserError when there is no
    such file, or when it is no network.
    """
    found = catalog.resolve(model, cache)
    if found == catalog.BUILTIN:
        return Vocabulary.builtin()
    if not isinstance(found, Path):
        return Vocabulary.imagenet()
    from dreamstream.weights.formats import checkpoint_of

    with checkpoint_of(found) as checkpoint:
        names = checkpoint.classes
    for known in (Vocabulary.builtin(), Vocabulary.imagenet()):
        if tuple(entry.name for entry in known) == names:
            return known
    try:
        return Vocabulary(ClassName(number, name) for number, name in enumerate(names))
    except ValueError as error:
        raise UserError(f"The weight file {found} cannot be used: {error}.", 2) from None


def programme_of(text: str, vocabulary: Vocabulary, seed: int = 0) -> Programme:
    """The programme that "bee + pizza" or "bee left + volcano" means; "random" is one class by `seed`.

    Raises UserError (exit code 2) with up to three near names for a word that is no class.
    """
    asked = parse(f"!dream {text}")
    if not isinstance(asked, Ask):
        raise UserError(f"{text!r} names nothing to dream; `dreamstream classes` lists what can be.", 2)
    chance = random.Random(seed)
    names = [entry.name for entry in vocabulary]
    programme = compose(asked.parts, "", vocabulary, lambda: chance.choice(names))
    if isinstance(programme, Unknown):
        near = [found.name for found in programme.near[:3]]
        advice = f"Near to it: {', '.join(near)}." if near else "`dreamstream classes` lists what can be dreamed."
        raise UserError(f"There is no class {programme.text!r}. {advice}", 2)
    return programme
