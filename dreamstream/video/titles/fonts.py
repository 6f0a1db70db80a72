"""The shipped fonts, and which of them sets which letter.

Fonts of the machine are not used: a show looks the same everywhere.
"""

from __future__ import annotations

import bisect
from functools import lru_cache

from PIL import ImageFont, features

from dreamstream.support.resources import models_folder

# What a letter looks like that no font has: one box.
BOX = "□"
# A code point that no font has: what it draws is what a missing letter draws.
_NO_LETTER = "\U0010fffe"
# First code point of each range, and the font that has it; "" is the title's own font (Inter). Ranges that belong to no
# script ("-") are tried in the fonts of EVERYWHERE.
_RANGES = (
    (0x0000, ""),
    (0x0530, "Armenian"),
    (0x0590, "Hebrew"),
    (0x0600, "Arabic"),
    (0x0700, "-"),
    (0x0750, "Arabic"),
    (0x0780, "Thaana"),
    (0x07C0, "-"),
    (0x08A0, "Arabic"),
    (0x0900, "Devanagari"),
    (0x0980, "Bengali"),
    (0x0A00, "Gurmukhi"),
    (0x0A80, "Gujarati"),
    (0x0B00, "Oriya"),
    (0x0B80, "Tamil"),
    (0x0C00, "Telugu"),
    (0x0C80, "Kannada"),
    (0x0D00, "Malayalam"),
    (0x0D80, "Sinhala"),
    (0x0E00, "Thai"),
    (0x0E80, "Lao"),
    (0x0F00, "-"),
    (0x1000, "Myanmar"),
    (0x10A0, "Georgian"),
    (0x1100, "CJK"),
    (0x1200, "Ethiopic"),
    (0x13A0, "Cherokee"),
    (0x1400, "CanadianAboriginal"),
    (0x1680, "-"),
    (0x1780, "Khmer"),
    (0x1800, "-"),
    (0x1C90, "Georgian"),
    (0x1CC0, "-"),
    (0x1E00, ""),
    (0x2000, "-"),
    (0x2D00, "Georgian"),
    (0x2D30, "-"),
    (0x2E80, "CJK"),
    (0xA490, "-"),
    (0xA8E0, "Devanagari"),
    (0xA900, "-"),
    (0xA9E0, "Myanmar"),
    (0xAA00, "-"),
    (0xAA60, "Myanmar"),
    (0xAA80, "-"),
    (0xAB70, "Cherokee"),
    (0xABC0, "-"),
    (0xAC00, "CJK"),
    (0xD7B0, "-"),
    (0xF900, "CJK"),
    (0xFB00, "-"),
    (0xFE30, "CJK"),
    (0xFE70, "-"),
    (0xFF00, "CJK"),
    (0xFFF0, "-"),
    (0x1F000, "Emoji"),
    (0x1FB00, "-"),
)
_STARTS = [start for start, _ in _RANGES]
EVERYWHERE = ("", "Emoji", "CJK")
# Zero-width (non-)joiners: no letters, but they change how their neighbours look.
JOINERS = "\u200c\u200d"


def shapes() -> bool:
    """Whether letters are joined and stacked as their script asks for (Pillow's Raqm with FriBiDi is there)."""
    return bool(features.check("raqm"))


@lru_cache(maxsize=128)
def font(script: str, face: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A shipped font at a size. script: "" for the title's own, whose face is "Regular" or "SemiBold"."""
    name = {
        "": f"Inter-{face}.otf",
        "CJK": "NotoSansCJK-Regular.otf",
        "Emoji": "NotoEmoji-Regular.ttf",
    }.get(script, f"NotoSans{script}-Regular.ttf")
    return ImageFont.truetype(str(models_folder() / "fonts" / name), pixels)


@lru_cache(maxsize=8192)
def script_of(char: str) -> str | None:
    """Which font sets a letter ("" for the title's own); None when there is none that does."""
    named = _RANGES[bisect.bisect_right(_STARTS, ord(char)) - 1][1]
    for script in ("", named) if named not in ("", "-") and not char.isalnum() else (named,):
        if script != "-" and _has(script, char):
            return script
    if named in ("", "-"):
        return next((script for script in EVERYWHERE if _has(script, char)), None)
    return None


def _has(script: str, char: str) -> bool:
    probe = font(script, "Regular", 24)
    return bytes(probe.getmask(char)) != bytes(probe.getmask(_NO_LETTER))
