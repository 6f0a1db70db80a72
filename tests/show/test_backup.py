"""A show's memory is saved while it runs and put back where none does; a file of strangers does no harm."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from dreamstream.cli.main import main
from dreamstream.core.errors import UsageError, UserError
from dreamstream.show import backup
from dreamstream.show.state import DATABASE, StateFolder

QUEUE = {"waiting": [{"who": "ann", "title": "bee"}]}


def running(folder: Path) -> StateFolder:
    """A show's folder, in use, with something of everything in it."""
    state = StateFolder(folder)
    assert state.save_queue(QUEUE)
    assert state.save_canvas(b"picture")
    (folder / "replay").mkdir()
    (folder / "replay" / "show-1.jsonl").write_text('{"dream": 1}\n')
    (folder / "recordings").mkdir()
    (folder / "recordings" / "long.mkv").write_bytes(bytes(1000))
    return state


def archive(path: Path, members: Mapping[str, bytes], about: Mapping[str, object] | None = None) -> Path:
    """A file that looks like a backup."""
    with tarfile.open(path, "w:gz") as made:
        for name, data in {"about.json": json.dumps(about or {"dreamstream": 1}).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return path


def test_what_is_saved_while_a_show_runs_comes_back_elsewhere(tmp_path: Path) -> None:
    """Queue, picture and logs; films and locks stay where they are; the file is its owner's alone."""
    state = running(tmp_path / "main")
    assert backup.save(tmp_path / "main", tmp_path / "b.tar.gz") == 3
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600
    state.save_queue({"waiting": []})
    state.close()
    assert backup.restore(tmp_path / "b.tar.gz", tmp_path / "there" / "again") is None
    again = StateFolder(tmp_path / "there" / "again")
    assert (again.load_queue(), again.load_canvas(), again.warning) == (QUEUE, b"picture", "")
    again.close()
    names = {path.name for path in (tmp_path / "there" / "again").rglob("*") if path.is_file()}
    assert names >= {DATABASE, "canvas.bin", "show-1.jsonl"}
    assert "long.mkv" not in names
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["again"]


def test_a_memory_is_never_lost_by_restoring(tmp_path: Path) -> None:
    """A folder in use is refused, one with a memory too; by force the one before is kept beside it."""
    state = running(tmp_path / "main")
    backup.save(tmp_path / "main", tmp_path / "b.tar.gz")
    state.save_canvas(b"newer")
    with pytest.raises(UserError, match="stop it first"):
        backup.restore(tmp_path / "b.tar.gz", tmp_path / "main", force=True)
    state.close()
    with pytest.raises(UsageError, match="--force"):
        backup.restore(tmp_path / "b.tar.gz", tmp_path / "main")
    before = backup.restore(tmp_path / "b.tar.gz", tmp_path / "main", force=True)
    assert before is not None
    assert (before / "canvas.bin").read_bytes() == b"newer"
    assert (tmp_path / "main" / "canvas.bin").read_bytes() == b"picture"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "main", "main.before"]


def test_an_empty_folder_takes_a_backup(tmp_path: Path) -> None:
    """A new volume has a folder already, or one that another user's mount owns."""
    running(tmp_path / "main").close()
    backup.save(tmp_path / "main", tmp_path / "b.tar.gz")
    (tmp_path / "new").mkdir()
    assert backup.restore(tmp_path / "b.tar.gz", tmp_path / "new") is None
    assert (tmp_path / "new" / "canvas.bin").read_bytes() == b"picture"
    assert not (tmp_path / ".new.restoring").exists()


@pytest.mark.parametrize(
    ("members", "about", "said"),
    [
        ({"../evil": b"x"}, None, "evil"),
        ({"/etc/evil": b"x"}, None, "evil"),
        ({"a/../../evil": b"x"}, None, "evil"),
        ({"c:evil": b"x"}, None, "evil"),
        ({}, None, DATABASE),
        ({DATABASE: b"no database"}, None, DATABASE),
        ({DATABASE: b""}, {"dreamstream": 2}, "form 2"),
        ({DATABASE: b""}, {"other": 2}, "about.json"),
    ],
)
def test_a_file_of_strangers_is_refused_whole(
    tmp_path: Path, members: dict[str, bytes], about: dict[str, object] | None, said: str
) -> None:
    """In a sentence; nothing of it stays, inside or outside the folder."""
    path = archive(tmp_path / "b.tar.gz", members, about)
    with pytest.raises(UserError, match=said):
        backup.restore(path, tmp_path / "there" / "main")
    assert list((tmp_path / "there").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def test_links_and_bombs_and_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link in a tar could lead anywhere; zeros pack well; a text is no tar; half a file is damaged."""
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as made:
        made.addfile(tarfile.TarInfo("about.json"), io.BytesIO(b""))
        link = tarfile.TarInfo("canvas.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    monkeypatch.setattr(backup, "MOST_BYTES", 1 << 20)
    archive(tmp_path / "bomb.tar.gz", {"canvas.bin": bytes(2 << 20)})
    (tmp_path / "text.tar.gz").write_text("hello")
    whole = archive(tmp_path / "whole.tar.gz", {"canvas.bin": bytes(range(256)) * 50}).read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    for name in ("link", "bomb", "text", "half"):
        with pytest.raises(UserError, match="no backup of a show"):
            backup.restore(tmp_path / f"{name}.tar.gz", tmp_path / "main")
    assert not (tmp_path / "main").exists()


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Save, put back elsewhere, and sentences for what is not there."""
    running(tmp_path / "main").close()
    file = str(tmp_path / "b.tar.gz")
    assert main(["backup", "--state", str(tmp_path / "main"), "-o", file]) == 0
    assert "has 3 files" in capsys.readouterr().out
    assert main(["backup", "--state", str(tmp_path / "main"), "-o", file]) == 2
    assert main(["backup", "--state", str(tmp_path / "none"), "-o", str(tmp_path / "c.tar.gz")]) == 1
    assert "no show's memory" in capsys.readouterr().err
    assert not (tmp_path / "c.tar.gz").exists()
    assert main(["restore", file, "--state", str(tmp_path / "again")]) == 0
    assert main(["restore", str(tmp_path / "none.tar.gz"), "--state", str(tmp_path / "again")]) == 1
    assert (tmp_path / "again" / "canvas.bin").read_bytes() == b"picture"
