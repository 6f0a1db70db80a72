"""Drawings as data: what is read back, and what is refused in a sentence."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.drawing import MAX_POINTS, MAX_STROKES, Drawing, Point, Stroke, from_json
from dreamstream.core.errors import UserError

LINE = Stroke((Point(0.25, 0.5, 0.0), Point(0.75, 0.5, 1.0)))
RUBBED = Stroke((Point(0.5, 0.5, 2.0, 1.0),), erase=True)


def test_as_json_and_back() -> None:
    """Only what is unusual is written."""
    drawing = Drawing((LINE, RUBBED))
    assert drawing.to_json() == {
        "strokes": [
            {"points": [[0.25, 0.5, 0.0], [0.75, 0.5, 1.0]]},
            {"points": [[0.5, 0.5, 2.0, 1.0]], "erase": True},
        ]
    }
    assert from_json(json.loads(json.dumps(drawing.to_json()))) == drawing
    assert drawing.seconds == 2.0


def test_places_finer_than_can_be_seen_are_rounded() -> None:
    """So that a drawing read back is the same, and a negative zero is none."""
    drawing = from_json({"strokes": [{"points": [[0.123456789, 1, 0.0004], [-0.0, 0, 7.12345, 0.555]]}]})
    assert drawing == Drawing((Stroke((Point(0.1235, 1.0, 0.0), Point(0.0, 0.0, 7.123, 0.56))),))
    assert math.copysign(1, drawing.strokes[0].points[1].x) == 1
    assert from_json(drawing.to_json()) == drawing


def test_the_key_is_of_the_contents() -> None:
    """Equal drawings have one key; another point, or an eraser, has another."""
    assert Drawing((LINE,)).key() == from_json(Drawing((LINE,)).to_json()).key()
    assert len({Drawing((LINE,)).key(), Drawing((LINE, LINE)).key(), Drawing((LINE, RUBBED)).key()}) == 3
    assert Drawing((LINE,)).key() == "38fdfd0fe5a6a0b2"


def test_drawn_within_two_seconds() -> None:
    """Times follow the length of the lines, and a dot takes a moment, too."""
    drawing = Drawing((LINE, Stroke((Point(0.0, 0.0, 60.0), Point(0.0, 1.0, 61.0)))))
    quick = drawing.within(2.0)
    assert quick.seconds == 2.0
    assert quick.strokes[0].points[1].seconds == pytest.approx(2 / 3, abs=0.01)
    assert [point[:2] for stroke in quick.strokes for point in stroke.points] == [
        point[:2] for stroke in drawing.strokes for point in stroke.points
    ]


def points(*listed: object) -> object:
    """A drawing of one stroke."""
    return {"strokes": [{"points": list(listed)}]}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "must look like"),
        ([], "must look like"),
        ({}, "must look like"),
        ({"strokes": {}}, "must look like"),
        ({"strokes": [], "more": 1}, "must look like"),
        ({"strokes": []}, "1 to 300 strokes, not 0"),
        ({"strokes": [{"points": [[0, 0, 0]]}] * (MAX_STROKES + 1)}, "strokes, not 301"),
        ({"strokes": ["a"]}, "Stroke 1 must look like"),
        ({"strokes": [{"points": [[0, 0, 0]], "file": "x"}]}, "Stroke 1 must look like"),
        ({"strokes": [{"points": []}]}, "at least one point"),
        ({"strokes": [{"points": "abc"}]}, "at least one point"),
        ({"strokes": [{"points": [[0, 0, 0]], "erase": 1}]}, "erase must be true or false"),
        ({"strokes": [{"points": [[0, 0, 0]], "erase": True}]}, "at least one stroke of the pen"),
        (points([0, 0, 0], [0, 0]), "a list of x, y"),
        (points([0, 0, 0, 0, 0]), "a list of x, y"),
        (points({"x": 0}), "a list of x, y"),
        (points([True, 0, 0]), "x must be a number"),
        (points(["0", 0, 0]), "x must be a number"),
        (points([0, None, 0]), "y must be a number"),
        (points([0, math.nan, 0]), "y must be 0 to 1, not nan"),
        (points([math.inf, 0, 0]), "x must be 0 to 1, not inf"),
        (points([1e308, 0, 0]), r"x must be 0 to 1, not 1e\+308"),
        (points([10**400, 0, 0]), "not a number of hundreds of digits"),
        (points([-0.01, 0, 0]), "x must be 0 to 1, not -0.01"),
        (points([0, 0, -1]), "seconds must be 0 to 600, not -1"),
        (points([0, 0, 601]), "seconds must be 0 to 600, not 601"),
        (points([0, 0, 2], [0, 0, 1]), "never fall, as 2 to 1 does"),
        ({"strokes": [{"points": [[0, 0, 2]]}, {"points": [[0, 0, 1]]}]}, "Stroke 2: the seconds"),
        (points([0, 0, 0, 2]), "pressure must be 0 to 1"),
        (points(*[[0.5, 0.5, 0]] * 1_000_000), f"at most {MAX_POINTS} points"),
    ],
)
def test_refused_in_a_sentence(value: object, says: str) -> None:
    """With what is wrong, and nothing of what was sent beyond a number."""
    with pytest.raises(UserError, match=says) as refused:
        from_json(value)
    assert len(str(refused.value)) < 160
    assert str(refused.value).endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["strokes", "points", "erase", "x"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON | st.builds(lambda inner: {"strokes": [{"points": inner}]}, JSON))
def test_anything_is_a_drawing_or_a_sentence(value: object) -> None:
    """No other error, whatever is sent, and what is read is the same when read again."""
    try:
        drawing = from_json(value)
    except UserError:
        return
    assert from_json(drawing.to_json()) == drawing
