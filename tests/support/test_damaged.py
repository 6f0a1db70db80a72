"""Damaged files of every kind: read, or refused in a sentence (`python -m benchmarks.fuzz` damages more of them)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fuzz
from dreamstream.support import pictures

COUNT = 200


@pytest.mark.parametrize("kind", fuzz.kinds())
def test_whole_files_are_read(tmp_path: Path, kind: str) -> None:
    """What is damaged below is whole before."""
    data, ending, read = fuzz.kinds()[kind]
    path = tmp_path / f"whole{ending}"
    path.write_bytes(data)
    assert read(path) is not None


@pytest.mark.parametrize("kind", fuzz.kinds())
def test_damaged_files_give_a_sentence(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No decoder's own exception, and no traceback, comes of a file that is broken."""
    monkeypatch.setattr(pictures, "MOST_PIXELS", fuzz.MOST_PIXELS)
    assert fuzz.faults(kind, COUNT, tmp_path) == []


def test_a_damaged_file_is_damaged_alike_again() -> None:
    """A seed that a report names makes the same file, and other seeds make others."""
    data = bytes(range(200))
    assert fuzz.damaged(data, 5) == fuzz.damaged(data, 5)
    assert len({fuzz.damaged(data, seed) for seed in range(50)}) > 40
