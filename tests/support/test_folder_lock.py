"""One process has a folder: nobody comes in between, and a folder of the same name is taken anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import filelock
import pytest

from dreamstream.support.folder_lock import FolderLock


def test_held_again_and_again_is_never_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Holding what is held opens no gap for another."""
    ours, theirs = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    ours.hold()
    monkeypatch.setattr(ours._lock, "release", lambda: pytest.fail("a gap"))
    ours.hold()
    assert ours.held
    with pytest.raises(filelock.Timeout):
        theirs.hold()
    assert not theirs.held
    monkeypatch.undo()
    ours.release()
    theirs.hold()
    assert [ours.held, theirs.held] == [False, True]


def test_another_folder_of_the_same_name_is_taken_anew(tmp_path: Path) -> None:
    """A folder that was deleted is not held; its successor may be."""
    home = tmp_path / "home"
    home.mkdir()
    lock, other = FolderLock(home / "lock"), FolderLock(home / "lock")
    lock.hold()
    shutil.rmtree(home)
    assert not lock.held
    home.mkdir()
    assert not lock.held
    lock.hold()
    with pytest.raises(filelock.Timeout):
        other.hold()
    lock.release()
    lock.release()
    assert not lock.held


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    """Whoever may read the folder learns nothing from the lock, and may not hold it for us."""
    lock = FolderLock(tmp_path / "lock")
    lock.hold()
    assert lock.path.stat().st_mode & 0o077 == 0
