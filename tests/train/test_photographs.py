"""Folders of photographs: what is found in them, and what is said when it cannot be taught from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.support.pictures import save_picture
from dreamstream.train.photographs import find, held_out, views


def picture(path: Path, colour: int = 128) -> Path:
    """A small picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(path, np.full((40, 60, 3), colour, np.uint8))
    return path


def test_classes_are_folders(tmp_path: Path) -> None:
    """Names come from folders, pictures also from folders below; hidden ones and other files are passed over."""
    picture(tmp_path / "sea_horse" / "a.png")
    picture(tmp_path / "sea_horse" / "more" / "b.jpg")
    picture(tmp_path / "cup" / "c.png")
    picture(tmp_path / ".git" / "d.png")
    (tmp_path / "cup" / "notes.txt").write_text("no picture")
    found = find(tmp_path)
    assert [word.name for word in found.words] == ["cup", "sea horse"]
    assert [[path.name for path in files] for files in found.files] == [["c.png"], ["a.png", "b.jpg"]]


def test_words_from_a_list(tmp_path: Path) -> None:
    """A list gives names, emoji and aliases by folder; a folder that is not on it is named."""
    for name in ("mimi", "tom"):
        picture(tmp_path / "photos" / name / "a.png")
    words = tmp_path / "words.csv"
    words.write_text("folder,name,codepoints,aliases\nmimi,Mimi the cat,1F408,mimi;cat\ntom,Tom,,\n")
    found = find(tmp_path / "photos", words)
    assert [(word.name, word.emoji, word.aliases) for word in found.words] == [
        ("Mimi the cat", "🐈", ("mimi", "cat")),
        ("Tom", "", ()),
    ]
    words.write_text("folder,name\nmimi,Mimi\n")
    with pytest.raises(UserError, match="has no row for the folder tom"):
        find(tmp_path / "photos", words)


def test_what_cannot_be_taught_from(tmp_path: Path) -> None:
    """One sentence each, with the remedy."""
    with pytest.raises(UserError, match="There is no folder"):
        find(tmp_path / "none")
    with pytest.raises(UserError, match="has no folders of photographs"):
        find(tmp_path)
    picture(tmp_path / "loose.png")
    with pytest.raises(UserError, match="put them into a folder for each class"):
        find(tmp_path)
    picture(tmp_path / "cat" / "a.png")
    with pytest.raises(UserError, match="a single class, cat"):
        find(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(UserError, match="dog holds no pictures"):
        find(tmp_path)
    picture(tmp_path / "dog" / "a.png")
    picture(tmp_path / "sea horse" / "a.png")
    picture(tmp_path / "sea_horse" / "a.png")
    with pytest.raises(UserError, match="would both be called"):
        find(tmp_path)


def test_some_are_held_back() -> None:
    """A sixth of each class, and none where there are few."""
    assert not held_out(5).any()
    assert held_out(6).sum() == 1
    assert held_out(40).sum() == 7


@pytest.mark.parametrize("size", [(40, 300), (300, 40), (1, 1), (160, 160)])
def test_views(size: tuple[int, int]) -> None:
    """All are squares of the side; the same seed draws the same, another draws others, the first is its middle."""
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    once, again = (list(views(photo, 64, 4, b"12345678")) for _ in range(2))
    assert all(view.shape == (64, 64, 3) and view.dtype == np.uint8 for view in once)
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    other = list(views(photo, 64, 4, b"87654321"))
    assert np.array_equal(once[0], other[0])
    assert not np.array_equal(once[1], other[1])
