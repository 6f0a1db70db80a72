"""Compiled programs kept from run to run: JAX's own cache, bounded, shared by any number of processes.

Each program is a file `KEY-cache`, written before `KEY-atime`, which says when it was last used; both under a lock.
A process that is killed in between leaves a program without a time, on which JAX fails whenever it looks for room.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import warnings
from pathlib import Path

import filelock

from dreamstream.core.errors import UsageError
from dreamstream.support import machine

log = logging.getLogger(__name__)

# Bytes that are kept: a canvas size of the built-in network takes about 5 MB on a CPU.
MOST_KEPT = 512 << 20
# Seconds that a program is kept unused. JAX looks through all of them before it keeps another: with 16,000, for half a
# second, which is longer than most take to compile.
UNUSED = 30 * 24 * 3600.0
# Seconds to wait for the others' lock. Each holds it only while it reads or writes a file.
LOCK_WITHIN = 10.0


def begin() -> None:
    """Start JAX in 32 bits, whatever the environment says: in 64 the dreams are others, where it runs at all.

    Call it before anything is computed; it also keeps what many threads compile from scattering memory. Raises
    UsageError where the environment names a platform that is not there.
    """
    machine.keep_memory_together()
    import jax

    jax.config.update("jax_enable_x64", False)
    try:
        jax.devices()
    except (RuntimeError, AssertionError):  # the latter for a platform that JAX knows, and skips
        if not machine.asked_platform()[0]:
            raise
        raise UsageError(machine.no_such_platform()) from None


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
    """Remove what a killed process or a power failure left half written, so that JAX can go on, and what is UNUSED.

    Nothing is done while others hold the lock for longer than LOCK_WITHIN. Raises OSError where files cannot be
    written.
    """
    lock = filelock.FileLock(folder / ".lockfile")  # the one that JAX takes
    with contextlib.suppress(filelock.Timeout), lock.acquire(timeout=LOCK_WITHIN):
        for program in folder.glob("*-cache"):
            if not program.stat().st_size or not _other(program, "-cache", "-atime").exists():
                program.unlink()
        long_ago = time.time() - UNUSED
        for used in folder.glob("*-atime"):
            program = _other(used, "-atime", "-cache")
            if used.stat().st_mtime < long_ago:
                program.unlink(missing_ok=True)
            if not program.exists():
                used.unlink()


def _other(path: Path, suffix: str, wanted: str) -> Path:
    return path.with_name(path.name.removesuffix(suffix) + wanted)


def forget_traces() -> None:
    """Drop what JAX remembers of how programs were traced; what is compiled stays, and runs on without a pause.

    Each look that is traced for the first time leaves thousands of objects there, some 5 MiB, which only another trace
    of the same would use. `jax.clear_caches` would also drop what is compiled.
    """
    # JAX's own, and not promised: without it memory grows by that much, and the show goes on. A test says when it went.
    # RuntimeError: another thread began a cache meanwhile; what is left goes next time.
    with contextlib.suppress(ImportError, AttributeError, RuntimeError):
        from jax._src import util

        util.clear_all_caches()


# Seconds that JAX may take to find its devices before the show goes on to ask it itself.
STARTED_WITHIN = 120.0


def start_politely(niceness: int = 10) -> None:
    """Start JAX so that its worker threads give way to all others (on Linux); later calls change nothing.

    Workers inherit the priority of the thread that starts them. The thread that then uses JAX must keep the usual one:
    were it pushed aside while it holds Python's lock, every frame would wait for it.
    """

    def start() -> None:
        machine.be_nice(niceness)
        with contextlib.suppress(UsageError):  # who computes begins JAX, too, and says it then
            begin()
            import jax

            jax.block_until_ready(jax.numpy.zeros(1) + 1)

    starter = threading.Thread(target=start, name="starter", daemon=True)
    starter.start()
    starter.join(STARTED_WITHIN)
