"""The sheet of pictures that shows what a network dreams of each word; the built-in network comes with one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamstream.support.resources import models_folder


@dataclass(frozen=True)
class Sheet:
    """A WebP file of square pictures, row by row: side in pixels, pictures in a row, and the word of each."""

    path: Path
    side: int
    columns: int
    names: tuple[str, ...]

    def about(self) -> dict[str, Any]:
        """What the page needs, as plain JSON values; its address is relative to the page."""
        # The number changes with the file, so that a browser may keep it for long.
        stamp = int(self.path.stat().st_mtime)
        return {"sheet": f"dreams.webp?{stamp}", "side": self.side, "columns": self.columns, "names": list(self.names)}


def sheet_for(words: Sequence[str], path: Path | None = None, model: str | Path = "") -> Sheet | None:
    """The sheet of a show with these words: the one beside the model's file, as `dreamstream teach` makes it, or the
    built-in network's; None where neither shows these words. path: of another sheet, instead of these.
    """
    beside = Path(model).with_suffix(".webp") if Path(model).suffix else None
    places = [path] if path else [beside, models_folder() / "builtin" / "dreams.webp"]
    sheets = (_sheet(place) for place in places if place is not None)
    return next((sheet for sheet in sheets if sheet is not None and set(sheet.names) == set(words)), None)


def _sheet(path: Path) -> Sheet | None:
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        sheet = Sheet(path, int(about["side"]), int(about["columns"]), tuple(about["names"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sheet if path.is_file() else None
