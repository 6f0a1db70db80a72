"""The store of drawings: bounded, kept, and told what went."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dreamstream.core.drawing import MAX_POINTS, Drawing, Point, Stroke
from dreamstream.requests.drawings import MOST_KEPT, DrawingStore, Drawn, drawn, from_record
from tests.drawn import CAT


def dot(number: int, **more: Any) -> Drawn:
    """A drawing of its own."""
    drawing = Drawing((Stroke((Point(round(number / 10_000, 4), 0.5, 0.0),)),))
    return drawn(drawing, "", f"viewer {number}", f"page:/{number}", "page", **more)


def test_a_drawing_comes_back_as_it_was() -> None:
    """By its key, in a record that is read again, and as a wish."""
    store = DrawingStore()
    record = drawn(CAT, "cat", "ann", "page:/ann", "page", region="left", delivery="page:1", held=True)
    store.put(record)
    assert store[CAT.key()] == CAT
    assert store.get("0" * 16) is None
    assert from_record(json.loads(json.dumps(record.to_json()))) == record
    (wish,) = record.programme().wishes
    assert (wish.drawing, wish.word, wish.region, wish.label()) == (CAT.key(), "cat", "left", "drawn cat")
    assert dot(1).programme().title() == "a drawing"


@pytest.mark.parametrize(
    "change",
    [{"region": "up"}, {"drawing": {"strokes": []}}, {"held": "perhaps"}, {"more": 1}, {"delivery": "x" * 201}],
)
def test_a_record_that_is_none(change: dict[str, Any]) -> None:
    """Nothing else is taken for one."""
    data = drawn(CAT, "cat", "ann", "page:/ann", "page").to_json()
    with pytest.raises(ValueError, match=r"."):
        from_record(data | change)


def test_what_nobody_waits_for_is_forgotten_the_oldest_first() -> None:
    """A thousand drawings later there are MOST_KEPT and those in use; each that went is told."""
    gone: list[str] = []
    store = DrawingStore(keep=lambda key, record: gone.append(key) if record is None else None)
    store.put(dot(0, held=True))
    store.put(dot(1))
    for number in range(2, 1002):
        store.put(dot(number), {dot(1).key})
    assert len(store) == MOST_KEPT + 3
    assert dot(0).key in store
    assert dot(1).key in store
    assert dot(1001).key in store
    assert gone[:2] == [dot(2).key, dot(3).key]
    assert len(gone) == 1002 - len(store)


def test_the_largest_take_little_room() -> None:
    """A drawing of as many points as there may be is kept in about a hundred kilobytes."""
    points = (Point(round(n % 9999 / 10_000, 4), 0.1234, round(n / 7, 3), 0.37) for n in range(MAX_POINTS))
    record = drawn(Drawing((Stroke(tuple(points)),)), "", "ann", "page:/ann", "page")
    assert len(record.strokes) < 131_072


def test_what_is_taken_off_the_picture() -> None:
    """For some seconds there is a wish against it; not for one that was never seen, nor for one that came again."""
    store = DrawingStore()
    for number in (1, 2):
        store.put(dot(number))
    store.remove(dot(1).key, 100.0, on_picture=True)
    store.remove(dot(2).key, 100.0)
    (wish,) = store.erased(104.0)
    assert (wish.drawing, wish.weight) == (dot(1).key, -1.0)
    assert store.erased(106.0) == ()
    store.put(dot(3))
    store.remove(dot(3).key, 200.0, on_picture=True)
    store.put(dot(3))
    assert store.erased(201.0) == ()
