"""What a comparison is shown by: one sheet, one table, one film of all recipes side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.support.files import replacing
from dreamstream.train.catgan.compare import Outcome
from dreamstream.train.learn.film import FPS, LEAST_SECONDS, write_frames
from dreamstream.train.session import BATCH
from dreamstream.video import yuv

Picture = NDArray[np.uint8]
COLUMNS, ROWS, GAP = 12, 2, 2  # of a recipe's pictures on the sheet
LABEL, TEXT = 20, 15  # pixels: above the pictures, and of the letters
FILM_COLUMNS, CAPTION, MOMENTS = 3, 28, 300


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown, a line for each."""
    lines = [
        "| recipe | pictures | core-seconds | a step | KID | recall | near | spread | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        found = each.figures
        step = f"{each.core_seconds / each.steps:.2f}" if each.steps else ""
        lines.append(
            f"| {each.title} | {each.steps * BATCH:,} | {each.core_seconds:.0f} | {step} | {found.kid:.1f} "
            f"| {found.recall:.2f} | {found.near:.1f} | {found.spread:.2f} | {_said(each)} |"
        )
    return "\n".join(lines) + "\n"


def _said(outcome: Outcome) -> str:
    if outcome.broken is not None:
        return f"no number any more at step {outcome.broken:,}; judged before"
    collapsed = ", collapsed" if outcome.figures.collapsed else ""
    return f"finite for {outcome.steps:,} steps{collapsed}"


def sheet(outcomes: Sequence[Outcome], held: Picture) -> Picture:
    """Held-out frames uint8 [N, S, S, 3], and below them what each recipe makes of the same latents."""
    parts = [_block("held-out frames", held[np.linspace(0, len(held) - 1, COLUMNS).astype(int)])]
    parts += [_block(f"{each.title}, {each.steps * BATCH:,} pictures", each.made) for each in outcomes]
    return np.concatenate(parts)


def _block(label: str, pictures: Picture) -> Picture:
    """Rows of pictures below a label."""
    pictures = pictures[: COLUMNS * ROWS]
    side = pictures.shape[1]
    rows = -(-len(pictures) // COLUMNS)
    block = Image.new("RGB", (COLUMNS * (side + GAP) + GAP, LABEL + rows * (side + GAP)), "white")
    ImageDraw.Draw(block).text((GAP + 2, 1), label, "black", ImageFont.load_default(TEXT))
    for number, picture in enumerate(pictures):
        row, column = divmod(number, COLUMNS)
        block.paste(Image.fromarray(picture), (GAP + column * (side + GAP), LABEL + row * (side + GAP)))
    return np.asarray(block)


def write_film(path: Path, outcomes: Sequence[Outcome]) -> float:
    """Make an MP4 of all of them, each moment at the same share of the budget; returns its seconds.

    The share grows geometrically from one step to all, so that the first steps, which change most, are seen. Raises
    UserError when it cannot be written.
    """
    with Image.open(outcomes[0].film[0]) as first:
        side = first.width
    up = max(1, 256 // side)
    width, height = side * up, side * up + CAPTION
    columns = min(FILM_COLUMNS, len(outcomes))
    size = (columns * width, -(-len(outcomes) // columns) * height)
    hold = -(-LEAST_SECONDS * FPS // MOMENTS)
    write_frames(path, size, _frames(outcomes, size, (width, height), hold))
    return MOMENTS * hold / FPS


def _frames(
    outcomes: Sequence[Outcome], size: tuple[int, int], panel: tuple[int, int], hold: int
) -> Iterator[yuv.Picture]:
    columns = size[0] // panel[0]
    shown: list[Path | None] = [None] * len(outcomes)
    canvas = Image.new("RGB", size, "white")
    font = ImageFont.load_default(16)
    for share in shares(max(each.steps for each in outcomes), MOMENTS):
        for number, each in enumerate(outcomes):
            path = picture_at(each, share)
            if path == shown[number]:
                continue
            shown[number] = path
            left, top = number % columns * panel[0], number // columns * panel[1]
            canvas.paste("white", (left, top, left + panel[0], top + panel[1]))
            with Image.open(path) as image:
                canvas.paste(image.resize((panel[0], panel[1] - CAPTION), Image.Resampling.BICUBIC), (left, top))
            over = each.broken is not None and share >= each.share
            words = f"{each.title}: " + (f"broken at {each.broken}" if over else f"step {int(path.stem)}")
            ImageDraw.Draw(canvas).text((left + 4, top + panel[1] - CAPTION + 4), words, "black", font)
        frame = yuv.from_rgb(np.asarray(canvas))
        yield from (frame for _ in range(hold))


def shares(most: int, moments: int) -> list[float]:
    """Shares of a budget from nothing, then from one step of `most` geometrically to all."""
    return [0.0, *(max(most, 2) ** (n / (moments - 2) - 1) for n in range(moments - 1))]


def picture_at(outcome: Outcome, share: float) -> Path:
    """The last of its film's pictures at this share of the budget."""
    step = outcome.steps * share / max(outcome.share, 1e-9)
    made = [path for path in outcome.film if int(path.stem) <= step + 1e-6]
    return made[-1] if made else outcome.film[0]


def write_table(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the table. Raises UserError when it cannot be written."""
    with replacing(path) as partial:
        partial.write_text(table(outcomes), "utf-8")
