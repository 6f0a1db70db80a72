"""Subjects by their names: all that are shipped, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.support.resources import models_folder
from dreamstream.weights.generators import heading_of
from dreamstream.weights.subjects import SHIPPED, file_of


def is_subject(path: Path) -> bool:
    """Whether a file is a subject's."""
    try:
        return bool(heading_of(path))
    except UserError:
        return False


def test_every_shipped_generator_has_a_name() -> None:
    """Each of the models that is a subject, by its folder's name; networks and painters are none."""
    assert {path.parent.name for path in models_folder().glob("*/*.safetensors") if is_subject(path)} == set(SHIPPED)
    assert all(is_subject(file_of(name)) for name in SHIPPED)


def test_others_go_by_their_file() -> None:
    """One of a shipped name in a folder is given by its path."""
    assert file_of("cartoon-cats") == models_folder() / "cartoon-cats" / "weights.safetensors"
    assert file_of("cat.safetensors") == Path("cat.safetensors")
    assert file_of("./cartoon-cats").is_file() is False


@pytest.mark.parametrize(
    ("typed", "advice"),
    [("ancester", "did you mean ancestor?"), ("x.safetensors", "`dreamstream learn` makes one of a film.")],
)
def test_a_name_that_there_is_not(typed: str, advice: str) -> None:
    """The shipped one that is like it, else how to make one."""
    with pytest.raises(UserError) as refused:
        heading_of(file_of(typed))
    assert str(refused.value) == f"There is no subject {typed}; {advice}"
