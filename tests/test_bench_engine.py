"""`dreamstream bench engine` on this machine, and what XLA plans for VGG-16 on a card."""

from __future__ import annotations

import subprocess
import sys

from dreamstream.bench.engine import CARD, vgg16_memory


def test_vgg16_fits_a_small_card() -> None:
    """XLA's plan for a dream by VGG-16 in bfloat16 at 1280x720 takes less than 4 GB."""
    assert 0.3e9 < vgg16_memory(CARD) < 4e9


def test_a_bad_size_is_wrong_usage() -> None:
    """--size small measures nothing."""
    command = [sys.executable, "-m", "dreamstream", "bench", "engine", "--size", "small"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--size: must look like 1280x720" in done.stderr
