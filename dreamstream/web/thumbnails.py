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


def sheet_for(words: Sequence[str], path: Path | None = None) -> Sheet | None:
    """The built-in network's sheet when a show's words are that network's; None for other words, or without a sheet."""
    path = path or models_folder() / "builtin" / "dreams.webp"
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        sheet = Sheet(path, int(about["side"]), int(about["columns"]), tuple(about["names"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sheet if path.is_file() and set(sheet.names) == set(words) else None
