"""One process has a folder, also when the folder is taken away and another of its name comes."""

from __future__ import annotations

import os
from pathlib import Path

import filelock


class FolderLock:
    """The lock file of a folder: whoever holds it may write there.

    `hold` never lets go of a lock that is still the one at its path, so that nobody can come in between.
    Methods may be called from any thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not of one thread: a folder is often let go of by another than the one that took it.
        self._lock = filelock.FileLock(path, blocking=False, thread_local=False, mode=0o600)
        self._held: os.stat_result | None = None

    @property
    def held(self) -> bool:
        """Whether the lock file at its path is the one that we hold."""
        try:
            return self._held is not None and os.path.samestat(self.path.stat(), self._held)
        except OSError:
            return False

    def hold(self) -> None:
        """Have the folder, anew where it is another by now. Raises filelock.Timeout when somebody has it, OSError."""
        if self.held:
            return
        self.release()
        self._lock.acquire()
        self._held = self.path.stat()

    def release(self) -> None:
        """Let somebody else have the folder."""
        self._held = None
        self._lock.release()
