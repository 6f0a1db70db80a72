"""What film is to be made: read from a log and arguments, kept beside the film for its workers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from dreamstream.core.version import __version__
from dreamstream.render.film.parts import Span
from dreamstream.support import files

NAME = "film.json"


@dataclass(frozen=True)
class FilmOrder:
    """Everything that a film's bytes depend on, but for the kind of machine. log: its path; digest: of its bytes."""

    log: str
    digest: str
    size: tuple[int, int]
    canvas: tuple[int, int]
    fps: int
    since: float
    until: float
    finish: str
    titled: bool
    version: str = __version__

    @property
    def span(self) -> Span:
        """Of which frames."""
        return Span(self.since, self.until, self.fps)

    def save(self, folder: Path) -> None:
        """Write it down for the workers. Raises OSError."""
        files.write(folder / NAME, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What `save` wrote; None where there is nothing that can be read."""
        try:
            said: dict[str, Any] = json.loads((folder / NAME).read_bytes())
            said |= {key: tuple(said[key]) for key in ("size", "canvas")}
            return cls(**said)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def digest_of(path: Path) -> str:
    """Of a file's bytes. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
