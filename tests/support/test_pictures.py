"""Pictures in and out: upright, bounded, and whole or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamstream.core.errors import UsageError, UserError
from dreamstream.support import pictures
from dreamstream.support.files import replacing


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
