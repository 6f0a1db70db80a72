"""A training's folder belongs to one recipe and one process, and survives what happens to it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.train.learn.run_folder import CHECKPOINT, RunFolder

RECIPE = {"recipe": "quick", "size": 64}


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Arrays, numbers and words; pictures of the film that no checkpoint knows are taken away."""
    with RunFolder(tmp_path / "a.run", RECIPE) as folder:
        assert folder.load() is None
        folder.save({"phase": "by heart", "step": 7, "state": {"w": np.arange(3.0)}})
        for step in (0, 7, 9):
            folder.add_to_film(step, np.zeros((8, 8, 3), np.uint8))
        folder.tell({"step": 7})
    with RunFolder(tmp_path / "a.run", RECIPE) as folder:
        found = folder.load()
        assert found is not None
        assert (found["phase"], found["step"]) == ("by heart", 7)
        np.testing.assert_array_equal(found["state"]["w"], np.arange(3.0))
        folder.forget_after(7)
        assert [int(path.stem) for path in folder.film()] == [0, 7]
        assert (folder.path / "log.jsonl").read_text() == '{"step": 7}\n'


def test_another_recipe_is_refused_unless_anew(tmp_path: Path) -> None:
    """By what differs; begun anew, nothing of the old one is left."""
    with RunFolder(tmp_path / "a.run", RECIPE) as folder:
        folder.save({"step": 1})
        folder.add_to_film(1, np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(UserError, match=r"another size \(64, not 128\)"):
        RunFolder(tmp_path / "a.run", RECIPE | {"size": 128})
    with RunFolder(tmp_path / "a.run", RECIPE | {"size": 128}, anew=True) as folder:
        assert folder.load() is None
        assert not folder.film()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """The second is told; after the first it may."""
    with RunFolder(tmp_path / "a.run", RECIPE), pytest.raises(UserError, match="Another process is learning"):
        RunFolder(tmp_path / "a.run", RECIPE)
    with RunFolder(tmp_path / "a.run", RECIPE):
        pass


def test_damage_gets_a_sentence(tmp_path: Path) -> None:
    """A checkpoint that is none, a recipe that is none, a folder that cannot be."""
    with RunFolder(tmp_path / "a.run", RECIPE) as folder:
        (folder.path / CHECKPOINT).write_bytes(b"\x93\x01")
        with pytest.raises(UserError, match="is broken"):
            folder.load()
    (tmp_path / "a.run" / "recipe.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        RunFolder(tmp_path / "a.run", RECIPE)
    (tmp_path / "b.run").write_text("a file")
    with pytest.raises(UserError, match="cannot be written"):
        RunFolder(tmp_path / "b.run", RECIPE)


def test_a_full_disk_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept before stays, and nothing half-written."""
    with RunFolder(tmp_path / "a.run", RECIPE) as folder:
        folder.save({"step": 1})
        before = sorted(folder.path.rglob("*"))
        with monkeypatch.context() as patched:
            patched.setattr(Path, "write_bytes", full)
            with pytest.raises(UserError, match=r"checkpoint.* cannot be written: No space left on device\."):
                folder.save({"step": 2})
        found = folder.load()
        assert found is not None
        assert found["step"] == 1
        assert sorted(folder.path.rglob("*")) == before


def full(path: Path, data: bytes) -> int:
    """Write half of it to a disk that is full then."""
    with path.open("wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
