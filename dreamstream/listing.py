"""`dreamstream classes`: what can be dreamed."""

from __future__ import annotations

from dreamstream.errors import UserError
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
