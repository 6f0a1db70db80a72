"""Drawings made elsewhere as lines for a painter: pictures of lines, SVG, and strokes as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.core.drawing import MAX_BYTES, from_json
from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.extras import need
from dreamstream.support.pictures import load_photo
from dreamstream.video.drawn import LINE, draw_lines

Picture = NDArray[np.uint8]
PAPER = 255
WORKED = 512  # side at which lines are looked for
LARGEST_SVG = 8 << 20  # bytes
FAINTEST = 40  # of 255: less contrast than this is no line
INKED = 0.35  # how dark, beside the darkest, a line is
MARGIN = 0.06  # of paper around a drawing, in sides


def read_lines(path: Path, side: int) -> Picture:
    """A drawing's lines uint8 [side, side], 0 ink and 255 paper.

    JSON of strokes, as the page sends them, keeps its place. SVG and pictures are cut to what is drawn: dark lines on
    light or light ones on dark, also on nothing, or a photograph of paper. Raises UserError in a sentence.
    """
    if not path.is_file():
        raise UsageError(f"There is no drawing {path}.")
    kind = path.suffix.lower()
    if kind == ".json":
        return _of_strokes(path, side)
    grounds = [_rendered(path, ground) if kind == ".svg" else load_photo(path, ground) for ground in ("white", "black")]
    found = max((_ink(picture) for picture in grounds), key=lambda ink: float(ink.max()))
    if found.max() * 255 < FAINTEST:
        raise UserError(f"{path} shows no lines; dark ones on light paper are seen best.")
    return _squared(found / found.max() > INKED, side)


def _of_strokes(path: Path, side: int) -> Picture:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(text) > MAX_BYTES:
        raise UserError(f"{path} has more than {MAX_BYTES >> 10} KiB; no drawing has.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{path} is no JSON.") from None
    try:
        return draw_lines(from_json(value), side)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _rendered(path: Path, ground: str) -> Picture:
    need("An SVG drawing", "svg", "resvg_py")
    import resvg_py
    from PIL import Image

    try:
        if path.stat().st_size > LARGEST_SVG:
            raise UserError(f"{path} has more than {LARGEST_SVG >> 20} MB; no drawing has.")
        text = path.read_text("utf-8-sig")
        data = resvg_py.svg_to_bytes(svg_string=text, width=2 * WORKED, skip_system_fonts=True)
        image = Image.open(io.BytesIO(bytes(data))).convert("RGBA")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [""])[0].strip(" .")
        raise UserError(f"{path} is no SVG that can be drawn: {reason}.") from None
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, ground), image).convert("RGB"))


def _ink(picture: Picture) -> NDArray[np.float32]:
    """How much darker than its paper each pixel is, 0 to 1, at about WORKED pixels a side.

    The paper is what is around the lines, so that a shadow on a photograph is none; where it is dark, all is turned.
    """
    scale = WORKED / max(picture.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = tuple(max(1, round(length * scale)) for length in picture.shape[1::-1])
    grey = np.asarray(cv2.cvtColor(cv2.resize(picture, size, interpolation=method), cv2.COLOR_RGB2GRAY), np.float32)
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(edge) < 128:
        grey = 255 - grey
    reach = WORKED // 10
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((reach, reach), np.uint8)), (0, 0), reach / 4)
    return np.asarray(np.clip((paper - grey) / 255, 0, 1), np.float32)


def _squared(ink: NDArray[np.bool_], side: int) -> Picture:
    """Ink bool [h, w] in the middle of a square, its lines about as wide as a pen's."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    extent = max(part.shape)
    whole = round(extent * (1 + 2 * MARGIN)) + 2
    sheet = np.zeros((whole, whole), np.uint8)
    top, left = (whole - part.shape[0]) // 2, (whole - part.shape[1]) // 2
    sheet[top : top + part.shape[0], left : left + part.shape[1]] = part
    contours, _ = cv2.findContours(sheet, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    around = sum(cv2.arcLength(contour, True) for contour in contours)
    width = 2 * float(sheet.sum()) / max(around, 1.0)
    missing = round(LINE * whole - width)
    if missing > 0:  # a thin line would be a grey one at a painter's size
        sheet = np.asarray(
            cv2.dilate(sheet, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (missing + 1,) * 2)), np.uint8
        )
    method = cv2.INTER_AREA if whole > side else cv2.INTER_LINEAR
    return np.asarray(PAPER - cv2.resize(sheet * np.uint8(255), (side, side), interpolation=method), np.uint8)
