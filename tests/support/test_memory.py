"""What is freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Small pieces, all freed but one in thousands, as a compiler leaves them: the C library keeps their pages.
SCRIPT = """
import threading
from dreamstream.support import machine

def work():
    global kept
    pieces = [bytearray(2000) for _ in range(60_000)]
    kept = pieces[::5000]

worker = threading.Thread(target=work)
worker.start()
worker.join()
before = machine.resident_bytes()
machine.give_back_memory()
print(before, machine.resident_bytes(), len(kept))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps so much")
def test_what_is_freed_goes_back_to_the_system() -> None:
    """Also what another thread has freed, between pieces that are still in use."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    before, after, _ = map(int, done.stdout.split())
    assert after < before - 40e6
