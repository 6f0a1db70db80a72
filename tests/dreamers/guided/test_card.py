"""A subject among an ascent dreamer's things, before it is opened: its name, its wishes, the looks that have room."""

from __future__ import annotations

import pytest

from dreamstream.core.card import Card, Control, Word
from dreamstream.core.errors import UsageError
from dreamstream.core.programme import Wish
from dreamstream.dreamers.ascent.presets import PRESETS
from dreamstream.dreamers.guided.card import beside, check_look, is_of, name_beside


def test_a_name_gives_way_to_words() -> None:
    """Also to what it would be called then."""
    assert name_beside("taco_cat", ["cat"]) == "taco cat"
    assert name_beside("cat", ["cat", "owl"]) == "my cat"
    assert name_beside("cat", ["cat", "my cat"]) == "my my cat"


def test_a_card_with_a_subject_has_both() -> None:
    """The model's words first; wishes, points and controls of the subject after; its name is that with letters."""
    zoom = Control("zoom", "times", 1.0, 1.2, 1.04, "Zoom.")
    card = beside(Card("ascent", (Word("owl"),), ("class", "layer"), (zoom,)), "my cat", "cat.safetensors")
    assert [word.name for word in card.words][:4] == ["owl", "my cat", "my cat a", "my cat b"]
    assert {"class", "layer", "mix", "at", "point"} <= set(card.kinds)
    assert [control.name for control in card.controls] == ["zoom", "wild", "speed"]
    assert (card.subject, card.lettered) == ("cat.safetensors", "my cat")
    assert Card("ascent", (Word("owl"),)).lettered == ""


@pytest.mark.parametrize(
    ("wish", "its"),
    [
        (Wish("my cat"), True),
        (Wish("my cat c"), True),
        (Wish("a b .3", kind="mix"), True),
        (Wish("taco", kind="point"), True),
        (Wish("cat"), False),
        (Wish("my cat z"), False),
        (Wish("relu4_3", kind="layer"), False),
        (Wish("3fa9:cat", kind="drawing"), False),
    ],
)
def test_which_wishes_are_for_it(wish: Wish, its: bool) -> None:
    """Its words, and all kinds of points; nothing else."""
    assert is_of(wish, "my cat") is its


def test_looks_without_things_have_no_room_for_one() -> None:
    """And networks that see none."""
    check_look(PRESETS["gouache"], "dense", "gouache")
    with pytest.raises(UsageError, match="Where deep is dreamed there are no single things"):
        check_look(PRESETS["deep"], "dense", "deep")
    with pytest.raises(UsageError, match="leave --subject out"):
        check_look(PRESETS["gouache"], "pooled", "gouache")
