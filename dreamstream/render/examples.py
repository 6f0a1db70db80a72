"""An example dream of each class of a taught head, on a sheet for a person and for the page's list of words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers import registry
from dreamstream.render.gallery import dream_each
from dreamstream.support.files import replacing
from dreamstream.support.progress import progress

CANVAS, SIDE, COLUMNS = 160, 112, 12  # pixels of a canvas and of a picture on the sheet; pictures in a row
DREAMS, STEPS = 6, 8
QUALITY = 80  # of the WebP file


def sheet_files(head: Path) -> tuple[Path, Path]:
    """Where the sheet of a head's file is: the pictures, and what is known of them as JSON."""
    return head.with_suffix(".webp"), head.with_suffix(".json")


def dream_examples(head: Path, words: Sequence[str], *, seed: int = 0, cache: Path | None = None) -> Path:
    """Dream each word of a head and write the sheet beside it, with the camera at rest. Raises UserError."""
    dreamer = registry.open_dreamer("ascent", DreamerRequest(head, (CANVAS, CANVAS), seed=seed, cache=cache))
    for control, value in (("zoom", 1.0), ("rotation", 0.0)):
        dreamer.set(control, value)
    rows = -(-len(words) // COLUMNS)
    sheet = Image.new("RGB", (min(COLUMNS, len(words)) * SIDE, rows * SIDE))
    programmes = [Programme((Wish(word),)) for word in words]
    with progress("Dreaming an example of each", DREAMS * len(words), "dreams") as advance:
        made = dream_each(dreamer, programmes, DREAMS, Effort(cost={"steps": STEPS}), advance)
        for number, dreamed in enumerate(made):
            small = Image.fromarray(np.asarray(dreamed.picture)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(small, (number % COLUMNS * SIDE, number // COLUMNS * SIDE))
    pictures, about = sheet_files(head)
    with replacing(pictures) as partial, partial.open("wb") as file:
        sheet.save(file, "WEBP", quality=QUALITY)
    told = {"side": SIDE, "columns": min(COLUMNS, len(words)), "names": list(words)}
    with replacing(about) as partial:
        partial.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return pictures
