"""Pictures from files and to files: a photograph to begin with, a dream to keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support.files import replacing

# A small file can unfold to any number of pixels; no camera makes more than these.
MOST_PIXELS = 100_000_000
# What is kept of a larger photograph: more than any canvas shows.
LONGEST_SIDE = 4096
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def load_photo(path: Path) -> NDArray[np.uint8]:
    """The picture as uint8 [h, w, 3] RGB, turned upright as its camera noted, transparency on white.

    Raises UserError, in one sentence, for a file that is missing, no picture, broken or too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not path.is_file():
        raise UsageError(f"There is no picture {path}.")
    try:
        with Image.open(path) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise UserError(
                    f"The picture {path} has {width}x{height} pixels; {MOST_PIXELS // 10**6} million are allowed."
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG alone: decodes smaller at once
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            layered = upright.convert("RGBA")
            white = Image.new("RGBA", layered.size, "white")
            return np.asarray(Image.alpha_composite(white, layered).convert("RGB"))
    except UnidentifiedImageError:
        raise UserError(f"{path} is no picture that can be read (JPEG, PNG, WebP and others can).") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"The picture {path} is broken: {reason}.") from None


def picture_format(path: Path) -> str:
    """The format that a picture file's name stands for. Raises UsageError for another ending."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"The picture's name must end in {', '.join(FORMATS)}, but it is {path}.") from None


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture uint8 [h, w, 3], whole or not at all. Raises UserError when it cannot be written."""
    from PIL import Image

    kind = picture_format(path)
    with replacing(path) as partial:
        Image.fromarray(picture).save(partial, kind, quality=95)
