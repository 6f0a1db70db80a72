"""Pictures in and out: upright, in sRGB, bounded, and whole or not there."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support import pictures
from dreamstream.support.files import replacing
from dreamstream.support.picture_colours import grey_of

CASES = Path(__file__).parent / "pictures"


def halves(width: int = 40, height: int = 20) -> Image.Image:
    """Left half red, right half blue."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (255, 0, 0)
    picture[:, width // 2 :] = (0, 0, 255)
    return Image.fromarray(picture)


def test_a_photo_is_turned_upright(tmp_path: Path) -> None:
    """EXIF orientation 6: the camera was turned, so the left of the file is the top of the picture."""
    exif = Image.Exif()
    exif[0x0112] = 6
    halves().save(tmp_path / "a.png", exif=exif)
    picture = pictures.load_photo(tmp_path / "a.png")
    assert picture.shape == (40, 20, 3)
    assert tuple(picture[0, 10]) == (255, 0, 0)
    assert tuple(picture[39, 10]) == (0, 0, 255)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1", "I;16"])
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, mode: str) -> None:
    """Grey, palette, transparent and print pictures are read."""
    image = Image.new("I;16", (8, 6)) if mode == "I;16" else halves(8, 6).convert(mode)
    path = tmp_path / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    image.save(path)
    picture = pictures.load_photo(path)
    assert picture.shape == (6, 8, 3)
    assert picture.dtype == np.uint8


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    """What can be seen through is white, as on paper."""
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert pictures.load_photo(tmp_path / "a.png").min() == 255


def test_a_large_photo_is_reduced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded whatever the camera."""
    monkeypatch.setattr(pictures, "LONGEST_SIDE", 20)
    halves().save(tmp_path / "a.png")
    assert pictures.load_photo(tmp_path / "a.png").shape == (10, 20, 3)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header alone decides."""
    monkeypatch.setattr(pictures, "MOST_PIXELS", 799)
    halves().save(tmp_path / "a.png")
    with pytest.raises(UserError, match="has 40x20 pixels"):
        pictures.load_photo(tmp_path / "a.png")


def broken_jpeg(folder: Path) -> bytes:
    """The first half of a JPEG."""
    halves(400, 300).save(folder / "whole.jpg")
    data = (folder / "whole.jpg").read_bytes()
    return data[: len(data) // 2]


def test_what_is_no_picture_is_one_sentence(tmp_path: Path) -> None:
    """Text, HTML, nothing, half a file: refused by name, without a traceback."""
    for content in (b"", b"hello", b"<html></html>", b"\x89PNG\r\n\x1a\n", b"GIF89a", broken_jpeg(tmp_path)):
        path = tmp_path / "a.jpg"
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"a\.jpg") as caught:
            pictures.load_photo(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="There is no picture") as caught:
        pictures.load_photo(tmp_path / "none.jpg")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "A.PNG"])
def test_saved_pictures_can_be_read(tmp_path: Path, name: str) -> None:
    """The ending decides the format, and nothing else is left in the folder."""
    pictures.save_picture(tmp_path / name, np.asarray(halves()))
    assert pictures.load_photo(tmp_path / name).shape == (20, 40, 3)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_picture_that_cannot_be_saved(tmp_path: Path) -> None:
    """Another ending is wrong usage; a folder that is not there is a failure."""
    picture = np.asarray(halves())
    with pytest.raises(UsageError, match=r"must end in \.png"):
        pictures.save_picture(tmp_path / "a.gif", picture)
    with pytest.raises(UserError, match="cannot be written"):
        pictures.save_picture(tmp_path / "none" / "a.png", picture)


def test_a_broken_off_write_leaves_the_old_file(tmp_path: Path) -> None:
    """The name keeps what it stood for, and no half file stays behind."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def write_and_stop() -> None:
        with replacing(path) as partial:
            partial.write_bytes(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_stop()
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("profile-p3.png", (215, 93, 31)),
        ("profile-adobe.png", (36, 151, 108)),
        ("profile-linear.png", (128, 182, 79)),
        ("profile-greylinear.png", (128, 128, 128)),
    ],
)
def test_a_colour_profile_is_converted_to_srgb(name: str, colour: tuple[int, int, int]) -> None:
    """Display P3, Adobe RGB, linear RGB, linear grey: the colours that a screen would show."""
    picture = pictures.load_photo(CASES / name)
    assert np.abs(picture.astype(int) - colour).max() <= 3


def test_a_profile_keeps_what_is_transparent(tmp_path: Path) -> None:
    """Colours change, transparency does not."""
    with Image.open(CASES / "profile-linear.png") as opened:
        profile, clear = opened.info["icc_profile"], opened.convert("RGBA")
    clear.putalpha(0)
    clear.save(tmp_path / "clear.png", icc_profile=profile)
    assert pictures.load_photo(tmp_path / "clear.png").min() == 255


@pytest.mark.parametrize("profile", [b"", b"no profile", bytes(200), None])
def test_a_profile_that_does_not_fit_is_left_out(tmp_path: Path, profile: bytes | None) -> None:
    """Broken, or of another colour space: the picture is as without it."""
    if profile is None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    halves().save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(pictures.load_photo(tmp_path / "a.png"), np.asarray(halves()))


def test_a_grey_picture_may_have_a_profile_of_colours(tmp_path: Path) -> None:
    """Some programs write sRGB's profile into grey pictures, too."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("L", (4, 4), 100).save(tmp_path / "a.png", icc_profile=profile)
    assert np.abs(pictures.load_photo(tmp_path / "a.png").astype(int) - 100).max() <= 1


RAMP = np.linspace(0, 1, 256)[None].repeat(4, axis=0)
GREYS = np.round(RAMP * 255).astype(int)


def deep(kind: str, path: Path) -> Path:
    """A ramp from black to white in a file of more than 8 bits."""
    words = np.round(RAMP * 65535)
    if kind == "pgm of 10 bits":
        body = np.round(RAMP * 1023).astype(">u2").tobytes()
        path.write_bytes(b"P5 256 4 1023\n" + body)
        return path
    if kind == "pfm":
        path.write_bytes(b"Pf\n256 4\n-1.0\n" + RAMP[::-1].astype("<f4").tobytes())
        return path
    arrays: dict[str, tuple[NDArray[Any], str]] = {
        "16-bit png": (words.astype(np.uint16), "PNG"),
        "16-bit tiff": (words.astype(np.uint16), "TIFF"),
        "16-bit tiff of a Mac": (words.astype(">u2"), "TIFF"),
        "16-bit jpeg 2000": (words.astype(np.uint16), "JPEG2000"),
        "16-bit pgm": (words.astype(np.int32), "PPM"),
        "32-bit tiff of 16 bits": (words.astype(np.int32), "TIFF"),
        "32-bit tiff of 8 bits": (np.round(RAMP * 255).astype(np.int32), "TIFF"),
        "float tiff from 0 to 1": (RAMP.astype(np.float32), "TIFF"),
        "float tiff from 0 to 255": ((RAMP * 255).astype(np.float32), "TIFF"),
        "float tiff from -1 to 1": ((RAMP * 2 - 1).astype(np.float32), "TIFF"),
    }
    array, format = arrays[kind]
    Image.fromarray(array).save(path, format)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "16-bit png",
        "16-bit tiff",
        "16-bit tiff of a Mac",
        "16-bit jpeg 2000",
        "16-bit pgm",
        "pgm of 10 bits",
        "pfm",
        "32-bit tiff of 16 bits",
        "32-bit tiff of 8 bits",
        "float tiff from 0 to 1",
        "float tiff from 0 to 255",
        "float tiff from -1 to 1",
    ],
)
def test_more_than_8_bits_are_the_same_greys(tmp_path: Path, kind: str) -> None:
    """Black is black, white is white, and the middle is the middle, whatever they are counted in."""
    picture = pictures.load_photo(deep(kind, tmp_path / "deep"))
    # What negative numbers mean nobody says: their hundredth parts at both ends are cut.
    error = 3 if "-1" in kind else 1
    assert np.abs(picture.astype(int) - GREYS[..., None]).max() <= error


def test_the_case_of_16_bits() -> None:
    """Columns 0, 64, 128, 192 and 255; all but black was white once."""
    picture = pictures.load_photo(CASES / "grey-16-bit.png").astype(int)
    assert np.abs(picture[0, [0, 64, 128, 192, 255], 0] - [0, 64, 128, 191, 255]).max() <= 1


def test_numbers_that_are_no_picture() -> None:
    """Not a number is black, infinity white, highlights are cut, unsigned is not negative, and 0 may be white."""
    odd = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    assert grey_of(odd, 1.0).tolist() == [[0, 255, 0, 128]]
    bright = np.linspace(0, 1, 1000, dtype=np.float32)[None]
    bright[0, -1] = 40.0
    assert abs(int(grey_of(bright)[0, 500]) - 128) <= 1
    assert grey_of(np.array([[0, -1]], np.int32), unsigned=True).tolist() == [[0, 255]]
    assert grey_of(np.array([[0, 65535]], np.uint16), 65535.0, inverted=True).tolist() == [[255, 0]]
    assert grey_of(np.zeros((2, 2), np.float32)).max() == 0


def test_a_transparent_grey_of_16_bits_lies_on_white(tmp_path: Path) -> None:
    """One of its greys is transparent."""
    Image.fromarray(np.array([[0, 1000]], np.uint16)).save(tmp_path / "a.png", transparency=1000)
    assert pictures.load_photo(tmp_path / "a.png")[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("mode", ["LAB", "YCbCr", "HSV", "RGBX"])
def test_other_colour_spaces_become_rgb(tmp_path: Path, mode: str) -> None:
    """A plain red is still red."""
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    if mode == "LAB":
        to = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
        made = ImageCms.profileToProfile(red, to[0], to[1], outputMode="LAB")
        assert made is not None
    else:
        made = red.convert(mode)
    if mode == "HSV":  # no file holds it
        from dreamstream.support.picture_colours import in_srgb

        picture = np.asarray(in_srgb(made, 100).convert("RGB"))
    else:
        made.save(tmp_path / "a.tif")
        picture = pictures.load_photo(tmp_path / "a.tif")
    assert np.abs(picture[0, 0].astype(int) - (200, 30, 30)).max() <= 3


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("exif-*.jpg")))
def test_tags_of_a_wrong_type_do_not_stop_a_picture(name: str) -> None:
    """It is read, and turned as its orientation says all the same."""
    assert pictures.load_photo(CASES / name).shape == (60, 40, 3)


def test_a_turned_tiff_is_turned_once(tmp_path: Path) -> None:
    """Pillow turns TIFFs itself while it reads them."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x0112] = 6
    halves().save(tmp_path / "a.tif", tiffinfo=tags)
    picture = pictures.load_photo(tmp_path / "a.tif")
    assert picture.shape == (40, 20, 3)
    assert tuple(picture[0, 10]) == (255, 0, 0)


def chunk(name: bytes, data: bytes, *, right: bool = True) -> bytes:
    """A PNG's chunk, with a checksum that is right or not."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ (not right))


@pytest.mark.parametrize(
    "broken",
    [
        chunk(b"tEXt", b"Comment\0hello", right=False),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 26))),
        chunk(b"iCCP", b"profile\0\7nothing"),
        chunk(b"pHYs", b"1"),
        chunk(b"gAMA", b""),
        chunk(b"eXIf", b"nothing"),
    ],
    ids=["checksum", "too long", "profile", "resolution", "gamma", "exif"],
)
def test_broken_chunks_do_not_stop_a_png(tmp_path: Path, broken: bytes) -> None:
    """Its pixels are whole, and they are what is wanted."""
    file = io.BytesIO()
    halves().save(file, "PNG")
    data = file.getvalue()
    (tmp_path / "a.png").write_bytes(data[:33] + broken + data[33:])  # after the header
    assert np.array_equal(pictures.load_photo(tmp_path / "a.png"), np.asarray(halves()))


@pytest.mark.parametrize("mark", [0xE1, 0xE2, 0xED, 0xEE, 0xFE])
@pytest.mark.parametrize(
    "body", [b"", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MPF\0II*\0\x08\0\0\0\1", b"Photoshop 3.0\x008BIM\4"]
)
def test_broken_segments_do_not_stop_a_jpeg(tmp_path: Path, mark: int, body: bytes) -> None:
    """EXIF, several pictures in one, Photoshop's own: none of them is the picture."""
    file = io.BytesIO()
    halves().save(file, "JPEG")
    data = file.getvalue()
    segment = bytes([0xFF, mark]) + struct.pack(">H", 2 + len(body)) + body
    (tmp_path / "a.jpg").write_bytes(data[:2] + segment + data[2:])
    assert pictures.load_photo(tmp_path / "a.jpg").shape == (20, 40, 3)
