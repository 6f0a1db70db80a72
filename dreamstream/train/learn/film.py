"""The film of a training: what the same latents show from the first picture on, dense at first, then ever sparser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.outputs.mux import Muxer
from dreamstream.support.files import replacing
from dreamstream.video import yuv
from dreamstream.video.encoder import Encoder

Picture = NDArray[np.uint8]
TILES = 16
FPS = 30
LEAST_SECONDS = 60
EVERY_STEP_UNTIL, GROWTH = 32, 1.015
QUALITY = 16.0
MARGIN = 28  # pixels below the tiles, for the count


def due(step: int) -> bool:
    """Whether the film has a picture after this step: all of the first, then each one and a half per cent later."""
    if step <= EVERY_STEP_UNTIL:
        return True
    number = int(np.log(step / EVERY_STEP_UNTIL) / np.log(GROWTH))
    return any(step == round(EVERY_STEP_UNTIL * GROWTH**n) for n in (number, number + 1))


def tiled(pictures: Picture, columns: int, gap: int = 0) -> Picture:
    """Pictures uint8 [N, S, S, 3] as one sheet, row by row, white between them."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * (height + gap) + gap, column * (width + gap) + gap
        sheet[top : top + height, left : left + width] = picture
    return sheet


def write_film(path: Path, pictures: list[Path]) -> float:
    """Make an MP4 of the numbered pictures ("00012.png" after 12 steps); returns its seconds.

    Each stays for as many frames as make at least a minute. Raises UserError when it cannot be written.
    """
    from PIL import Image

    if not pictures:
        raise UserError(f"{path} cannot be made: there are no pictures of this training.")
    hold = max(2, -(-LEAST_SECONDS * FPS // len(pictures)))
    with Image.open(pictures[0]) as first:
        side = first.width
    up = max(1, 512 // side)
    size = (side * up, side * up + MARGIN)
    write_frames(path, size, _frames(pictures, hold, size))
    return len(pictures) * hold / FPS


def write_frames(path: Path, size: tuple[int, int], frames: Iterator[yuv.Picture]) -> None:
    """Make an MP4 of frames of this size. Raises UserError when it cannot be written."""
    with replacing(path) as partial:
        encoder = Encoder(size, FPS, preset="medium", codec="libx264", quality=QUALITY)
        with Muxer(f"file:{partial}", encoder.info, "mp4", {"movflags": "faststart"}) as muxer:
            for number, frame in enumerate(frames):
                for packet in encoder.encode(frame, number):
                    muxer.write(packet)
            for packet in encoder.flush():
                muxer.write(packet)


def _frames(pictures: list[Path], hold: int, size: tuple[int, int]) -> Iterator[yuv.Picture]:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(18)
    for path in pictures:
        with Image.open(path) as image:
            shown = Image.new("RGB", size, "white")
            shown.paste(image.resize((size[0], size[1] - MARGIN), Image.Resampling.BICUBIC))
        ImageDraw.Draw(shown).text((6, size[1] - MARGIN + 3), f"step {int(path.stem)}", "black", font)
        frame = yuv.from_rgb(np.asarray(shown))
        yield from (frame for _ in range(hold))
