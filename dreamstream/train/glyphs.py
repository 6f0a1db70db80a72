"""Emoji artwork as RGBA sprites: which free artwork is used, where it is found, and how it is rendered.

Every style is one npm package of the Iconify project, `@iconify-json/NAME`, read as `npm pack` leaves it: an archive
that holds each emoji as SVG text under a name. Sprites are uint8 [SPRITE, SPRITE, 4], straight alpha.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamstream.core.errors import UserError

SPRITE = 160  # side of a rendered sprite in pixels: larger than any object on a training picture
RENDERED = 256  # side at which an SVG is rendered before it is cropped
LARGEST = 256 * 2**20  # bytes of a package's icons, unpacked; the largest today has 60 MB

Sprites = dict[str, list[NDArray[np.uint8]]]


@dataclass(frozen=True)
class Style:
    """Artwork by one hand: its package `@iconify-json/<package>`, who made it, and under which licence."""

    package: str
    author: str
    licence: str


STYLES = {
    "noto": Style("noto", "Google (Noto Emoji)", "Apache-2.0"),
    "noto-blob": Style("noto-v1", "Google (Noto Emoji before 2017)", "Apache-2.0"),
    "fluent": Style("fluent-emoji", "Microsoft (Fluent Emoji, modern)", "MIT"),
    "fluent-flat": Style("fluent-emoji-flat", "Microsoft (Fluent Emoji, flat)", "MIT"),
    "firefox": Style("fxemoji", "Mozilla (Firefox OS Emoji)", "Apache-2.0"),
    "emojione": Style("emojione", "EmojiOne 2 and EmojiTwo", "CC-BY-4.0"),
    "twemoji": Style("twemoji", "Twitter and contributors (Twemoji)", "CC-BY-4.0"),
}


@dataclass(frozen=True)
class GlyphClass:
    """A class of the built-in vocabulary and the emoji that show it (usually one; a face and a whole animal are two).

    imagenet: the class of ImageNet that is the same thing or the nearest kind of it, "" for none.
    """

    name: str
    emoji: tuple[str, ...]
    aliases: tuple[str, ...]
    imagenet: str = ""


def read_classes(path: Path) -> list[GlyphClass]:
    """The classes of a CSV file with the columns name, codepoints (hex, `;` between), aliases (`;` between) and
    imagenet.
    """
    with path.open(newline="", encoding="utf-8") as file:
        return [
            GlyphClass(
                row["name"],
                tuple(chr(int(code, 16)) for code in row["codepoints"].split(";")),
                tuple(alias for alias in row["aliases"].split(";") if alias),
                row["imagenet"],
            )
            for row in csv.DictReader(file)
        ]


def _square(image: Image.Image) -> NDArray[np.uint8] | None:
    """Crop to what is visible, centre on a transparent square with a thin border, and scale to SPRITE.

    None for a picture in which nothing is visible.
    """
    box = image.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox()
    if box is None:
        return None
    cropped = image.crop(box)
    side = max(cropped.size)
    square = Image.new("RGBA", (side, side))
    square.paste(cropped, ((side - cropped.width) // 2, (side - cropped.height) // 2))
    inner = SPRITE - 4
    out = Image.new("RGBA", (SPRITE, SPRITE))
    out.paste(square.resize((inner, inner), Image.Resampling.LANCZOS), (2, 2))
    return np.asarray(out)


def _render(body: str, width: float, height: float) -> Image.Image:
    import resvg_py

    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{body}</svg>'
    data = resvg_py.svg_to_bytes(svg_string=svg, width=RENDERED, height=RENDERED, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def need_artwork(styles: Sequence[str], folder: Path) -> None:
    """Make sure that artwork is there. Raises UserError that says how to get all that is not."""
    if missing := [STYLES[style].package for style in styles if not _archives(STYLES[style], folder)]:
        packages = " ".join(f"@iconify-json/{package}" for package in missing)
        raise UserError(f"Artwork is missing in {folder.absolute()}. To get it: npm pack {packages}, in that folder.")


def _archives(style: Style, folder: Path) -> list[Path]:
    return sorted(folder.glob(f"iconify-json-{style.package}-[0-9]*.tgz"))


def _archive(style: Style, folder: Path) -> Path:
    found = _archives(style, folder)
    if not found:
        need_artwork([name for name, one in STYLES.items() if one == style], folder)
    return found[-1]


def _read(archive: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The icons of a package, and its names by code point. Raises UserError for a file that is no such package."""
    try:
        with tarfile.open(archive) as packed:
            texts = {}
            for name in ("icons", "chars"):
                member = packed.extractfile(f"package/{name}.json")
                if member is None:
                    raise TypeError(f"{name}.json is no file")
                texts[name] = member.read(LARGEST)
        icons, chars = json.loads(texts["icons"]), json.loads(texts["chars"])
        if not isinstance(icons["icons"], dict) or not isinstance(chars, dict):
            raise TypeError("not a set of icons")
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{archive} is no package of icons ({error}); get it again with npm pack.") from None
    return icons, chars


def _names(text: str, chars: Mapping[str, str]) -> Iterator[str]:
    """The names under which a style may list an emoji: by its code point, its CLDR name, its Unicode name."""
    import emoji

    code = f"{ord(text):x}"
    for key in (code, f"{code}-fe0f"):
        if key in chars:
            yield chars[key]
    for name in (emoji.demojize(text, language="en").strip(":"), *emoji.EMOJI_DATA.get(text, {}).get("alias", ())):
        plain = name.strip(":").replace("_", "-").lower()
        yield plain
        yield plain.replace("-", "")
    unicode = unicodedata.name(text, "").lower().replace("-", " ")
    yield unicode.replace(" ", "-")
    yield unicode.replace(" ", "")


def load_style(style: str, classes: Sequence[GlyphClass], folder: Path) -> Sprites:
    """Sprites of one of STYLES by class name; a class that the style does not draw is left out.

    Raises UserError, saying how to get it, when the style's artwork is not in the folder.
    """
    icons, chars = _read(_archive(STYLES[style], folder))
    aliases = {name: given["parent"] for name, given in icons.get("aliases", {}).items() if "parent" in given}
    sprites: Sprites = {}
    for item in classes:
        for text in item.emoji:
            listed = (aliases.get(name, name) for name in _names(text, chars))
            icon = next((icons["icons"][name] for name in listed if name in icons["icons"]), None)
            if icon is None:
                continue
            width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
            try:
                sprite = _square(_render(icon["body"], width, height))
            except ValueError as error:
                raise UserError(
                    f"{_archive(STYLES[style], folder)} draws {item.name!r} in a way that cannot be read ({error}); "
                    "get it again with npm pack."
                ) from None
            if sprite is not None:
                sprites.setdefault(item.name, []).append(sprite)
    return sprites
