"""Programmes as plain data."""

from __future__ import annotations

import pytest

from dreamstream.core.programme import Wish, split


def test_one_name_is_one_class() -> None:
    """A name alone is not taken for a list of its letters."""
    assert split("bee", "ann").wishes == split(["bee"], "ann").wishes == (Wish("bee", "whole", 1.0, "ann"),)
    assert split("spider web").wishes == (Wish("spider web"),)
    assert [wish.what for wish in split(("bee", "owl")).wishes] == ["bee", "owl"]


@pytest.mark.parametrize("names", [[], ["a", "b", "c", "d", "e"]])
def test_none_and_too_many_are_refused(names: list[str]) -> None:
    """In one sentence that says how many there may be."""
    with pytest.raises(ValueError, match="1 to 4 wishes"):
        split(names)
