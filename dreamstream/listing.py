"""`dreamstream classes` and `dreamstream weights`: what can be dreamed, and with which networks."""

from __future__ import annotations

from pathlib import Path

from dreamstream.errors import UserError
from dreamstream.vocabulary import Vocabulary
from dreamstream.weights.catalog import models_folder
from dreamstream.words import vocabulary_of


def list_classes(query: str, model: str) -> int:
    """Print the classes of a model that have to do with `query`, best first; all of them for an empty one."""
    vocabulary = vocabulary_of(model)
    found = vocabulary.search(query) if query else list(vocabulary)
    if not found:
        raise UserError(f"No class is like {query!r}; `dreamstream classes` lists all {len(vocabulary)}.", 2)
    width = max(len(entry.name) for entry in found)
    for entry in found:
        others = ", ".join(entry.aliases)
        print(f"{entry.name:<{width}}  {entry.emoji or '  '}  {others}".rstrip())
    return 0


def list_weights() -> int:
    """Print the networks that are on this machine."""
    path = models_folder() / "builtin" / "weights.safetensors"
    size = f"{path.stat().st_size / 1e6:.1f} MB" if path.is_file() else "missing: install dreamstream again"
    print(f"builtin  {len(Vocabulary.builtin())} classes, {size}, {path}")
    return 0 if path.is_file() else 1


def check_weights(path: Path) -> int:
    """Read a weight file as the show would and say what it is. Raises UserError with what does not fit."""
    from dreamstream.weights.native import read_model

    model = read_model(path)
    shape = model.architecture
    print(f"{path}: {model.name}, VGG configuration {shape.configuration} at width {shape.width:g}, ", end="")
    print(f"{len(model.classes)} classes, windows of {shape.window} pixels. It can be used with --model {path}")
    return 0
