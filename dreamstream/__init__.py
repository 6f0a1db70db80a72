"""dreamstream: a live show that a neural network dreams and its audience steers.

What the package offers to other programs is imported on first use; JAX is loaded when a dreamer is opened.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dreamstream.core.version import __version__

if TYPE_CHECKING:
    from dreamstream.core.dreamer import DreamerRequest, Effort
    from dreamstream.core.programme import Programme, Wish, split
    from dreamstream.dreamers.ascent.dreamer import AscentDreamer
    from dreamstream.dreamers.registry import open_dreamer

__all__ = ["AscentDreamer", "DreamerRequest", "Effort", "Programme", "Wish", "__version__", "open_dreamer", "split"]

_PLACES = {
    "AscentDreamer": "dreamers.ascent.dreamer",
    "DreamerRequest": "core.dreamer",
    "Effort": "core.dreamer",
    "Programme": "core.programme",
    "Wish": "core.programme",
    "open_dreamer": "dreamers.registry",
    "split": "core.programme",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"dreamstream.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'dreamstream' has no attribute {name!r}")
