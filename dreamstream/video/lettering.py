"""Setting a few lines of text as a small picture with transparency."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.weights.catalog import models_folder

ELLIPSIS = "…"
# More characters than this are cut before anything is measured.
MOST_CHARACTERS = 240
# A code point that no font has: what it draws is what a missing letter draws.
_NO_LETTER = "\U0010fffe"


@dataclass(frozen=True)
class Line:
    """One line: its text, which face ("Regular" or "SemiBold"), height of the letters in pixels, and grey level."""

    text: str
    face: str
    pixels: int
    level: int = 255


@dataclass(frozen=True)
class Patch:
    """A small grey picture with transparency, its sides even.

    light: grey level times coverage. clear: 255 minus coverage. Both uint8 [h, w].
    """

    light: NDArray[np.uint8]
    clear: NDArray[np.uint8]


@lru_cache(maxsize=16)
def font(face: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A shipped font at a size."""
    return ImageFont.truetype(str(models_folder() / "fonts" / f"Inter-{face}.otf"), pixels)


@lru_cache(maxsize=4096)
def _has_letter(char: str) -> bool:
    probe = font("Regular", 24)
    if char.isspace():
        return True
    return bytes(probe.getmask(char)) != bytes(probe.getmask(_NO_LETTER))


def clean(text: str) -> str:
    """Text as it can be set: no control or direction characters, no piled-up accents, no letters the font lacks."""
    kept = []
    for char in unicodedata.normalize("NFC", text[: 4 * MOST_CHARACTERS]):
        kind = unicodedata.category(char)
        if kind in ("Zs", "Zl", "Zp") or char in "\t\r\n":
            kept.append(" ")
        elif kind[0] not in "CM" and _has_letter(char):
            kept.append(char)
    return " ".join("".join(kept).split())[:MOST_CHARACTERS]


def shorten(text: str, line: Line, width: int) -> str:
    """The text, with its end replaced by an ellipsis where it is wider than `width` pixels."""
    face = font(line.face, line.pixels)
    if face.getlength(text) <= width:
        return text
    # The longest beginning that fits; its width only grows with its length.
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(text[:middle].rstrip() + ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def wrap(text: str, line: Line, width: int, most: int = 2) -> list[str]:
    """The text in at most `most` lines of `width` pixels, broken between words, the last one shortened."""
    face = font(line.face, line.pixels)
    words, rows = text.split(), list[str]()
    while words and len(rows) < most - 1:
        row = words.pop(0)
        while words and face.getlength(f"{row} {words[0]}") <= width:
            row += f" {words.pop(0)}"
        rows.append(shorten(row, line, width))
    if words:
        rows.append(shorten(" ".join(words), line, width))
    return rows


def render(lines: list[Line], leading: float = 1.3) -> Patch:
    """The lines under one another, centred, light, with a soft shadow around the letters."""
    reach = max(4, max(line.pixels for line in lines) // 2)
    faces = [font(line.face, line.pixels) for line in lines]
    heights = [round(line.pixels * leading) for line in lines]
    width = int(max(face.getlength(line.text) for face, line in zip(faces, lines, strict=True))) + 2 * reach + 2
    height = sum(heights) + 2 * reach
    width, height = width + width % 2, height + height % 2
    ink, light = Image.new("L", (width, height)), Image.new("L", (width, height))
    y = reach
    for line, face, step in zip(lines, faces, heights, strict=True):
        baseline = y + round(line.pixels * 0.95)
        ImageDraw.Draw(ink).text((width / 2, baseline), line.text, fill=255, font=face, anchor="ms")
        ImageDraw.Draw(light).text((width / 2, baseline), line.text, fill=line.level, font=face, anchor="ms")
        y += step
    letters = np.asarray(ink, np.float32) / 255
    thick = cv2.dilate(letters, np.ones((3, 3), np.float32))
    near = cv2.GaussianBlur(thick, (0, 0), reach / 7)
    far = cv2.GaussianBlur(thick, (0, 0), reach / 2.4)
    shadow = np.clip(0.45 * near + 0.75 * far, 0, 0.72)
    cover = letters + (1 - letters) * shadow
    return Patch(np.array(light, np.uint8), np.asarray(np.rint(255 * (1 - cover)), np.uint8))
