"""What viewers can say of a subject's points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.points import ANY, KINDS, NAMED, Blend, blend, carried, carried_in, name_in, said, spoken


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("mix A  b .3", ("mix", "a b .3")),
        ("calc a-b+c", ("calc", "a - b + c")),
        ("CALC  a − b", ("calc", "a - b")),
        ("calc -a + b", ("calc", "- a + b")),
        ("corners a, b, c d", ("corners", "a b c d")),
        ("at A b, c d .25 0.5", ("at", "a b c d .25 0.5")),
        ("random 0042", ("random", "42")),
        ("at a b c d .25", None),
        ("at a b c .25 .5", None),
        ("at a b c d .25 .5 .5", None),
        ("random", None),
        ("random 1234567", None),
        ("random -5", None),
        ("numbers .2, -1  0.50", ("numbers", "0.2 -1 0.5")),
        ("numbers −3 +4 100.125", ("numbers", "-3 4 100.125")),
        ("numbers 1 2", None),
        ("numbers 1 2 3 4", None),
        ("numbers 1 2 3000", None),
        ("mix a b", None),
        ("calc a", None),
        ("calc a + b + c + d + e + f + g", None),
        ("corners a b c", None),
        ("calc a b", None),
        ("mixture a b .3", None),
        ("bee", None),
    ],
)
def test_what_is_said_of_points_has_one_plain_form(text: str, plain: tuple[str, str] | None) -> None:
    """However it is written; anything else says nothing of points."""
    assert said(text) == plain
    if plain:
        assert said(" ".join(plain)) == plain


def test_sums_cancel_exactly() -> None:
    """a - a + b is b itself; what is there twice counts twice."""
    assert blend("calc", "a - a + b") == Blend(("b",), (1.0,))
    assert blend("calc", "a - b + a") == Blend(("a", "b"), (2.0, -1.0))
    assert blend("mix", "a b .25") == Blend(("a", "b"), (0.75, 0.25))
    assert blend("mix", "a b 1") == Blend(("b",), (1.0,))
    assert blend("mix", "a a .5") == Blend(("a",), (1.0,))
    assert blend("corners", "a b c d").square


def test_a_place_in_a_square() -> None:
    """Its corners are the points themselves, its edges mixtures; a point at two corners counts for both."""
    assert blend("at", "a b c d 0 1") == Blend(("c",), (1.0,))
    assert blend("at", "a b c d .25 0") == blend("mix", "a b .25")
    assert blend("at", "a b c d .25 .5") == Blend(("a", "b", "c", "d"), (0.375, 0.125, 0.375, 0.125))
    assert blend("at", "a a b b .3 .5") == Blend(("a", "b"), (0.5, 0.5))


def test_a_number_draws_a_point() -> None:
    """Of no letters."""
    assert blend("random", "1234") == Blend((), (), seed=1234)


def test_names_are_said_like_letters() -> None:
    """Where there are such names."""
    assert said("mix taco b .3") is None
    assert said("mix TACO b .3", {"taco"}) == said("mix taco b .3", ANY) == ("mix", "taco b .3")
    assert said("calc käse-taco+b2", ANY) == ("calc", "käse - taco + b2")
    assert said("calc taco - abcdefghijklm", ANY) is None
    assert spoken("at", "taco b taco d .25 .5") == ["taco", "b", "d"]
    assert spoken("random", "7") == []
    assert blend("calc", "taco - taco + b", {"taco"}) == Blend(("b",), (1.0,))
    assert blend("mix", "taco b .25", {"taco"}) == Blend(("taco", "b"), (0.75, 0.25))
    assert blend(NAMED, "taco", {"taco"}) == Blend(("taco",), (1.0,))
    for kind, what in (("mix", "ab c .3"), (NAMED, "fish")):  # "ab" stands in a row of letters
        with pytest.raises(ValueError, match=r"letters of a to h|no point of that name"):
            blend(kind, what, {"taco"})


def test_what_a_wish_holds_of_names() -> None:
    """Is read as it was written, or not at all."""
    held = {"taco": "AAAA", "käse": "q+/8Zg=="}
    assert carried_in(carried(held)) == held
    assert carried_in("") == {}
    for text in ("taco", "taco:AA", "taco:AAAA bone", "taco: AAAA", "taco:AAAA " * 3):
        with pytest.raises(ValueError, match="cannot be read"):
            carried_in(text)
    assert [name_in(text) for text in (" Taco2 ", "a", "2b", "a b", "a-b", "")] == ["taco2", *[None] * 5]


@pytest.mark.parametrize(
    ("kind", "what", "why"),
    [
        ("mix", "a z .3", "letters of a to h"),
        ("mix", "a b 3", "at most 1"),
        ("calc", "a - a", "cancels out"),
        ("corners", "a b c", "corners a b c d"),
        ("calc", "owl", "letters of a to h"),
        ("at", "a b c z .5 .5", "letters of a to h"),
        ("at", "a b c d 1.5 .5", "at most 1 across"),
        ("random", "1234567", "up to 999999"),
        ("numbers", "0 0 0", "must not be 0"),
        ("numbers", "1 2", "numbers .2 -1 .5"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(kind: str, what: str, why: str) -> None:
    """It ends with what can be said."""
    with pytest.raises(ValueError, match=why):
        blend(kind, what)


@given(st.sampled_from(KINDS), st.text("abchz +-.0123 ", max_size=30))
def test_no_text_harms(kind: str, what: str) -> None:
    """It is a blend of known letters with finite shares, or a sentence."""
    try:
        found = blend(kind, what)
    except ValueError as error:
        text = str(error)
    else:
        assert set(found.names) <= set("abcdefgh")
        assert len(found.names) == len(found.shares) >= (found.seed is None and not found.numbers)
        assert len(found.numbers) in (0, 3)
        return
    assert len(text) > 20
