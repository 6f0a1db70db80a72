"""Which words a model knows."""

from __future__ import annotations

from pathlib import Path

from dreamstream.core.errors import UsageError
from dreamstream.weights import catalog
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary


def vocabulary_of(model: str | Path, cache: Path | None = None) -> Vocabulary:
    """The words of a model: the built-in network's, ImageNet's, or those that a weight file lists, if any.

    The words of a network of the catalog are known even where its weights are not. Raises UserError when there is no
    such file, or when it is no network.
    """
    network = catalog.resolve(model, cache)
    if network == catalog.BUILTIN:
        return Vocabulary.builtin()
    if not isinstance(network, Path):
        shipped = catalog.catalog()[network].head
        words = (catalog.models_folder() / shipped).with_name("classes.csv")
        return Vocabulary.from_csv(words) if shipped else Vocabulary.imagenet()
    from dreamstream.weights.formats import checkpoint_of

    with checkpoint_of(network, cache) as checkpoint:
        names, listed = checkpoint.classes, checkpoint.words
    for known in (Vocabulary.builtin(), Vocabulary.imagenet()):
        if tuple(entry.name for entry in known) == names:
            return known
    try:
        return Vocabulary(listed or (ClassName(number, name) for number, name in enumerate(names)))
    except ValueError as error:
        raise UsageError(f"The weight file {network} cannot be used: {error}.") from None
