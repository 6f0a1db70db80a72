"""How many files this process may open."""

from __future__ import annotations

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")


def test_the_soft_limit_is_raised_to_the_hard_one_and_never_lowered() -> None:
    """In a process of its own, with a soft limit as systems set it."""
    program = (
        "import resource; from dreamstream.support.machine import raise_descriptor_limit as up\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048)); print(up(), up(512), up(1 << 20))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048)); print(up(1024))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["2048", "2048", "2048", "1024"]
