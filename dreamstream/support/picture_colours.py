"""Pictures of every mode, depth and colour profile as what a screen shows: sRGB of 8 bits, with transparency."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

# Modes of one channel with more than 8 bits.
DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
# What the other modes are turned into first: those in which colour profiles speak.
_PLAIN = {"1": "L", "LA": "L", "CMYK": "CMYK", "L": "L", "LAB": "LAB"}
_WHOLE = {"La": "LA", "RGBa": "RGBA", "HSV": "RGB"}  # in which transparency is kept as usual
# Modes by the colour space of a profile.
_SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
# Full scales of numbers whose file does not say what is white, the smallest that holds them all.
_WHITES = (2**8 - 1, 2**16 - 1, 2**32 - 1)
# TIFF's tags, and of the first the value that means unsigned, of the second the one that means 0 is white.
_SAMPLE_FORMAT, _UNSIGNED, _PHOTOMETRIC, _WHITE_IS_ZERO, _BITS = 339, 1, 262, 0, 258
_BRIGHTEST = 99.0  # percent of a float picture's pixels; the rest may be brighter than white


def in_srgb(image: Image.Image, longest: int) -> Image.Image:
    """A decoded picture as RGBA in sRGB, reduced to at most `longest` pixels a side."""
    from PIL import Image

    colours, alpha = _deep(image) if image.mode in DEEP else _usual(image)
    if alpha is not None:  # together, so that what cannot be seen does not run into what can
        colours = colours.convert("LA" if colours.mode == "L" else "RGBA")
        colours.putalpha(alpha)
    colours.thumbnail((longest, longest))
    if alpha is not None:
        alpha = colours.getchannel("A")
        colours = colours.convert("L" if colours.mode == "LA" else "RGB")
    shown = _converted(colours, image.info.get("icc_profile"))
    shown.putalpha(alpha if alpha is not None else Image.new("L", shown.size, 255))
    return shown


def _usual(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours of a picture of 8 bits, in L, RGB, CMYK or LAB, and its transparency."""
    if image.mode in _WHOLE:
        image = image.convert(_WHOLE[image.mode])
    alpha = None
    if image.has_transparency_data:
        with contextlib.suppress(ValueError, TypeError):  # a transparent colour that is none
            alpha = image.convert("RGBA").getchannel("A")
    image.info.pop("transparency", None)
    return image.convert(_PLAIN.get(image.mode, "RGB")), alpha


def _deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The same for a picture of one channel with more than 8 bits."""
    from PIL import Image

    samples = np.asarray(image)
    grey = Image.fromarray(grey_of(samples, **_said(image)))
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(samples == clear, 0, 255).astype(np.uint8)) if isinstance(clear, int) else None
    return grey, alpha


def _said(image: Image.Image) -> dict[str, Any]:
    """What a deep picture says of its numbers, as arguments for `grey_of`."""
    tags = getattr(image, "tag_v2", {})
    bits = 0
    with contextlib.suppress(TypeError, ValueError, IndexError):
        bits = int(tags[_BITS][0]) if _BITS in tags else 0
    sixteen = image.mode not in ("I", "F")
    return {
        "white": float((1 << bits) - 1 if 8 < bits < 16 else 2**16 - 1) if sixteen else None,
        "unsigned": image.mode == "I" and bool(tags) and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)) == (_UNSIGNED,),
        "inverted": bool(tags) and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
    }


def grey_of(
    samples: NDArray[Any], white: float | None = None, *, unsigned: bool = False, inverted: bool = False
) -> NDArray[np.uint8]:
    """Grey of 8 bits of one channel's numbers.

    white: the number that is white. Without it, whole numbers are taken for the smallest usual depth that holds them,
    and floats for 0 to 1 where nearly all are; where many are negative, darkest and brightest become black and white.
    unsigned: the int32 samples are uint32 in truth. inverted: 0 is white.
    """
    values = samples.view(np.uint32) if unsigned else samples
    values = np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=3e38, neginf=-3e38)
    low, high = 0.0, white
    if high is None:
        few = values.ravel()[:: max(1, values.size // 1_000_000)]
        darkest, brightest = (float(np.percentile(few, share)) for share in (100 - _BRIGHTEST, _BRIGHTEST))
        largest = brightest if np.issubdtype(samples.dtype, np.floating) else float(values.max(initial=0))
        if darkest < 0:
            low, high = darkest, max(brightest, darkest + 1e-30)
        elif np.issubdtype(samples.dtype, np.floating) and largest <= 1:
            high = 1.0
        else:
            high = float(next((white for white in _WHITES if largest <= white), max(largest, 1.0)))
    values = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    grey = np.asarray(np.round(values * 255), np.uint8)
    return 255 - grey if inverted else grey


def _converted(colours: Image.Image, profile: bytes | None) -> Image.Image:
    """L, RGB, CMYK or LAB as RGB in sRGB; a profile that is broken, or of another colour space, is left out."""
    from PIL import ImageCms

    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        if colours.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
            space = _SPACES.get(str(source.profile.xcolor_space).strip())
            if (colours.mode, space) == ("L", "RGB"):
                colours = colours.convert("RGB")
            if colours.mode != space:
                return colours.convert("RGB")
        converted = ImageCms.profileToProfile(
            colours,
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if converted is not None:
            return converted
    return colours.convert("RGB")
