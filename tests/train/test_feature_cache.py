"""Features that are computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.train.feature_cache import FeatureCache

KEYS = [bytes([number]) * 32 for number in range(3)]
VECTORS = [np.arange(5, dtype=np.float16) + number for number in range(3)]


def filled(path: Path) -> Path:
    """A cache with three vectors."""
    with FeatureCache(path, 5) as cache:
        for key, vector in zip(KEYS, VECTORS, strict=True):
            cache.add(key, vector)
    return path


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    """In another run, too, and more can be added."""
    path = filled(tmp_path / "new" / "features.bin")
    with FeatureCache(path, 5) as cache:
        assert all(np.array_equal(cache[key], vector) for key, vector in zip(KEYS, VECTORS, strict=True))
        assert b"x" * 32 not in cache
        cache.add(b"x" * 32, VECTORS[0])
    with FeatureCache(path, 5) as cache:
        assert b"x" * 32 in cache


@pytest.mark.parametrize("left", [1, 40, 80])
def test_a_record_half_written_is_cut_off(tmp_path: Path, left: int) -> None:
    """As a killed process leaves it; those before it stay, and the file can grow again."""
    path = filled(tmp_path / "features.bin")
    size = path.stat().st_size // 3
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    with FeatureCache(path, 5) as cache:
        assert (KEYS[0] in cache) == (left >= size)
        cache.add(KEYS[2], VECTORS[2])
    with FeatureCache(path, 5) as cache:
        assert np.array_equal(cache[KEYS[2]], VECTORS[2])


def test_damage_in_the_middle(tmp_path: Path) -> None:
    """A record that is not what was written is never given out."""
    path = filled(tmp_path / "features.bin")
    data = bytearray(path.read_bytes())
    data[len(data) // 3 + 35] ^= 1
    path.write_bytes(data)
    with FeatureCache(path, 5) as cache:
        assert KEYS[0] in cache
        assert KEYS[1] not in cache
        assert KEYS[2] not in cache


def test_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes would write into each other's records."""
    monkeypatch.setattr("dreamstream.train.feature_cache.LOCK_WITHIN", 0.0)
    with FeatureCache(tmp_path / "a.bin", 5), pytest.raises(UserError, match="Another dreamstream is teaching"):
        FeatureCache(tmp_path / "a.bin", 5).__enter__()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """One sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Features cannot be kept in"):
        FeatureCache(tmp_path / "file" / "a.bin", 5).__enter__()
