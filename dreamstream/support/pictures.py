"""Pictures from files and to files: a photograph to begin with, a dream to keep."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.files import replacing
from dreamstream.support.picture_colours import in_srgb

if TYPE_CHECKING:
    from PIL import Image

# A small file can unfold to any number of pixels; no camera makes more than these.
MOST_PIXELS = 100_000_000
# What is kept of a larger photograph: more than any canvas shows.
LONGEST_SIDE = 4096
ORIENTATION = 0x0112  # EXIF's tag
# How a picture is turned upright, as Pillow numbers it (Image.Transpose), by EXIF's orientation.
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
# JPEG's segments: the pixels; and notes of other programs and comments, but JFIF's and Adobe's on what the colours are.
_SCAN = 0xDA
_NOTES = {*range(0xE1, 0xF0), 0xFE} - {0xEE}
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def load_photo(path: Path, ground: str = "white") -> NDArray[np.uint8]:
    """The picture as uint8 [h, w, 3] in sRGB, turned upright as its camera noted.

    ground: the colour behind what is transparent, by name. Any mode, depth and colour profile is read; metadata that
    are broken are left out. Raises UserError, in one sentence, for a file that is missing, no picture, broken or too
    large.
    """
    from PIL import UnidentifiedImageError

    if not path.is_file():
        raise UsageError(f"There is no picture {path}.")
    try:
        with path.open("rb") as file:
            return _read(file, path, ground)
    except UserError:
        raise
    except Exception as error:  # whatever a decoder raises for the damage that it meets
        with contextlib.suppress(Exception):
            if (bare := without_metadata(path.read_bytes())) is not None:
                return _read(io.BytesIO(bare), path, ground)
        if isinstance(error, UnidentifiedImageError):
            raise UserError(f"{path} is no picture that can be read (JPEG, PNG, WebP and others can).") from None
        reason = (str(error).splitlines() or [""])[0].strip(" .") or "it cannot be decoded"
        raise UserError(f"The picture {path} is broken: {reason}.") from None


def _read(file: BinaryIO, path: Path, ground: str) -> NDArray[np.uint8]:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata, which do not matter, and of sizes, which are looked at here
        with Image.open(file) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise UserError(
                    f"The picture {path} has {width}x{height} pixels; {MOST_PIXELS // 10**6} million are allowed."
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG alone: decodes smaller at once
            # Before decoding: TIFF turns itself around, and forgets that it was turned.
            turn = None if image.format == "TIFF" else TURNS.get(_orientation(image))
            image.load()
            layered = in_srgb(image, LONGEST_SIDE)
    if turn is not None:
        layered = layered.transpose(Image.Transpose(turn))
    behind = Image.new("RGBA", layered.size, ground)
    return np.asarray(Image.alpha_composite(behind, layered).convert("RGB"))


def _orientation(image: Image.Image) -> int:
    """How the camera was held, as EXIF or XMP says; 1, upright, where they cannot be read."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # metadata never stop a picture, and what is wrong in them has no bound
        return 1


def without_metadata(data: bytes) -> bytes | None:
    """A PNG or JPEG file with nothing but what its pixels take; None for another file. Raises where it is cut off."""
    if data.startswith(_PNG):
        kept, at = [_PNG], len(_PNG)
        while at < len(data):
            end = at + 12 + int.from_bytes(data[at : at + 4], "big")
            name = data[at + 4 : at + 8]
            if not name[0] & 0x20 or name == b"tRNS":  # a small letter: nothing that the picture needs
                kept.append(data[at:end])
            at = end
        return b"".join(kept)
    if data.startswith(_JPEG):
        kept, at = [_JPEG], len(_JPEG)
        while data[at] == 0xFF and (mark := data[at + 1]) != _SCAN:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if mark not in _NOTES:
                kept.append(data[at:end])
            at = end
        return b"".join([*kept, data[at:]])
    return None


def picture_format(path: Path) -> str:
    """The format that a picture file's name stands for. Raises UsageError for another ending."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"The picture's name must end in {', '.join(FORMATS)}, but it is {path}.") from None


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture uint8 [h, w, 3], or [h, w, 4] with a matte, whole or not at all.

    In a format without mattes it stands on white. Raises UserError when it cannot be written.
    """
    from PIL import Image

    kind = picture_format(path)
    image = Image.fromarray(picture)
    if kind == "JPEG" and image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    with replacing(path) as partial:
        image.save(partial, kind, quality=95)


def cropped(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of a picture uint8 [h, w, 3], as large as it can be of the shape of `size` (width, height)."""
    width, height = size
    h, w = picture.shape[:2]
    wide = min(w, max(1, round(h * width / height)))
    high = min(h, max(1, round(wide * height / width)))
    top, left = (h - high) // 2, (w - wide) // 2
    return picture[top : top + high, left : left + wide]
