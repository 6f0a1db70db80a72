"""One show's folder: queue, block list and counters in SQLite, the last canvas as a file. Survives kill -9.

A folder that cannot be written, or a disk that is full, costs the memory of the show but never the show: `warning` says
what happened, and everything goes on without being kept.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import filelock

from dreamstream.core.errors import UserError
from dreamstream.support import files

log = logging.getLogger(__name__)

_DATABASE, _LOCK, _CANVAS = "show.sqlite3", "show.lock", "canvas.bin"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
# After a failed write, how many seconds to leave the disk in peace.
_RETRY = 10.0


class StateFolder:
    """The folder of one show. Raises UserError when another show uses it.

    keeping: whether what is saved outlives this process; warning: why not, as a sentence ("" when all is well).
    Methods may be called from any thread.
    """

    def __init__(self, path: Path | str, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = Path(path)
        self.warning = ""
        self._clock, self._retry_at = clock, 0.0
        self._guard = threading.Lock()
        # Not of one thread: the folder is closed by another than the one that opened it.
        self._lock = filelock.FileLock(self.path / _LOCK, blocking=False, thread_local=False, mode=0o600)
        self._database: sqlite3.Connection | None = None
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)  # what viewers asked for is nobody else's
            self._lock.acquire()
        except filelock.Timeout:
            raise UserError(
                f"Another show is using {self.path}; stop it, or choose another --state or --channel."
            ) from None
        except OSError as error:
            self._warn(f"{self.path} cannot be written ({error.strerror}); the queue will not outlive a restart")
            return
        self._open()

    @property
    def keeping(self) -> bool:
        """Whether what is saved now outlives this process."""
        return self._database is not None and not self.warning

    def save_queue(self, snapshot: Mapping[str, Any]) -> bool:
        """Keep what `Bot.snapshot` gave; it is safe from kill -9 when this returns True."""
        return self.save("queue", snapshot)

    def load_queue(self) -> Any:
        """What was kept last; None when nothing was, or it cannot be read."""
        return self.load("queue")

    def save(self, key: str, value: Any) -> bool:
        """Keep any JSON-able value under a key; whether it was kept."""
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        return self._write("INSERT OR REPLACE INTO items VALUES (?, ?)", key, text)

    def load(self, key: str) -> Any:
        """The value kept under a key, or None."""
        rows = self._read("SELECT value FROM items WHERE key = ?", key)
        try:
            return json.loads(rows[0][0]) if rows else None
        except (ValueError, TypeError):
            return None

    def count(self, name: str, more: int = 1) -> bool:
        """Add to a counter that runs over all restarts; whether it was kept."""
        return self._write(
            "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2", name, more
        )

    def counters(self) -> dict[str, int]:
        """All counters."""
        return {row[0]: row[1] for row in self._read("SELECT name, value FROM counters")}

    def save_canvas(self, data: bytes) -> bool:
        """Keep the last canvas; a crash leaves the old one or the new one, never a part. Whether it was kept."""
        if not self._lock.is_locked:
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
            if self._database is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._database.close()
                self._database = None
            self._lock.release()

    def _open(self) -> None:
        file = self.path / _DATABASE
        for attempt in range(2):
            try:
                file.touch(0o600)
                file.chmod(0o600)  # SQLite gives its other files the same
                self._database = sqlite3.connect(file, timeout=2.0, isolation_level=None, check_same_thread=False)
                # WAL with NORMAL is safe against the death of the process; only a power cut may lose the last moment.
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute("PRAGMA synchronous=NORMAL")
                self._database.executescript(_SCHEMA)
                return
            except (OSError, sqlite3.OperationalError) as error:
                self._abandon()
                self._warn(f"{file} cannot be written ({error}); the queue will not outlive a restart")
                return
            except sqlite3.DatabaseError as error:
                # A damaged file must not keep the show from starting; it is set aside for whoever wants to look.
                self._abandon()
                if attempt:
                    self._warn(f"{file} cannot be used ({error}); the queue will not outlive a restart")
                    return
                log.warning("%s is damaged (%s); it is kept as %s.damaged and a new one is begun", file, error, file)
                with contextlib.suppress(OSError):
                    file.replace(f"{file}.damaged")
                    for suffix in ("-wal", "-shm"):
                        Path(f"{file}{suffix}").unlink(missing_ok=True)

    def _abandon(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = None

    def _write(self, statement: str, *values: object) -> bool:
        with self._guard:
            if self._database is None or (self.warning and self._clock() < self._retry_at):
                return False
            try:
                self._database.execute(statement, values)
            except sqlite3.Error as error:
                self._retry_at = self._clock() + _RETRY
                self._warn(f"{self.path} cannot be written ({error}); the queue will not outlive a restart")
                return False
            self.warning = ""
            return True

    def _read(self, statement: str, *values: object) -> list[Any]:
        with self._guard:
            if self._database is None:
                return []
            try:
                return self._database.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                self._warn(f"{self.path} cannot be read ({error})")
                return []

    def _warn(self, text: str) -> None:
        if text != self.warning:
            log.warning("%s", text)
        self.warning = text
