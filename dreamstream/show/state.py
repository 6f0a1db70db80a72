"""One show's folder: queue and block list in SQLite, the last canvas as a file. Survives kill -9.

A folder that cannot be written, or a disk that is full, costs the memory of the show but never the show: `warning` says
what happened, and everything goes on without being kept.

absent -> open -> lost or broken -> open ... -> closed
  open: lock and database are this show's; what is saved is kept.
  absent, lost (taken away while it ran), broken (a damaged file): nothing is kept; `look` begins anew with what was
  saved last. A damaged file is set aside, never deleted.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import filelock

from dreamstream.core.errors import UserError
from dreamstream.support import files
from dreamstream.support.folder_lock import FolderLock

log = logging.getLogger(__name__)

DATABASE, LOCK, _CANVAS = "show.sqlite3", "show.lock", "canvas.bin"
# sum: of key and value, by which a flipped byte in them is found out.
_SCHEMA = "CREATE TABLE items (key TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID"
_SAVE = "INSERT OR REPLACE INTO items VALUES (?, ?, ?)"
# After a failed write, how many seconds to leave the disk in peace.
_RETRY = 10.0
# Seconds between two looks at whether the folder is still there.
_LOOK = 20.0
# What SQLite says of a disk, of rights and of other programs; all else it says of a file is damage.
_CIRCUMSTANCES = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
    )
)


class _DamagedError(Exception):
    """The database is none of ours any more; the text says why."""


class StateFolder:
    """The folder of one show. Raises UserError when another show uses it.

    warning: why what is saved does not outlive this process, as a sentence ("" when it does).
    Methods may be called from any thread.
    """

    def __init__(self, path: Path | str, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = Path(path)
        self.warning = ""
        self._clock, self._retry_at, self._look_at = clock, 0.0, clock() + _LOOK
        self._guard = threading.Lock()
        self._lock = FolderLock(self.path / LOCK)
        self._database: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None
        self._saved: dict[str, str] = {}
        self._closed = False
        try:
            self._begin()
        except filelock.Timeout:
            raise UserError(
                f"Another show is using {self.path}; stop it, or choose another --state or --channel."
            ) from None

    def look(self) -> None:
        """Notice that the folder was taken away or its file damaged, and begin anew; call it often, it looks rarely."""
        if self._clock() < self._look_at:
            return
        with self._guard:
            self._look_at = self._clock() + _LOOK
            if self._closed or (self._database is not None and self._is_there()):
                return
            if self._database is not None:
                log.warning("%s was taken away while the show ran; it is begun anew.", self.path)
            self._abandon()
            try:
                self._begin()
                if self._database is not None:
                    self._database.executemany(_SAVE, [_row(*each) for each in self._saved.items()])
                    self.warning = ""
            except filelock.Timeout:
                self._warn(f"Another show is using {self.path} now; the queue will not outlive a restart")
            except sqlite3.Error as error:
                self._failed(error)

    def set_aside(self, why: str) -> None:
        """Keep the database as another file for whoever wants to look, and begin a new one; why: what is wrong."""
        with self._guard:
            if self._database is not None:
                self._abandon()
                self._put_aside(why)
                self._open()

    def save_queue(self, snapshot: Mapping[str, Any]) -> bool:
        """Keep what `Bot.snapshot` gave; it is safe from kill -9 when this returns True."""
        return self.save("queue", snapshot)

    def load_queue(self) -> Any:
        """What was kept last; None when nothing was, or it cannot be read."""
        return self.load("queue")

    def save(self, key: str, value: Any) -> bool:
        """Keep any JSON-able value under a key; whether it was kept."""
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        with self._guard:
            self._saved[key] = text
            if self._database is None or (self.warning and self._clock() < self._retry_at):
                return False
            try:
                self._database.execute(_SAVE, _row(key, text))
            except sqlite3.Error as error:
                self._failed(error)
                return False
            self.warning = ""
            return True

    def load(self, key: str) -> Any:
        """The value kept under a key, or None."""
        with self._guard:
            if self._database is None:
                return None
            try:
                row = self._database.execute("SELECT value FROM items WHERE key = ?", (key,)).fetchone()
                return None if row is None else json.loads(row[0])
            except (sqlite3.Error, ValueError, RecursionError) as error:
                self._warn(f"{self.path} cannot be read ({error})")
                return None

    def save_canvas(self, data: bytes) -> bool:
        """Keep the last canvas; a crash leaves the old one or the new one, never a part. Whether it was kept."""
        if not self._lock.held:
            return False
        try:
            files.write(self.path / _CANVAS, data, lasting=True, private=True)
        except OSError as error:
            self._warn(f"the canvas was not saved in {self.path} ({error.strerror}); the show goes on")
            return False
        return True

    def load_canvas(self) -> bytes | None:
        """The canvas kept last, or None."""
        try:
            return (self.path / _CANVAS).read_bytes()
        except OSError:
            return None

    def close(self) -> None:
        """Close the files and let another show have the folder."""
        with self._guard:
            self._closed = True
            self._abandon()
            self._lock.release()

    def _begin(self) -> None:
        """Have folder, lock and database, or warn. Raises filelock.Timeout when another show has them."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)  # what viewers asked for is nobody else's
            self._lock.hold()
        except OSError as error:  # filelock.Timeout is one, too
            if isinstance(error, filelock.Timeout):
                raise
            self._warn(f"{self.path} cannot be written ({error.strerror}); the queue will not outlive a restart")
            return
        self._open()

    def _open(self) -> None:
        file = self.path / DATABASE
        for attempt in range(2):
            try:
                self._connect(file)
                return
            except _DamagedError as error:
                # A damaged file must not keep the show from starting.
                self._abandon()
                if attempt:
                    self._warn(f"{file} cannot be used ({error}); the queue will not outlive a restart")
                else:
                    self._put_aside(str(error))
            except (OSError, sqlite3.Error) as error:
                self._abandon()
                self._warn(f"{file} cannot be written ({error}); the queue will not outlive a restart")
                return

    def _connect(self, file: Path) -> None:
        """Open the database and see that it is whole. Raises OSError, sqlite3.Error, or _DamagedError."""
        file.touch(0o600)
        file.chmod(0o600)  # SQLite gives its other files the same
        try:
            self._database = base = sqlite3.connect(file, timeout=2.0, isolation_level=None, check_same_thread=False)
            # WAL with NORMAL is safe against the death of the process; only a power cut may lose the last moment.
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=NORMAL")
            schema = [row[0] for row in base.execute("SELECT sql FROM sqlite_master")]
            if not schema:
                base.execute(_SCHEMA)
            elif _SCHEMA not in schema:
                raise _DamagedError("its tables are others")
            if (word := base.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise _DamagedError(str(word).splitlines()[-1])
            rows = base.execute("SELECT key, value, sum FROM items").fetchall()
            if any(row != _row(*row[:2]) for row in rows):
                raise _DamagedError("what it holds is not what was saved")
            # Also where nothing is saved for long: whether it can be written is known now.
            base.execute("PRAGMA user_version = 1")
        except UnicodeError:  # of the words that SQLite has for what is wrong
            raise _DamagedError("it holds what is no text") from None
        except sqlite3.Error as error:
            if _is_damage(error, file):
                # Without what the file holds: logs are read by more people.
                raise _DamagedError(str(error).partition(" with text ")[0]) from None
            raise
        self._file = file.stat()

    def _put_aside(self, why: str) -> None:
        file = self.path / DATABASE
        kept = files.free_name(file.with_name(f"{DATABASE}.damaged"))
        log.warning("%s is damaged (%s); it is kept as %s and a new one is begun.", file, why, kept.name)
        with contextlib.suppress(OSError):
            file.replace(kept)
            for suffix in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{file}{suffix}").replace(f"{kept}{suffix}")

    def _is_there(self) -> bool:
        try:
            there = self._file is not None and os.path.samestat((self.path / DATABASE).stat(), self._file)
        except OSError:
            return False
        return there and self._lock.held

    def _failed(self, error: sqlite3.Error) -> None:
        """A write failed: leave the disk in peace for a while, or have `look` begin anew when the file is damaged."""
        self._retry_at = self._clock() + _RETRY
        self._warn(f"{self.path} cannot be written ({error}); the queue will not outlive a restart")
        if _is_damage(error, self.path / DATABASE):
            self._abandon()

    def _abandon(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = None

    def _warn(self, text: str) -> None:
        if text != self.warning:
            log.warning("%s", text)
        self.warning = text


def _row(key: str, text: str) -> tuple[str, str, int]:
    return key, text, zlib.crc32(f"{key}={text}".encode())


def _is_damage(error: sqlite3.Error, file: Path) -> bool:
    """Whether an error tells of the file itself, not of the disk or of who may write."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_READONLY:  # also what a flipped byte in the head of the file looks like
        return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    return code not in _CIRCUMSTANCES
