"""Setting a few lines of text, in any script, as a small picture with transparency."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.core.text import one_line
from dreamstream.video.titles import bidi, fonts

ELLIPSIS = "…"
# More characters than this are cut before anything is measured.
MOST_CHARACTERS = 240
# Marks on one letter; real words of any script have at most four.
MOST_MARKS = 4
# Marks for every script, and emoji's variants and skin tones (the font is black and white): what of them does not
# compose with its letter is left out.
_DECORATION = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
# Scripts that are set without spaces and break anywhere.
_UNSPACED = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")
# Flags are pairs of these; the font has no flags, so their letters are set.
_FIRST_FLAG, _LAST_FLAG = 0x1F1E6, 0x1F1FF


@dataclass(frozen=True)
class TextLine:
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


@dataclass(frozen=True)
class _Run:
    """A piece of a line in one font and one direction."""

    text: str
    font: ImageFont.FreeTypeFont
    options: dict[str, str]
    length: float


def clean(text: str) -> str:
    """Text as it can be set: no control or direction characters, no piled-up accents, a box for what no font has."""
    return one_line(_settable(text), MOST_CHARACTERS).rstrip("".join(fonts.JOINERS))


def _settable(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text[: 4 * MOST_CHARACTERS])):
        kind = unicodedata.category(char)
        if kind in ("Zs", "Zl", "Zp") or char in "\t\r\n":
            kept.append(" ")
        elif char in fonts.JOINERS:
            if kept and kept[-1] != " ":
                kept.append(char)
        elif _DECORATION.match(char):
            continue
        elif _FIRST_FLAG <= ord(char) <= _LAST_FLAG:
            kept.append(chr(ord("A") + ord(char) - _FIRST_FLAG))
        elif kind[0] == "M":
            if kept and kept[-1] != " " and marks < MOST_MARKS:
                kept += [char] if fonts.script_of(char) is not None else []
                marks += 1
            continue
        elif kind[0] != "C":
            settable = fonts.script_of(char) is not None
            if settable or kept[-1:] != [fonts.BOX]:  # one box for a whole word
                kept.append(char if settable else fonts.BOX)
        marks = 0
    return kept


def length(text: str, line: TextLine) -> float:
    """How wide a text is, in pixels, in a line's face and size."""
    return sum(run.length for run in _runs(text, line.face, line.pixels))


def shorten(text: str, line: TextLine, width: int) -> str:
    """The text, with its end replaced by an ellipsis where it is wider than `width` pixels."""
    if length(text, line) <= width:
        return text
    return text[: _fitting(text, line, width, ELLIPSIS)].rstrip() + ELLIPSIS


def wrap(text: str, line: TextLine, width: int, most: int = 2) -> list[str]:
    """The text in at most `most` lines of `width` pixels, broken where its script allows, the last one shortened."""
    rows = list[str]()
    rest = text.strip()
    while rest and len(rows) < most - 1 and length(rest, line) > width:
        fits = _fitting(rest, line, width, "")
        breaks = [place for place in _breaks(rest) if 0 < place <= fits]
        # A word wider than the line breaks where the line ends.
        place = breaks[-1] if breaks else max(1, fits)
        rows.append(shorten(rest[:place].rstrip(), line, width))
        rest = rest[place:].lstrip()
    if rest:
        rows.append(shorten(rest, line, width))
    return rows


def render(lines: list[TextLine], leading: float = 1.3) -> Patch:
    """The lines under one another, centred, light, with a soft shadow around the letters."""
    reach = max(4, max(line.pixels for line in lines) // 2)
    # Many scripts have marks above and below that Latin letters leave no room for.
    steps = [round(line.pixels * (leading if _is_plain(line.text) else leading + 0.25)) for line in lines]
    set_ = [_runs(line.text, line.face, line.pixels) for line in lines]
    lengths = [sum(run.length for run in runs) for runs in set_]
    width, height = int(max(lengths)) + 2 * reach + 2, sum(steps) + 2 * reach
    width, height = width + width % 2, height + height % 2
    ink, light = Image.new("L", (width, height)), Image.new("L", (width, height))
    y = float(reach)
    for line, runs, step, long in zip(lines, set_, steps, lengths, strict=True):
        x, baseline = (width - long) / 2, y + step - round(line.pixels * 0.35)
        for run in runs:
            for page, level in ((ink, 255), (light, line.level)):
                ImageDraw.Draw(page).text((x, baseline), run.text, level, run.font, "ls", **run.options)  # type: ignore[arg-type]
            x += run.length
        y += step
    letters = np.asarray(ink, np.float32) / 255
    thick = cv2.dilate(letters, np.ones((3, 3), np.float32))
    near = cv2.GaussianBlur(thick, (0, 0), reach / 7)
    far = cv2.GaussianBlur(thick, (0, 0), reach / 2.4)
    shadow = np.clip(0.45 * near + 0.75 * far, 0, 0.72)
    cover = letters + (1 - letters) * shadow
    return Patch(np.array(light, np.uint8), np.asarray(np.rint(255 * (1 - cover)), np.uint8))


@lru_cache(maxsize=256)
def _runs(text: str, face: str, pixels: int) -> tuple[_Run, ...]:
    """The pieces of a line, from left to right."""
    runs: list[_Run] = []
    for begin, end, backwards in bidi.visual_runs(text, bidi.base_level(text)):
        scripts = _scripts(text[begin:end])
        pieces = [
            (script, "".join(char for char, _ in group)) for script, group in groupby(scripts, lambda pair: pair[1])
        ]
        for script, piece in reversed(pieces) if backwards else pieces:
            font = fonts.font(script, face, pixels)
            if fonts.shapes():
                options = {"direction": "rtl" if backwards else "ltr"}
            else:
                # Without Raqm letters stand alone, but in the right order.
                options, piece = {}, piece[::-1] if backwards else piece
            runs.append(_Run(piece, font, options, font.getlength(piece, **options)))  # type: ignore[arg-type]
    return tuple(runs)


def _scripts(text: str) -> list[tuple[str, str]]:
    """Each character with its font; marks and joiners go with what is before them."""
    found: list[tuple[str, str]] = []
    for char in text:
        stays = char in fonts.JOINERS or unicodedata.category(char)[0] == "M"
        found.append((char, found[-1][1] if stays and found else fonts.script_of(char) or ""))
    return found


def _is_plain(text: str) -> bool:
    return all(script == "" for _, script in _scripts(text))


def _fitting(text: str, line: TextLine, width: int, ending: str) -> int:
    """How many characters from the beginning fit with an ending, cut between letters and not within one."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle].rstrip() + ending, line) <= width:
            low = middle
        else:
            high = middle - 1
    while 0 < low < len(text) and _holds_on(text, low):
        low -= 1
    return low


def _holds_on(text: str, place: int) -> bool:
    """Whether what is before and after a place is one letter."""
    after = text[place]
    return unicodedata.category(after)[0] == "M" or after in fonts.JOINERS or text[place - 1] in fonts.JOINERS


def _breaks(text: str) -> list[int]:
    """Places where a line may end."""
    return [
        place
        for place in range(1, len(text))
        if text[place] == " " or (_UNSPACED.match(text[place - 1]) and _UNSPACED.match(text[place]))
    ]
