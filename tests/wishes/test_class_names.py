"""The file of a network's classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.wishes.class_names import ClassName, read_class_names


def test_a_file_of_classes(tmp_path: Path) -> None:
    """A row is a class; other words and several emoji are optional."""
    path = tmp_path / "classes.csv"
    path.write_text("name,codepoints,aliases\nbee,1f41d;1f36f,honeybee; bumblebee\nowl,,\n", encoding="utf-8")
    bee = ClassName(0, "bee", "\N{HONEYBEE}", ("honeybee", "bumblebee"), ("\N{HONEYBEE}", "\N{HONEY POT}"))
    assert read_class_names(path) == [bee, ClassName(1, "owl")]


def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    """A codepoint that is none, a name without letters, and another file."""
    bad = tmp_path / "bad.csv"
    bad.write_text("name,codepoints,aliases\nbee,1f41d,\nowl,zz,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        read_class_names(bad)
    bad.write_text("<html>\n<body>\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_class_names(bad)
    bad.write_text("name,codepoints,aliases\n!,,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no letters"):
        read_class_names(bad)
