"""What is freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


POOLS = """
import ctypes, sys, threading

def tell_pools():
    all_at_work = threading.Barrier(8)

    def work():
        pieces = [bytearray(2000) for _ in range(1000)]
        all_at_work.wait(60)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)
    return 0
"""
TOGETHER = """
from dreamstream.support import machine

machine.keep_memory_together()
tell_pools()
"""
SERVING = """
from dreamstream.cli.main import main
from dreamstream.show import show

show.run = lambda settings, verbose: tell_pools()
assert main(["serve", "--config", sys.argv[2]]) == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has so many pools")
@pytest.mark.parametrize("script", [TOGETHER, SERVING])
def test_many_threads_have_one_pool(tmp_path: Path, script: str) -> None:
    """As the C library itself tells; those of a show as well."""
    told, settings = tmp_path / "pools.xml", tmp_path / "show.toml"
    settings.write_text("")
    subprocess.run([sys.executable, "-c", POOLS + script, str(told), str(settings)], timeout=60, check=True)
    assert told.read_text().count("<heap ") == 1
