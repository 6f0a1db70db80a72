"""The bench's pictures: words by lot, and figures that say what was dreamed."""

from __future__ import annotations

import json

import pytest

from dreamstream.bench import picture
from dreamstream.bench.judge import Judge
from dreamstream.core.dreamer import DreamerRequest

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
    figures = picture.measure(DreamerRequest("builtin", (320, 180), seed=1), (640, 360), 2, 4.0, 0.4, Judge())
    rows = figures["words"]
    assert [row["word"] for row in rows] == picture.words(_names(), 2)
    assert all(row["edge"] is None or 0.5 < row["edge"] < 6 for row in rows)
    assert 0 < figures["change"] < 40
    assert figures["fine"] > 1
    assert figures["judge"]["asked"] == 2
    assert all(1 <= row["judge"]["rank"] <= 180 for row in rows)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    said = "\n".join(picture.in_words(figures))
    assert "of 2 words first" in said
    assert f"{'pictures of':<26}{rows[0]['word']}, {rows[1]['word']}" in said


def _names() -> tuple[str, ...]:
    from dreamstream.dreamers.ascent import factory

    return tuple(word.name for word in factory.describe(DreamerRequest("builtin", (320, 180))).words)
