"""Cuts the shipped Noto fonts out of Debian's and npm's packages (models/fonts/README.md says which).

    python -m benchmarks.fonts CORE CJK EMOJI -o models/fonts

CORE and CJK: the folders with the .ttf of fonts-noto-core and the .ttc of fonts-noto-cjk.
EMOJI: NotoEmoji_400Regular.ttf. Needs fonttools.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

SCRIPTS = [
    "Arabic",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Oriya",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar",
    "Georgian",
    "Armenian",
    "Ethiopic",
    "Cherokee",
    "CanadianAboriginal",
    "Thaana",
]
# Above these a font has forms that are composed, or letters that nobody writes names in.
LAST = {"Arabic": 0xFB50, "Ethiopic": 0x1380, "CanadianAboriginal": 0x1680}
LATIN = set(range(0x250))
# The rows of each double-byte set that hold signs and the more frequent letters.
LEGACY = (
    ("gb2312", range(0xA1, 0xD8), range(0xA1, 0xFF)),
    ("euc_jp", range(0xA1, 0xD0), range(0xA1, 0xFF)),
    ("big5", range(0xA1, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]),
    ("euc_kr", range(0xA1, 0xC9), range(0xA1, 0xFF)),
)
CJK_FEATURES = ["kern", "palt", "locl", "ccmp", "ljmo", "vjmo", "tjmo"]


def cut(font: TTFont, letters: Iterable[int], features: list[str], path: Path) -> None:
    """Write a font with these letters only."""
    options = subset.Options()
    options.hinting = options.glyph_names = options.recalc_bounds = False
    options.layout_features = features
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["DSIG", "meta"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    font.save(path)
    print(f"{path.name}: {path.stat().st_size >> 10} KiB")


def frequent() -> set[int]:
    """Chinese, Japanese and Korean letters of the older national sets."""
    found = {*range(0x3000, 0x3100), *range(0x3130, 0x3190), *range(0xFF01, 0xFFEF)}
    for encoding, rows, columns in LEGACY:
        for row in rows:
            for column in columns:
                char = bytes([row, column]).decode(encoding, "ignore")
                if len(char) == 1 and ord(char) >= 0x2E80:
                    found.add(ord(char))
    return found


def main() -> None:
    """Make all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("core", "cjk", "emoji"):
        parser.add_argument(name, type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    for script in SCRIPTS:
        font = TTFont(options.core / f"NotoSans{script}-Regular.ttf")
        letters = {code for code in font.getBestCmap() if code < LAST.get(script, 0x110000)}
        cut(font, letters - LATIN | {0x20}, ["*"], options.output / f"NotoSans{script}-Regular.ttf")
    collection = TTCollection(options.cjk / "NotoSansCJK-Regular.ttc")
    font = next(font for font in collection.fonts if font["name"].getDebugName(1) == "Noto Sans CJK JP")
    letters = frequent() & set(font.getBestCmap()) | {0x20}
    cut(font, letters, CJK_FEATURES, options.output / "NotoSansCJK-Regular.otf")
    font = TTFont(options.emoji)
    letters = {code for code in font.getBestCmap() if code > 0x2000}
    cut(font, letters, ["*"], options.output / "NotoEmoji-Regular.ttf")


if __name__ == "__main__":
    main()
