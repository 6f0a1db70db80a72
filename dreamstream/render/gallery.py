"""`dreamstream gallery`: what a network dreams of each of its words, side by side on one sheet."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.core.arguments import check_folder, set_controls, size_of, within
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme
from dreamstream.render.from_arguments import INTERVAL, STEPS
from dreamstream.support.pictures import picture_format, save_picture
from dreamstream.support.progress import progress
from dreamstream.weights.catalog import models_folder
from dreamstream.weights.vocabularies import vocabulary_of
from dreamstream.wishes import sentence

if TYPE_CHECKING:
    from dreamstream.dreamers.ascent.dreamer import Dreamer

PAPER, INK = "#101014", "#e8e8ee"
CAPTION, LETTER, MARGIN = 24, 14, 6  # pixels
WEAKEST = 10  # so many words of which the network sees least are told at the end
LONGEST = 600.0  # seconds of show time for each word


@dataclass(frozen=True)
class Dreamed:
    """A word's last picture, uint8 [H, W, 3], and how much of the word the network itself sees in it, 0 to 1."""

    title: str
    picture: NDArray[np.uint8]
    score: float


def dream_each(
    dreamer: Dreamer, programmes: Sequence[Programme], dreams: int, steps: int, advance: Callable[[int, str], None]
) -> Iterator[Dreamed]:
    """Dream every programme from the same noise, `dreams` times at a live show's pace. advance(count, word) is told."""
    noise = dreamer.state()
    for programme in programmes:
        dreamer.restore(noise)
        for number in range(dreams):
            picture = dreamer.advance(programme, number * INTERVAL, steps).picture
            advance(1, programme.title())
        wanted = [wish.what for wish in programme.wishes if wish.kind == "class" and wish.weight > 0]
        scores = [dreamer.score(picture, name) for name in wanted]
        yield Dreamed(programme.title(), picture, sum(scores) / len(scores) if scores else 0.0)


class Sheet:
    """A contact sheet for `count` pictures, all `size` (width, height), in rows from the top left."""

    def __init__(self, count: int, columns: int, size: tuple[int, int]) -> None:
        self._columns, self._size, self._filled = min(columns, count), size, 0
        width, height = size
        rows = -(-count // self._columns)
        self.image = Image.new("RGB", (self._columns * width, rows * (height + CAPTION)), PAPER)
        self._pen = ImageDraw.Draw(self.image)
        self._font = ImageFont.truetype(str(models_folder() / "fonts" / "Inter-Regular.otf"), LETTER)

    def add(self, picture: NDArray[np.uint8], label: str) -> None:
        """Put the next picture on the sheet with its label below."""
        width, height = self._size
        row, column = divmod(self._filled, self._columns)
        x, y = column * width, row * (height + CAPTION)
        self.image.paste(Image.fromarray(picture).resize(self._size, Image.Resampling.LANCZOS), (x, y))
        self._pen.text((x + MARGIN, y + height + CAPTION // 2), label, font=self._font, fill=INK, anchor="lm")
        self._filled += 1


def make_gallery(arguments: argparse.Namespace) -> int:
    """Dream every word and write the sheet. Raises UserError."""
    vocabulary = vocabulary_of(arguments.model)
    wanted = arguments.words or [entry.name for entry in vocabulary]
    if not wanted:
        raise UsageError(f"Nothing can be dreamed unasked: {sentence.NO_CLASSES}.")
    programmes = [sentence.programme_of(word, vocabulary, arguments.seed) for word in wanted]
    size = size_of(arguments.size)
    dreams = max(1, round(within("seconds", arguments.seconds, 0, LONGEST) / INTERVAL))
    steps = None if arguments.steps is None else int(within("steps", arguments.steps, 1, 500))
    columns = int(within("columns", arguments.columns, 1, 50))
    width = int(within("width", arguments.width, 32, 4096))
    picture_format(arguments.output)
    check_folder(arguments.output)
    folder: Path | None = arguments.pictures
    if folder is not None:
        check_folder(folder)
        folder.mkdir(exist_ok=True)
    from dreamstream.dreamers.ascent.factory import open_dreamer

    dreamer = open_dreamer(arguments.model, size, seed=arguments.seed, preset=arguments.preset)
    set_controls(dreamer, arguments.controls)
    steps = steps or max(STEPS, dreamer.preset.steps)
    sheet = Sheet(len(programmes), columns, (width, round(width * size[1] / size[0])))
    scores: list[tuple[float, str]] = []
    with progress("Dreaming", len(programmes) * dreams, "dreams") as advance:
        for word in dream_each(dreamer, programmes, dreams, steps, advance):
            sheet.add(word.picture, word.title)
            scores.append((word.score, word.title))
            if folder is not None:
                save_picture(folder / f"{word.title.replace('/', '_')}.png", word.picture)
    save_picture(arguments.output, np.asarray(sheet.image))
    mean = sum(score for score, _ in scores) / len(scores)
    print(f"{arguments.output}: {len(scores)} dreams of {dreams * INTERVAL:g} s, {size[0]}x{size[1]}.")
    print(f"The network itself sees the word with a mean probability of {mean:.2f}; least clear to it are:")
    for score, title in sorted(scores)[:WEAKEST]:
        print(f"  {title} {score:.2f}")
    return 0
