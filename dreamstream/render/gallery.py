"""`dreamstream gallery`: what a network dreams of each of its words, side by side on one sheet."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.core.arguments import check_controls, size_of, within
from dreamstream.core.dreamer import Dreamer, DreamerRequest, Effort, Scorer
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme
from dreamstream.dreamers import registry
from dreamstream.render.from_arguments import INTERVAL, canvas_of, effort_of, finish_of, programme_of
from dreamstream.support.files import check_output
from dreamstream.support.pictures import picture_format, save_picture
from dreamstream.support.progress import progress
from dreamstream.support.resources import models_folder
from dreamstream.wishes.sentence import NO_CLASSES

PAPER, INK = "#101014", "#e8e8ee"
CAPTION, LETTER, MARGIN = 24, 14, 6  # pixels
WEAKEST = 10  # so many words of which the network sees least are told at the end
LONGEST = 600.0  # seconds of show time for each word


@dataclass(frozen=True)
class Dreamed:
    """A word's last picture, uint8 [H, W, 3], and how much of the word the dreamer itself sees in it, 0 to 1.

    score: None where it cannot say that. The picture is finished.
    """

    title: str
    picture: NDArray[np.uint8]
    score: float | None


def dream_each(
    dreamer: Dreamer,
    programmes: Sequence[Programme],
    dreams: int,
    effort: Effort,
    advance: Callable[[int, str], None],
    finish: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda picture: picture,
) -> Iterator[Dreamed]:
    """Dream every programme from the same start, `dreams` times at a live show's pace. advance(count, word) is told."""
    start = dreamer.state()
    for programme in programmes:
        dreamer.restore(start)
        for number in range(dreams):
            picture = dreamer.dream(programme, number * INTERVAL, effort).picture
            advance(1, programme.title())
        words = [wish.what for wish in programme.wishes if wish.kind == "class" and wish.weight > 0]
        scores = [dreamer.score(picture, word) for word in words] if isinstance(dreamer, Scorer) else []
        yield Dreamed(programme.title(), finish(picture), sum(scores) / len(scores) if scores else None)


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


def _picture_of(folder: Path, title: str) -> Path:
    return folder / f"{title.replace('/', '_')}.png"


def make_gallery(args: argparse.Namespace) -> int:
    """Dream every word and write the sheet. Raises UserError."""
    size = size_of(args.size)
    request = DreamerRequest(
        args.model, canvas_of(args, size), seed=args.seed, preset=args.preset, subject=args.subject
    )
    card = registry.describe(args.dreamer, request)
    words = args.words or [word.name for word in card.words]
    if not words:
        raise UsageError(f"Nothing can be dreamed unasked: {NO_CLASSES}.")
    programmes = [programme_of(word, card, args.seed) for word in words]
    dreams = max(1, round(within("seconds", args.seconds, 0, LONGEST) / INTERVAL))
    effort = effort_of(args.steps, card)
    columns = int(within("columns", args.columns, 1, 50))
    width = int(within("width", args.width, 32, 4096))
    controls = check_controls(card, args.controls)
    picture_format(args.output)
    check_output(args.output, force=args.force)
    folder: Path | None = args.pictures
    if folder is not None:
        if not folder.is_dir():
            check_output(folder)
        for programme in programmes if folder.is_dir() else ():
            check_output(_picture_of(folder, programme.title()), force=args.force)
        folder.mkdir(exist_ok=True)
    dreamer = registry.open_dreamer(args.dreamer, request)
    for name, value in controls.items():
        dreamer.set(name, value)
    sheet = Sheet(len(programmes), columns, (width, round(width * size[1] / size[0])))
    scores: list[tuple[float, str]] = []
    with progress("Dreaming", len(programmes) * dreams, "dreams") as advance:
        for word in dream_each(dreamer, programmes, dreams, effort, advance, finish_of(args.finish, card, size)):
            sheet.add(word.picture, word.title)
            if word.score is not None:
                scores.append((word.score, word.title))
            if folder is not None:
                save_picture(_picture_of(folder, word.title), word.picture)
    save_picture(args.output, np.asarray(sheet.image))
    print(f"{args.output}: {len(programmes)} dreams of {dreams * INTERVAL:g} s, {size[0]}x{size[1]}.")
    if scores:
        mean = sum(score for score, _ in scores) / len(scores)
        print(f"The network itself sees the word with a mean probability of {mean:.2f}; least clear to it are:")
        for score, title in sorted(scores)[:WEAKEST]:
            print(f"  {title} {score:.2f}")
    return 0
