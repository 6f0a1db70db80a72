"""`dreamstream bench engine` on this machine, and what XLA plans for VGG-16 on a card."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_the_engine_is_measured(tmp_path: Path) -> None:
    """All figures are printed and written; a second start finds what the first compiled; VGG-16 in bfloat16 at
    1280x720 takes less than 4 GB.
    """
    output = tmp_path / "engine.json"
    command = [sys.executable, "-m", "dreamstream", "bench", "engine", "--seconds", "1", "--size", "160x96"]
    command += ["--model", "builtin", "--json", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    for name in (
        "a step",
        "a dream of 4 steps",
        "the same, begun one ahead",
        "cold start",
        "warm start",
        "resident memory",
        "VGG-16 on a card",
    ):
        assert f"\n{name} " in done.stdout
    figures = json.loads(output.read_text())
    assert 0 < figures["step"] < figures["dream"]
    assert figures["ahead"] > 0
    assert figures["dtype"] in ("float32", "bfloat16")
    assert figures["warm"]["compiled"] < figures["cold"]["compiled"]
    assert 0.3e9 < figures["vgg16_memory"] < 4e9


def test_a_bad_size_is_wrong_usage() -> None:
    """--size small measures nothing."""
    command = [sys.executable, "-m", "dreamstream", "bench", "engine", "--size", "small"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--size is 'small', but must look like 1280x720" in done.stderr
