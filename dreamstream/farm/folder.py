"""A farm's folder: its lock, each channel's settings, state and log, and where its wall is.

    farm.lock
    wall.json  locks.json  tokens.json  ports.json  drained.json  jobs.json  targets.json (for Prometheus)
    channels/NAME/: settings.toml  state/  log
    records/NAME.json, by which a process is found again
    jobs/ID/: log  result

Everything in it is for its owner alone: settings hold stream keys.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import filelock
import platformdirs
import tomli_w

from dreamstream.core.errors import UserError
from dreamstream.settings.show import APP
from dreamstream.support import files
from dreamstream.support.folder_lock import FolderLock

# What a channel printed is cut to its last part when it is longer: a show that runs for weeks may warn a lot.
LOG_BYTES = 4 << 20


def default_folder() -> Path:
    """Where a farm keeps its things when nobody says."""
    return platformdirs.user_state_path(APP) / "farm"


class FarmFolder:
    """The folder of one farm. Methods that write raise OSError where a disk is full or a folder is taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path / "farm.lock")

    def open(self) -> bool:
        """Have the folder; False when another farm has it. Raises UserError when it cannot be written."""
        try:
            self.records.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self._lock.hold()
        except filelock.Timeout:
            return False
        except OSError as error:
            raise UserError(f"The farm's folder {self.path} cannot be written: {error.strerror}.") from None
        return True

    def close(self) -> None:
        """Let another farm have it."""
        (self.path / "wall.json").unlink(missing_ok=True)
        self._lock.release()

    @property
    def records(self) -> Path:
        """Where back ends write down what they started."""
        return self.path / "records"

    def channel(self, name: str) -> Path:
        """The folder of one channel."""
        return self.path / "channels" / name

    def log(self, name: str) -> Path:
        """What a channel's process has printed."""
        return self.channel(name) / "log"

    def write_settings(self, name: str, settings: Mapping[str, Any]) -> Path:
        """A channel's settings as the file that its process reads."""
        home = self.channel(name)
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        path = home / "settings.toml"
        files.write(path, tomli_w.dumps(dict(settings)).encode(), private=True)
        return path

    def read_settings(self, name: str) -> dict[str, Any]:
        """What a channel's process was started with last; {} for nothing that can be read."""
        try:
            return tomllib.loads((self.channel(name) / "settings.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}

    def cut_log(self, name: str) -> None:
        """Keep the last half of a log that has grown too long. The process writes on at its end."""
        path = self.log(name)
        if not path.exists() or path.stat().st_size <= LOG_BYTES:
            return
        with path.open("r+b") as log:
            log.seek(-LOG_BYTES // 2, os.SEEK_END)
            kept = log.read().partition(b"\n")[2]
            log.seek(0)
            log.truncate()
            log.write(kept)

    def save(self, name: str, value: Any) -> None:
        """Keep any JSON-able value under a name."""
        files.write(self.path / f"{name}.json", json.dumps(value).encode(), private=True)

    def load(self, name: str) -> dict[str, Any]:
        """What was kept; {} for nothing that can be read."""
        try:
            value = json.loads((self.path / f"{name}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, without reading more of it than needed; none where there is no log."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(-min(size, 1000 * lines), os.SEEK_END)
            return log.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []
