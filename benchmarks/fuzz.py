"""Damaged files: `python -m benchmarks.fuzz [COUNT]` damages COUNT (5000) of each kind and says what is not a sentence.

Pictures of every format that is written here, settings files, and logs of shows. Each damaged file must be read, or be
refused by a UserError of one line; anything else is printed with the seed that makes it again, and ends in exit code 1.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, features

from dreamstream.core.errors import UserError
from dreamstream.journal.reader import read_show
from dreamstream.settings.load import load
from dreamstream.support import pictures

ROOT = Path(__file__).parents[1]
LOG = ROOT / "tests" / "render" / "golden" / "looks.jsonl"
SETTINGS = """\
# Every form of a setting.
fps = 30
size = "1280x720"
record = "~/show.mkv"
rtmp = ["rtmp://localhost/live/a"]
preset = "vivid"
[controls]
zoom = 1.05
"""
# Larger ones are refused before they are decoded; a low limit keeps a damaged size from costing seconds.
MOST_PIXELS = 1_000_000
_EXTREMES = (0x00, 0x01, 0x7F, 0x80, 0xFF)

Read = Callable[[Path], object]


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes with one to four damages: bytes changed, lost, doubled or put in, or the end cut off."""
    chance, changed = random.Random(seed), bytearray(data)
    for _ in range(chance.randint(1, 4)):
        # More often where the headers are.
        reach = len(changed) if chance.random() < 0.5 else min(len(changed), 200)
        at = chance.randrange(reach) if reach else 0
        length = chance.choice((1, 1, 2, 4, 16))
        match chance.randrange(6):
            case 0 | 1:
                changed[at : at + 1] = bytes([chance.choice((*_EXTREMES, chance.randrange(256)))])
            case 2:
                changed[at : at + length] = chance.randbytes(length)
            case 3:
                del changed[at : at + length]
            case 4:
                changed[at:at] = changed[at : at + length]
            case 5:
                del changed[at + chance.randrange(64) :]
    return bytes(changed)


def whole_pictures() -> dict[str, bytes]:
    """A small picture in every format that can be written, with metadata where there are some."""
    y, x = np.mgrid[0:24, 0:32]
    colours = np.stack([x * 8, y * 10, 255 - x * 8], axis=-1).astype(np.uint8)
    picture, grey = Image.fromarray(colours), Image.fromarray((x * 2000).astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    usual: dict[str, object] = {"exif": exif}
    made: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "png": (picture, "PNG", usual),
        "png of 16 bits": (grey, "PNG", {}),
        "png of a palette": (picture.quantize(16), "PNG", {"transparency": 3}),
        "jpeg": (picture, "JPEG", usual),
        "jpeg of cmyk": (picture.convert("CMYK"), "JPEG", {}),
        "webp": (picture, "WEBP", usual),
        "gif": (picture, "GIF", {}),
        "bmp": (picture, "BMP", {}),
        "tiff": (picture, "TIFF", {"compression": "tiff_lzw"}),
        "tiff of floats": (grey.convert("I").convert("F"), "TIFF", {}),
        "ppm": (picture, "PPM", {}),
        "pgm of 16 bits": (grey.convert("I"), "PPM", {}),
        "ico": (picture, "ICO", {}),
        "tga": (picture, "TGA", {}),
        "dds": (picture, "DDS", {}),
        "pcx": (picture, "PCX", {}),
        "sgi": (picture, "SGI", {}),
    }
    if features.check("avif"):
        made["avif"] = (picture, "AVIF", usual)
    if features.check("jpg_2000"):
        made["jpeg 2000"] = (picture, "JPEG2000", {})
    found = {}
    for name, (image, format, options) in made.items():
        file = io.BytesIO()
        image.save(file, format, **options)
        found[name] = file.getvalue()
    return found


def kinds() -> dict[str, tuple[bytes, str, Read]]:
    """What is damaged: by its name, the whole file, a file name's ending, and what reads it."""
    found: dict[str, tuple[bytes, str, Read]] = {
        name: (data, "", pictures.load_photo) for name, data in whole_pictures().items()
    }
    nobody: Mapping[str, str] = {}
    found["settings"] = (SETTINGS.encode(), ".toml", lambda path: load({}, path, nobody))
    found["log of a show"] = (LOG.read_bytes(), ".jsonl", read_show)
    return found


def faults(kind: str, count: int, folder: Path) -> list[str]:
    """What came of `count` damaged files of a kind that was neither a value nor a sentence."""
    data, ending, read = kinds()[kind]
    path = folder / f"damaged{ending}"
    found = []
    for seed in range(count):
        path.write_bytes(damaged(data, seed))
        try:
            read(path)
        except UserError as error:
            if "\n" in str(error) or not str(error).endswith((".", "?")):
                found.append(f"{kind}, seed {seed}: no sentence: {error!r}")
        except Exception as error:
            found.append(f"{kind}, seed {seed}: {type(error).__name__}: {error}")
    return found


def main(count: int) -> int:
    """Damage and read, and say what came of it."""
    pictures.MOST_PIXELS = MOST_PIXELS
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds():
            began = time.perf_counter()
            found = faults(kind, count, Path(folder))
            wrong += len(found)
            print(f"{kind}: {count} damaged, {len(found)} faults, {time.perf_counter() - began:.1f} s", flush=True)
            for line in found[:5]:
                print(f"  {line[:300]}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000))
