"""JAX's workers give way to the frames; compiled programs are kept, bounded, shared, and mended after a kill."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.extend
import jax.numpy as jnp
import pytest

from dreamstream.networks import runtime

pytestmark = pytest.mark.slow

# Compiles twelve programs and their arguments, and says what it found and left there.
USER = """
import pathlib, sys
from dreamstream.networks import runtime
folder, most, factor = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
runtime.keep(folder, most)
import jax
seen = []
jax.monitoring.register_event_listener(lambda event, **_: seen.append(event))
print("ready", flush=True)
sys.stdin.readline()
for n in range(1, 13):
    jax.block_until_ready(jax.jit(lambda x, n=n: x * (n * factor) + 1)(jax.numpy.ones(8 * n)))
print(seen.count("/jax/compilation_cache/cache_hits"), seen.count("/jax/compilation_cache/cache_misses"))
"""
PLENTY = 1 << 20


def _start(folder: Path, most: int, factor: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", USER, str(folder), str(most), str(factor)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate(timeout=60)[1]
    return process


def _hits_and_misses(process: subprocess.Popen[str]) -> tuple[int, int]:
    """What it prints once it may go on; it must have said nothing to the user."""
    output, errors = process.communicate("\n", timeout=120)
    assert process.returncode == 0, errors
    assert errors == ""
    hits, misses = map(int, output.split())
    return hits, misses


def _programs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-cache"))


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    """All of it, also after a process was killed while it wrote: a half-written program is compiled again."""
    folder = tmp_path / "jax"
    hits, misses = _hits_and_misses(_start(folder, PLENTY))
    assert hits == 0
    assert misses >= 12
    first, second, third = _programs(folder)[:3]
    first.with_name(first.name.replace("-cache", "-atime")).unlink()  # killed before its time was written
    first.write_bytes(b"half")
    second.write_bytes(b"")  # lost in a power failure
    third.unlink()  # its time stays behind
    assert _hits_and_misses(_start(folder, PLENTY)) == (misses - 3, 3)
    assert len(_programs(folder)) == len(list(folder.glob("*-atime"))) == misses
    assert _hits_and_misses(_start(folder, PLENTY)) == (misses, 0)


def test_two_processes_share_a_small_folder(tmp_path: Path) -> None:
    """Both write and evict at the same time; a file that vanishes meanwhile is no user's business; the bound holds, and
    the next start mends what is left.
    """
    folder = tmp_path / "jax"
    _hits_and_misses(_start(folder, PLENTY))
    size = sum(path.stat().st_size for path in _programs(folder))
    most = size // 2
    both = [_start(folder, most, 2), _start(folder, most, 3)]
    damaged = _programs(folder)[0]  # after both have started: as if a third one was killed
    damaged.with_name(damaged.name.replace("-cache", "-atime")).unlink()
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        _hits_and_misses(process)
    both = [_start(folder, most, 2), _start(folder, most, 3)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        assert _hits_and_misses(process)[1] > 0
    kept = _programs(folder)
    assert len(kept) >= 2
    assert 0 < sum(path.stat().st_size for path in kept) <= most
    assert all(path.with_name(path.name.replace("-cache", "-atime")).stat().st_size == 8 for path in kept)


def test_what_nobody_used_for_a_month_goes(tmp_path: Path) -> None:
    """With its time; what was used since stays, however long ago it was written."""
    long_ago = time.time() - runtime.UNUSED
    for name, used in (("old", long_ago - 60), ("new", long_ago + 3600)):
        for kind in ("cache", "atime"):
            (tmp_path / f"{name}-{kind}").write_bytes(b"12345678")
        os.utime(tmp_path / f"{name}-atime", (used, used))
        os.utime(tmp_path / f"{name}-cache", (long_ago - 60, long_ago - 60))
    runtime.mend(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*-*")) == ["new-atime", "new-cache"]


def test_a_folder_that_cannot_be_used_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file where the folder should be: one line in the log, and everything goes on."""
    (tmp_path / "jax").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        runtime.keep(tmp_path / "jax")
    assert [record.message for record in caplog.records] == [
        f"Compiled programs cannot be kept in {tmp_path / 'jax'} (File exists); every start compiles anew."
    ]


def test_how_programs_were_traced_is_forgotten_and_what_is_compiled_runs_on() -> None:
    """None of its equations is held afterwards, and it is not traced again."""
    runtime.forget_traces()
    before = _equations()
    traced: list[int] = []

    @jax.jit
    def doubled(x: jax.Array) -> jax.Array:
        traced.append(1)
        return jnp.sort(x * 2)

    assert float(doubled(jnp.ones(3))[0]) == 2
    assert _equations() > before
    runtime.forget_traces()
    assert _equations() == before
    assert float(doubled(jnp.ones(3))[0]) == 2
    assert len(traced) == 1


def _equations() -> int:
    """How many equations of traced programs are held."""
    gc.collect()
    return sum(type(each) is jax.extend.core.JaxprEqn for each in gc.get_objects())


POLITE = """
import os, pathlib
from dreamstream.networks.runtime import start_politely
start_politely(10)
import jax, jax.numpy as jnp
square = jnp.ones((600, 600))
jax.block_until_ready(square @ square)
assert os.getpriority(os.PRIO_PROCESS, 0) == BEFORE, "the caller keeps its priority"
mine = {}
for task in pathlib.Path("/proc/self/task").iterdir():
    mine[int(task.name)] = os.getpriority(os.PRIO_PROCESS, int(task.name))
print(sum(nice == min(19, BEFORE + 10) for nice in mine.values()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_workers_give_way_and_the_caller_does_not() -> None:
    """JAX's threads are ten steps nicer than the thread that uses it."""
    code = POLITE.replace("BEFORE", "int(os.environ['BEFORE'])")
    code = "import os; os.environ['BEFORE'] = str(os.getpriority(os.PRIO_PROCESS, 0))\n" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2
