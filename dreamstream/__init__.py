"""dreamstream: a live show that a neural network dreams and its audience steers.

Importing this package does no JAX work; `Dreamer` is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dreamstream.core.version import __version__

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import Dreamer

__all__ = ["Dreamer", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Dreamer":
        from dreamstream.dreamers.ascent.dreamer import Dreamer

        return Dreamer
    raise AttributeError(f"module 'dreamstream' has no attribute {name!r}")
