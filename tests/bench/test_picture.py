"""The bench's pictures: words by lot, and figures that say what was dreamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamstream.bench import picture
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UserError
from tests.conftest import need_library

NAMES = tuple(f"word {number}" for number in range(50))


def test_words_are_drawn_by_lot_and_always_the_same() -> None:
    """More words begin with the same ones, none comes twice, and they are not the first of the list."""
    few, many = picture.words(NAMES, 5), picture.words(NAMES, 20)
    assert many[:5] == few
    assert len(set(many)) == 20
    assert few != list(NAMES[:5])
    assert sorted(picture.words(NAMES, 99)) == sorted(NAMES)


@pytest.mark.slow
def test_pictures_of_words_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every figure is there, for each word and together; what is finished is crisp."""
    monkeypatch.setattr(picture, "SECONDS", 2.0)
    figures = picture.measure(DreamerRequest("builtin", (320, 180), seed=1), (640, 360), 2, 4.0, 0.4, None)
    rows = figures["words"]
    assert [row["word"] for row in rows] == picture.words(_names(), 2)
    assert all(row["edge"] is None or 0.5 < row["edge"] < 6 for row in rows)
    assert 0 < figures["change"] < 40
    assert figures["fine"] > 1
    assert "judge" not in figures
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    said = "\n".join(picture.in_words(figures))
    assert f"{'pictures of':<26}{rows[0]['word']}, {rows[1]['word']}" in said


def test_what_is_no_judge_is_said(tmp_path: Path) -> None:
    """A file that is not there, and one that holds something else, are named in a sentence."""
    need_library("torch")
    for path in (tmp_path / "none.pt", tmp_path / "other.pt"):
        if path.name == "other.pt":
            path.write_bytes(b"no judge")
        with pytest.raises(UserError, match=path.name):
            picture.read_judge(path)


def _names() -> tuple[str, ...]:
    from dreamstream.dreamers.ascent import factory

    return tuple(word.name for word in factory.describe(DreamerRequest("builtin", (320, 180))).words)
