"""Docstrings in this project's prose become what the site's generator reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("docstrings", ROOT / "docs" / "docstrings.py")
assert _spec is not None
assert _spec.loader is not None
docstrings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(docstrings)


@pytest.mark.parametrize(
    ("prose", "lines"),
    [
        ("One sentence.", ["One sentence."]),
        (
            "size: width and height, in pixels. seed: what random\nnumbers start from; any number.",
            [":param size: width and height, in pixels.", ":param seed: what random numbers start from; any number."],
        ),
        (
            "pts, dts and duration: counted in time_base.",
            [f":param {name}: counted in time_base." for name in ("pts", "dts", "duration")],
        ),
        ("kind: one of three. It is shown.", [":param kind: one of three. It is shown."]),
        (
            "The file, written. Raises UserError when it exists.",
            ["The file, written.", "", ":raises UserError: when it exists."],
        ),
        ("Raises ValueError.", [":raises ValueError: see above."]),
        ("state: as it is. Raises KeyError for none.", [":param state: as it is.", ":raises KeyError: for none."]),
        ("Wants a*b of `--flag` and `Wish.kind`.", ["Wants a\\*b of ``--flag`` and `Wish.kind`."]),
        ("Ends with a colon: not a field.", ["Ends with a colon: not a field."]),
        ("a -> b\n  |\n  c", ["::", "", "    a -> b", "      |", "      c"]),
    ],
)
def test_a_paragraph(prose: str, lines: list[str]) -> None:
    """Fields, errors, code and diagrams, each in its form."""
    assert docstrings.to_sphinx(prose.split("\n")) == [*lines, ""]


def test_paragraphs_stay_apart() -> None:
    """A summary, then what the arguments mean."""
    told = docstrings.to_sphinx(["Does it.", "", "name: whose.", ""])
    assert told == ["Does it.", "", ":param name: whose.", ""]
