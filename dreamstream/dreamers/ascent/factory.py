"""The way to a dreamer that starts fast: memory is checked, and what JAX compiles is kept. No JAX is loaded here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError
from dreamstream.networks import runtime
from dreamstream.support import machine
from dreamstream.support.resources import default_cache

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import Dreamer


def open_dreamer(
    model: str | Path = "auto",
    size: tuple[int, int] = (640, 360),
    *,
    seed: int = 0,
    preset: str = "vivid",
    start: NDArray[np.uint8] | None = None,
    cache: Path | None = None,
    dtype: str = "auto",
    devices: int = 1,
) -> Dreamer:
    """A dreamer as `Dreamer` makes it, with compiled programs kept from run to run in `cache`.

    Raises UserError for what a person can mend.
    """
    _check_memory(model, size, preset, cache)
    runtime.keep((cache or default_cache()) / "jax")
    from dreamstream.dreamers.ascent.dreamer import Dreamer
    from dreamstream.weights.catalog import load_model

    loaded = load_model(model, cache)
    return Dreamer(loaded, size, seed=seed, preset=preset, start=start, dtype=dtype, devices=devices)


def _check_memory(model: str | Path, size: tuple[int, int], preset: str, cache: Path | None) -> None:
    """Raise UserError when a dreamer cannot fit into what memory is free; on an accelerator JAX itself must say so.

    Of the weight file only the description is read.
    """
    if machine.accelerator():
        return
    free = machine.available_bytes()
    from dreamstream.dreamers.ascent.memory import needed
    from dreamstream.dreamers.ascent.presets import PRESETS
    from dreamstream.weights.catalog import weights_of
    from dreamstream.weights.formats import checkpoint_of

    if preset not in PRESETS:
        return  # the dreamer refuses it
    path = weights_of(model, cache)
    with checkpoint_of(path) as checkpoint:
        architecture = checkpoint.architecture
    need = needed(architecture, PRESETS[preset], size)
    if need <= free:
        return
    smaller = needed(architecture, PRESETS[preset], (96, 96)) <= free
    remedy = "choose a smaller canvas" if smaller else "choose the built-in network (--model builtin), or free some"
    width, height = size
    raise UsageError(
        f"A canvas of {width}x{height} with {path.name} needs about {need >> 20} MiB, and {free >> 20} MiB of memory "
        f"are free; {remedy}.",
    )
