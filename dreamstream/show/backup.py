"""A show's memory as one file: queue, block list, last picture and logs, saved while the show runs, and put back.

A backup is a gzipped tar. Its first member, `about.json`, says the form; then come the files of the state folder.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import sqlite3
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import filelock

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.version import __version__
from dreamstream.show.state import DATABASE, LOCK
from dreamstream.support import files
from dreamstream.support.folder_lock import FolderLock

FORM = 1
ABOUT = "about.json"
# What is not part of a show's memory: films may be as large as the disk, and a lock belongs to a process.
LEFT_OUT = ("recordings",)
# Far more than any show keeps; a file of strangers can be made to unpack to anything.
MOST_FILES, MOST_BYTES = 10_000, 1 << 30
_CHUNK = 1 << 20


def save(folder: Path, output: Path, wall: Callable[[], float] = time.time) -> int:
    """Write the memory in a state folder to a file, also while its show runs; how many files that is.

    Raises UserError when there is none, or it cannot be read or written.
    """
    if not (folder / DATABASE).is_file():
        raise UserError(f"There is no show's memory in {folder}; name it by --channel or --state.")
    count = 0
    try:
        with files.replacing(output) as partial, tarfile.open(partial, "w:gz", format=tarfile.PAX_FORMAT) as archive:
            partial.chmod(0o600)  # what viewers asked for is nobody else's
            about = {"dreamstream": FORM, "version": __version__, "made": round(wall())}
            _add(archive, ABOUT, json.dumps(about).encode())
            # A copy by SQLite itself, which is whole although the show writes meanwhile.
            _add(archive, DATABASE, _database(folder / DATABASE))
            for path in _others(folder):
                # Read first: logs grow, and pictures are replaced; one that is gone by now was an old one.
                with contextlib.suppress(FileNotFoundError):
                    _add(archive, path.relative_to(folder).as_posix(), path.read_bytes())
            count = len(archive.getmembers()) - 1
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"The memory in {folder} cannot be read: {error}.") from None
    return count


def restore(source: Path, folder: Path, *, force: bool = False) -> Path | None:
    """Put a saved memory into a state folder. force: also where there is one, which is kept beside it.

    Returns where the one before is, if there was any. Raises UserError for a file that is no backup or a folder in use,
    UsageError for one that has a memory.
    """
    aside: Path | None = None
    with _unpacked(source, folder) as fresh, _held(folder):
        if not folder.exists():
            fresh.rename(folder)
            return None
        if (folder / DATABASE).exists():
            if not force:
                raise UsageError(f"{folder} has a show's memory already; --force keeps that beside it.")
            aside = files.free_name(folder.with_name(f"{folder.name}.before"))
            aside.mkdir(mode=0o700)
            _move(folder, aside)
        # File by file: the folder may be a volume of its own, and its lock is held.
        _move(fresh, folder)
    return aside


def _move(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.name != LOCK:
            path.rename(target / path.name)


def _database(path: Path) -> bytes:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(address, uri=True, timeout=10)) as source,
        contextlib.closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()


def _others(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        of_sqlite = name.name.startswith(DATABASE)
        if hidden or of_sqlite or name.parts[0] in LEFT_OUT or path.suffix == ".lock" or path.is_symlink():
            continue
        if path.is_file():
            yield path


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


@contextlib.contextmanager
def _unpacked(source: Path, folder: Path) -> Iterator[Path]:
    """The files of a backup in a folder beside `folder`, which is removed if it is still there at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = files.free_name(folder.with_name(f".{folder.name}.restoring"))
    fresh.mkdir(mode=0o700)
    try:
        try:
            with tarfile.open(source, "r:gz") as archive:
                _unpack(archive, source, fresh)
        except (tarfile.TarError, EOFError, ValueError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(f"{source} is no backup of a show, or a damaged one ({error}).") from None
        except OSError as error:
            raise UserError(f"{source} cannot be unpacked beside {folder}: {error.strerror or error}.") from None
        if not _whole(fresh / DATABASE):
            raise UserError(f"{source} is no backup of a show, or a damaged one: its {DATABASE} cannot be read.")
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _unpack(archive: tarfile.TarFile, source: Path, fresh: Path) -> None:
    first, room = True, MOST_BYTES
    for number, member in enumerate(archive):
        name = PurePosixPath(member.name)
        plain = member.isreg() and name.parts and not name.is_absolute() and ".." not in name.parts
        if not plain or any("\\" in part or ":" in part for part in name.parts) or number > MOST_FILES:
            raise ValueError(f"it has {member.name[:80]!r}, which no backup has")
        room -= member.size
        if room < 0:
            raise ValueError(f"it unpacks to more than {MOST_BYTES >> 20} MiB")
        data = archive.extractfile(member)
        assert data is not None
        if first:
            _check_about(name, data.read(_CHUNK), source)
            first = False
            continue
        path = fresh.joinpath(*name.parts)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as file:
            path.chmod(0o600)
            _copy(data, file)
    if first:
        raise ValueError("it is empty")


def _check_about(name: PurePosixPath, data: bytes, source: Path) -> None:
    about = json.loads(data) if name.as_posix() == ABOUT else None
    form = about.get("dreamstream") if isinstance(about, dict) else None
    if form is None:
        raise ValueError(f"it does not begin with {ABOUT}")
    if form != FORM:
        raise UserError(f"{source} is a backup of form {str(form)[:20]}; this dreamstream reads form {FORM}.")


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while data := source.read(_CHUNK):
        target.write(data)


def _whole(database: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(database)) as base:
            base.execute("SELECT key, value, sum FROM items").fetchall()
            return bool(base.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The folder is no show's meanwhile. Raises UserError when one has it."""
    if not folder.exists():
        yield
        return
    lock = FolderLock(folder / LOCK)
    try:
        lock.hold()
    except filelock.Timeout:
        raise UserError(f"A show is using {folder}; stop it first.") from None
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()
