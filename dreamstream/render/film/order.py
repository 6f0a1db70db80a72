"""What film is to be made: read from a log or a cue list and arguments, kept beside the film for its workers."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from dreamstream.core.arguments import SMALLEST, size_of, within
from dreamstream.core.errors import UsageError
from dreamstream.core.version import __version__
from dreamstream.journal.reader import ShowRecord, read_show
from dreamstream.render.film.dreamed import Asked, card_of, digest_of_pictures, show_of
from dreamstream.render.film.parts import Span
from dreamstream.support import files, machine
from dreamstream.weights.catalog import model_hash

NAME = "film.json"
# Of the film of a cue list, where nothing is said.
SIZE, FPS = "640x360", 30


@dataclass(frozen=True)
class FilmOrder:
    """Everything that a film's bytes depend on, but for the kind of machine, and for its sound.

    source: the path of a log, or of a cue list, which is dreamed as `asked` says; digest: of its bytes.
    """

    source: str
    digest: str
    size: tuple[int, int]
    canvas: tuple[int, int]
    fps: int
    since: float
    until: float
    finish: str
    titled: bool
    asked: Asked | None = None
    version: str = __version__

    @property
    def span(self) -> Span:
        """Of which frames."""
        return Span(self.since, self.until, self.fps)

    def show(self, folder: Path) -> ShowRecord:
        """What it is a film of. folder: where the checkpoints of a cue list are put. Raises UserError."""
        if self.asked is None:
            return read_show(Path(self.source))
        return show_of(Path(self.source), self.asked, self.size, self.canvas, self.fps, folder)

    def save(self, folder: Path) -> None:
        """Write it down for the workers. Raises OSError."""
        files.write(folder / NAME, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What `save` wrote; None where there is nothing that can be read."""
        try:
            said: dict[str, Any] = json.loads((folder / NAME).read_bytes())
            said |= {key: tuple(said[key]) for key in ("size", "canvas")}
            said["asked"] = said["asked"] and Asked(**said["asked"])
            return cls(**said)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def order_of_cues(args: argparse.Namespace, folder: Path) -> FilmOrder:
    """What is to be made of a cue list, as the arguments say. folder: where its parts will be. Raises UserError."""
    if args.since:
        raise UsageError("A cue list's film begins at its beginning: every dream is made from the one before.")
    size = size_of(args.size or SIZE)
    said = args.dream_size or "auto"
    if said == "show":
        raise UsageError("A cue list has no show whose canvas could be taken; give --dream-size as WIDTHxHEIGHT.")
    canvas = machine.canvas_size(*size, SMALLEST) if said == "auto" else size_of(said)
    fps = int(within("fps", args.fps or FPS, 1, 60))
    model, dreamer, subject = (
        str(Path(name).resolve()) if Path(name).is_file() else str(name)
        for name in (args.model, args.dreamer, args.subject)
    )
    asked = Asked(model, dreamer, args.preset, args.seed, dict(args.controls), args.steps, subject)
    card = card_of(asked, canvas)
    path = args.source.resolve()
    # What "auto" means today is what the parts are made with, whenever they are made.
    asked = replace(asked, model=card.model or model, preset=card.preset or asked.preset)
    show = show_of(path, asked, size, canvas, fps, folder)
    weights = "".join(model_hash(file) for file in (card.model, card.subject) if file)
    asked = replace(asked, sha256=digest_of_pictures(show, weights))
    until = min(args.until or show.length, show.length)
    return FilmOrder(str(path), digest_of(path), size, canvas, fps, 0.0, until, args.finish, args.overlay, asked)


def digest_of(path: Path) -> str:
    """Of a file's bytes. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
