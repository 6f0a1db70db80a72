"""Emoji artwork as RGBA sprites: which free packages are used, where they are found, and how they are rendered.

Styles: "noto" (Noto Color Emoji font, OFL-1.1), "twemoji" (npm @twemoji/svg, artwork CC-BY 4.0), "fluent" and
"fluent-flat" (npm fluentui-emoji, MIT). Sprites are float-free: uint8 [S, S, 4], straight alpha.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamstream.errors import UserError

SPRITE = 160  # side of a rendered sprite in pixels: larger than any object on a training picture
NOTO_STRIKE = 109  # the only size of the font's bitmaps
HOW_TO_GET = {
    "noto": "apt-get install fonts-noto-color-emoji, or put NotoColorEmoji.ttf into {folder}",
    "twemoji": "npm pack @twemoji/svg, and unpack it as {folder}/twemoji",
    "fluent": "npm pack fluentui-emoji, and unpack it as {folder}/fluent",
}
HOW_TO_GET["fluent-flat"] = HOW_TO_GET["fluent"]
NOTO_PLACES = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
)


@dataclass(frozen=True)
class GlyphClass:
    """A class of the built-in vocabulary and the emoji that show it (usually one; a face and a whole animal are
    two).
    """

    name: str
    emoji: tuple[str, ...]
    aliases: tuple[str, ...]


def read_classes(path: Path) -> list[GlyphClass]:
    """The classes of a CSV file with the columns name, codepoints (hex, `;` between) and aliases (`;` between)."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            GlyphClass(
                row["name"],
                tuple(chr(int(code, 16)) for code in row["codepoints"].split(";")),
                tuple(alias for alias in row["aliases"].split(";") if alias),
            )
            for row in csv.DictReader(file)
        ]


def _square(image: Image.Image) -> NDArray[np.uint8]:
    """Crop to what is visible, centre on a transparent square with a thin border, and scale to SPRITE."""
    box = image.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox()
    if box is None:
        raise ValueError("an empty glyph")
    cropped = image.crop(box)
    side = max(cropped.size)
    square = Image.new("RGBA", (side, side))
    square.paste(cropped, ((side - cropped.width) // 2, (side - cropped.height) // 2))
    inner = SPRITE - 4
    out = Image.new("RGBA", (SPRITE, SPRITE))
    out.paste(square.resize((inner, inner), Image.Resampling.LANCZOS), (2, 2))
    return np.asarray(out)


def _svg(path: Path) -> Image.Image:
    import resvg_py

    data = resvg_py.svg_to_bytes(svg_path=str(path), width=256, height=256, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def _find_noto(folder: Path) -> Path | None:
    places = [folder / "NotoColorEmoji.ttf", *map(Path, NOTO_PLACES)]
    return next((place for place in places if place.is_file()), None)


def _noto(font: ImageFont.FreeTypeFont, text: str) -> Image.Image:
    image = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(image).text((10, 10), text, font=font, embedded_color=True)
    return image


def _fluent_name(text: str) -> str:
    import emoji

    return emoji.demojize(text, language="en").strip(":").replace("_", "-").lower()


def load_style(style: str, classes: Sequence[GlyphClass], folder: Path) -> dict[str, list[NDArray[np.uint8]]]:
    """Sprites of one style by class name; a class that the style does not draw is left out.

    Raises UserError, saying how to get it, when the style's artwork is not on this machine.
    """
    missing = UserError(
        f"The artwork {style!r} was not found. To get it: " + HOW_TO_GET[style].format(folder=folder.absolute()) + "."
    )
    sprites: dict[str, list[NDArray[np.uint8]]] = {}
    font = None
    root = folder
    if style == "noto":
        path = _find_noto(folder)
        if path is None:
            raise missing
        font = ImageFont.truetype(str(path), NOTO_STRIKE)
    else:
        pattern = {"twemoji": "1f41d.svg", "fluent": "modern/honeybee.svg", "fluent-flat": "flat/honeybee.svg"}[style]
        found = next(iter(folder.rglob(pattern)), None)
        if found is None:
            raise missing
        root = found.parent
    for item in classes:
        for text in item.emoji:
            if font is not None:
                image = _noto(font, text)
            else:
                name = f"{ord(text):x}" if style == "twemoji" else _fluent_name(text)
                path = root / f"{name}.svg"
                if not path.is_file():
                    continue
                image = _svg(path)
            if image.getchannel("A").getbbox() is not None:
                sprites.setdefault(item.name, []).append(_square(image))
    return sprites
