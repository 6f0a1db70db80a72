"""What a card says of what may be wished and turned."""

from __future__ import annotations

import pytest

from dreamstream.core.card import Card, Control, Word
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Programme, Wish

ZOOM = Control("zoom", "per second", 0.9, 1.3, 1.05, "How fast the camera falls in.")
CARD = Card("painter", (Word("bee"),), ("class", "drawing"), (ZOOM,), cost=("strokes",))


def test_wishes_of_a_kind_that_is_taken() -> None:
    """Kinds are open words; the others are refused in a sentence that says what there is."""
    CARD.check_wishes(Programme((Wish("bee"), Wish("a house", kind="drawing"))))
    with pytest.raises(UsageError, match=r"painter takes no wish like 'layer relu4_3' \(kind layer\); it takes cl"):
        CARD.check_wishes(Programme((Wish("bee"), Wish("relu4_3", kind="layer"))))


@pytest.mark.parametrize("value", [0.89, 1.31, float("nan"), float("inf")])
def test_values_out_of_a_controls_range(value: float) -> None:
    """The sentence has the range, the unit and the value."""
    with pytest.raises(ValueError, match=r"zoom must be 0\.9 to 1\.3 per second, not"):
        CARD.control("zoom").check(value)


def test_controls_and_costs_that_there_are_not() -> None:
    """Each is refused with what there is."""
    assert CARD.control("zoom").check(1.3) == 1.3
    with pytest.raises(ValueError, match="no control 'speed'; there is zoom"):
        CARD.control("speed")
    CARD.check_cost("strokes")
    with pytest.raises(UsageError, match="does not count steps; leave --steps out"):
        CARD.check_cost("steps")
