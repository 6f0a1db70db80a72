"""The way to a dreamer that starts fast: JAX keeps what it compiles in the cache folder. No JAX is loaded here."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dreamstream import machine
from dreamstream.settings import default_cache

if TYPE_CHECKING:
    from dreamstream.dream.dreamer import Dreamer

log = logging.getLogger(__name__)


def open_dreamer(
    model: str | Path = "auto",
    size: tuple[int, int] = (640, 360),
    *,
    seed: int = 0,
    preset: str = "vivid",
    start: NDArray[np.uint8] | None = None,
    cache: Path | None = None,
) -> Dreamer:
    """A dreamer as `Dreamer` makes it, with compiled programs kept from run to run in `cache`.

    Raises UserError for what a person can mend.
    """
    _keep_what_is_compiled((cache or default_cache()) / "jax")
    from dreamstream.dream.dreamer import Dreamer

    return Dreamer(model, size, seed=seed, preset=preset, start=start)


def start_politely(niceness: int = 10) -> None:
    """Start JAX so that its worker threads give way to all others (on Linux); later calls change nothing.

    Workers inherit the priority of the thread that starts them. The thread that then uses JAX must keep the usual one:
    were it pushed aside while it holds Python's lock, every frame would wait for it.
    """

    def start() -> None:
        machine.be_nice(niceness)
        import jax

        jax.devices()
        jax.block_until_ready(jax.numpy.zeros(1) + 1)

    starter = threading.Thread(target=start, name="starter", daemon=True)
    starter.start()
    starter.join()


def _keep_what_is_compiled(folder: Path) -> None:
    import jax

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.warning("Compiled programs cannot be kept in %s (%s); every start compiles anew.", folder, error.strerror)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Even small programs add up to seconds at a start.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
