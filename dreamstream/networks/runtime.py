"""Compiled programs kept from run to run: JAX's own cache, bounded, shared by any number of processes.

Each program is a file `KEY-cache`, written before `KEY-atime`, which says when it was last used; both under a lock.
A process that is killed in between leaves a program without a time, on which JAX fails whenever it looks for room.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from dreamstream.support import machine

if TYPE_CHECKING:
    pass

import contextlib
import logging
import warnings

import filelock

log = logging.getLogger(__name__)

# Bytes that are kept: a canvas size of the built-in network takes about 5 MB on a CPU.
MOST_KEPT = 512 << 20
# Seconds to wait for the others' lock. Each holds it only while it reads or writes a file.
LOCK_WITHIN = 10.0


def keep(folder: Path, most: int = MOST_KEPT) -> None:
    """Have JAX keep what it compiles in `folder`, at most `most` bytes; the least recently used go first.

    Call it before anything is compiled. A folder that cannot be used is only logged.
    """
    import jax

    try:
        folder.mkdir(parents=True, exist_ok=True)
        mend(folder)
    except OSError as error:
        log.warning("Compiled programs cannot be kept in %s (%s); every start compiles anew.", folder, error.strerror)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", most)
    # Even small programs add up to seconds at a start.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    # What cannot be read or written is compiled, and the next start mends the folder: nothing for a person to do.
    warnings.filterwarnings("ignore", r"Error (reading|writing) persistent compilation cache entry", UserWarning)


def mend(folder: Path) -> None:
    """Remove what a killed process or a power failure left half written, so that JAX can go on.

    Nothing is done while others hold the lock for longer than LOCK_WITHIN. Raises OSError where files cannot be
    written.
    """
    lock = filelock.FileLock(folder / ".lockfile")  # the one that JAX takes
    with contextlib.suppress(filelock.Timeout), lock.acquire(timeout=LOCK_WITHIN):
        for program in folder.glob("*-cache"):
            if not program.stat().st_size or not _other(program, "-cache", "-atime").exists():
                program.unlink()
        for used in folder.glob("*-atime"):
            if not _other(used, "-atime", "-cache").exists():
                used.unlink()


def _other(path: Path, suffix: str, wanted: str) -> Path:
    return path.with_name(path.name.removesuffix(suffix) + wanted)


# Seconds that JAX may take to find its devices before the show goes on to ask it itself.
STARTED_WITHIN = 120.0


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
    starter.join(STARTED_WITHIN)
