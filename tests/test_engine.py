"""Starting JAX: its workers give way to the frames, and what does not fit is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dreamstream import engine, machine
from dreamstream.errors import UserError

POLITE = """
import os, pathlib
from dreamstream.engine import start_politely
start_politely(10)
import jax, jax.numpy as jnp
square = jnp.ones((600, 600))
jax.block_until_ready(square @ square)
assert os.getpriority(os.PRIO_PROCESS, 0) == BEFORE, "the caller keeps its priority"
mine = {}
for task in pathlib.Path("/proc/self/task").iterdir():
    mine[int(task.name)] = os.getpriority(os.PRIO_PROCESS, int(task.name))
print(sum(nice == BEFORE + 10 for nice in mine.values()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_workers_give_way_and_the_caller_does_not() -> None:
    """JAX's threads are ten steps nicer than the thread that uses it."""
    code = POLITE.replace("BEFORE", "int(os.environ['BEFORE'])")
    code = "import os; os.environ['BEFORE'] = str(os.getpriority(os.PRIO_PROCESS, 0))\n" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2


def test_a_canvas_that_does_not_fit_is_refused_before_anything_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the size, what it needs, what is free, and the remedy; wrong usage."""
    monkeypatch.setattr(machine, "available_bytes", lambda: 1 << 30)
    with pytest.raises(UserError, match=r"4096x4096 needs about 2840 MiB, and 1024 MiB .* smaller") as caught:
        engine.open_dreamer("builtin", (4096, 4096))
    assert caught.value.exit_code == 2


def test_free_memory_is_plausible() -> None:
    """Where the system tells, it is more than nothing and less than a petabyte."""
    free = machine.available_bytes()
    assert free is None or 1 << 20 < free < 1 << 50
