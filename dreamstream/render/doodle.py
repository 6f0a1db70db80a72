"""`dreamstream doodle`: a drawing made elsewhere, filled in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from dreamstream.core.arguments import within
from dreamstream.render.line_art import Picture, read_lines
from dreamstream.support.files import check_output
from dreamstream.support.pictures import picture_format, save_picture
from dreamstream.support.resources import default_cache
from dreamstream.weights.painters import open_painter
from dreamstream.wishes.vocabulary import Vocabulary

SMALLEST, LARGEST = 16, 4096


def fill_drawing(
    drawing: Path,
    output: Path,
    *,
    word: str | None = None,
    model: str = "auto",
    size: int = 512,
    cache: Path | None = None,
    force: bool = False,
) -> None:
    """Fill a drawing in and write the picture, with its matte where the format has one.

    word: what it shows, one of the painter's words; None for whatever it looks like. model: a painter's file, or "auto"
    for the one that ships. size: side of the picture in pixels. Raises UserError.
    """
    within("size", size, SMALLEST, LARGEST)
    picture_format(output)
    check_output(output, drawing, force=force)
    painter = open_painter(model, cache or default_cache())
    word = _known(word, painter.words)
    painter.number(word)
    save_picture(output, enlarged(painter.paint(read_lines(drawing, painter.side), word), size))
    print(f"{output}: {drawing.name} filled in" + (f" as {word}." if word else "."))


def _known(word: str | None, words: tuple[str, ...]) -> str | None:
    """The painter's word that is meant by another name of the same thing; else the word as it is."""
    if word is None or word in words:
        return word
    typed = word.casefold()
    for entry in Vocabulary.builtin():
        if entry.name in words and typed in (name.casefold() for name in (entry.name, *entry.aliases)):
            return entry.name
    return word


def enlarged(picture: Picture, size: int) -> Picture:
    """A picture uint8 [S, S, 4], straight alpha, at another size; its edges take no colour from what is transparent."""
    shown = picture.astype(np.float32)
    shown[..., :3] *= shown[..., 3:] / 255
    method = cv2.INTER_CUBIC if size > len(picture) else cv2.INTER_AREA
    made = np.asarray(cv2.resize(shown, (size, size), interpolation=method), np.float32)
    made[..., :3] *= 255 / np.maximum(made[..., 3:], 1)
    return np.asarray(np.clip(made + 0.5, 0, 255), np.uint8)
