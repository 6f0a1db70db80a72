"""The folder of one training: what it is, a checkpoint to go on from, log, sheets, the film's pictures.

Every file but the log is written whole or not at all, so that the folder survives whatever ends the training.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock
import flax.serialization
import jax
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.files import replacing
from dreamstream.support.folder_lock import FolderLock
from dreamstream.support.pictures import save_picture

log = logging.getLogger(__name__)
Tree = Any
RECIPE, CHECKPOINT, LOG, FILM = "recipe.json", "checkpoint.msgpack", "log.jsonl", "film.mp4"


class RunFolder:
    """Opened by one process at a time.

    recipe: everything that decides what is learned; a folder that holds another one is refused, unless `anew`, which
    empties it. Raises UserError.
    """

    def __init__(self, path: Path, recipe: dict[str, Any], *, anew: bool = False) -> None:
        self.path = path
        try:
            (path / "film").mkdir(parents=True, exist_ok=True)
            (path / "sheets").mkdir(exist_ok=True)
            self._lock = FolderLock(path / ".lock")
            self._lock.hold()
        except filelock.Timeout:
            raise UserError(f"Another process is learning in {path}; wait for it, or give another -o.") from None
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror or error}.") from None
        try:
            self._open(recipe, anew)
        except BaseException:
            self._lock.release()
            raise

    def _open(self, recipe: dict[str, Any], anew: bool) -> None:
        written = self.path / RECIPE
        if anew:
            for name in (CHECKPOINT, LOG, RECIPE, FILM):
                (self.path / name).unlink(missing_ok=True)
            for folder in ("film", "sheets"):
                shutil.rmtree(self.path / folder)
                (self.path / folder).mkdir()
        if written.is_file():
            try:
                before = json.loads(written.read_text("utf-8"))
            except (OSError, ValueError):
                raise UserError(f"{written} cannot be read; start anew with --force.") from None
            other = sorted(name for name in {*before, *recipe} if before.get(name) != recipe.get(name))
            if other:
                name = other[0]
                raise UsageError(
                    f"{self.path} holds a training with another {name} ({before.get(name)}, not {recipe.get(name)}); "
                    "give another -o, or start anew with --force."
                )
        with replacing(written) as partial:
            partial.write_text(json.dumps(recipe, indent=1) + "\n", "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._lock.release()

    def save(self, checkpoint: dict[str, Any]) -> None:
        """Keep what to go on from. Raises UserError when it cannot be written; the one before stays."""
        data = flax.serialization.msgpack_serialize(flax.serialization.to_state_dict(jax.device_get(checkpoint)))
        with replacing(self.path / CHECKPOINT) as partial:
            partial.write_bytes(data)

    def load(self) -> dict[str, Any] | None:
        """What was kept; None where nothing was. Raises UserError for a broken file."""
        path = self.path / CHECKPOINT
        if not path.is_file():
            return None
        try:
            found = flax.serialization.msgpack_restore(path.read_bytes())
        except Exception as error:  # msgpack's own are many
            raise UserError(f"{path} is broken ({error}); start anew with --force.") from None
        if not isinstance(found, dict):
            raise UserError(f"{path} is broken; start anew with --force.")
        return found

    def tell(self, figures: dict[str, Any]) -> None:
        """Add a line to the log. Raises UserError when it cannot be written."""
        try:
            with (self.path / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(figures) + "\n")
        except OSError as error:
            raise UserError(f"{self.path / LOG} cannot be written: {error.strerror or error}.") from None

    def add_sheet(self, seconds: float, sheet: NDArray[np.uint8]) -> None:
        """Keep a sheet of samples, called by the seconds that were learned."""
        save_picture(self.path / "sheets" / f"{round(seconds):05d}s.png", sheet)

    def add_to_film(self, step: int, picture: NDArray[np.uint8]) -> None:
        """Keep a picture of the film."""
        save_picture(self.path / "film" / f"{step:07d}.png", picture)

    def film(self) -> list[Path]:
        """The film's pictures in order."""
        return sorted((self.path / "film").glob("[0-9]*.png"))

    def keep_film(self, film: Path) -> None:
        """Keep a copy of the film, for the laboratory of a show. Raises UserError when it cannot be written."""
        with replacing(self.path / FILM) as partial:
            shutil.copyfile(film, partial)

    def forget_after(self, step: int) -> None:
        """Take away the film's pictures of steps that no checkpoint knows."""
        for path in self.film():
            if int(path.stem) > step:
                path.unlink()
