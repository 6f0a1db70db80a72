"""From parts to programmes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.core.programme import MAX_WISHES, REGIONS
from dreamstream.wishes.compose import Unknown, compose
from dreamstream.wishes.parse import Ask, Command, parse
from dreamstream.wishes.sentence import programme_of
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()


def wishes(text: str) -> list[tuple[str, str, float]]:
    """What `!dream text` asks for."""
    ask = parse(f"!dream {text}")
    assert isinstance(ask, Ask)
    answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
    assert not isinstance(answer, Unknown), answer
    programme = answer.programme
    assert all(wish.who == "ann" for wish in programme.wishes)
    return [(wish.what, wish.region, wish.weight) for wish in programme.wishes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bee", [("bee", "whole", 1)]),
        ("bee + spiderweb", [("bee", "top", 1), ("spider web", "bottom", 1)]),
        ("bee and pizza", [("bee", "top", 1), ("pizza", "bottom", 1)]),
        ("🐝🍕", [("bee", "top", 1), ("pizza", "bottom", 1)]),
        ("🐝🐝🐝", [("bee", "whole", 1)]),
        ("pizza left + volcano right", [("pizza", "left", 1), ("volcano", "right", 1)]),
        ("pizza left + volcano", [("pizza", "left", 1), ("volcano", "right", 1)]),
        ("pizza + volcano top left", [("pizza", "bottom right", 1), ("volcano", "top left", 1)]),
        ("rabbit top", [("rabbit", "top", 1)]),
        ("bee:2 + owl:0.5", [("bee", "top", 2), ("owl", "bottom", 0.5)]),
        ("bee + bee", [("bee", "whole", 1)]),
        ("bee left + bee right", [("bee", "left", 1), ("bee", "right", 1)]),
        ("bee + owl + crab", [("bee", "top", 1), ("owl", "bottom left", 1), ("crab", "bottom right", 1)]),
        ("bee top + owl + crab", [("bee", "top", 1), ("owl", "whole", 1), ("crab", "whole", 1)]),
        (
            "bee and owl + crab and cow and pig",
            [
                (w, r, 1)
                for w, r in zip(
                    ["bee", "owl", "crab", "cow"], ["top left", "top right", "bottom left", "bottom right"], strict=True
                )
            ],
        ),
        ("bee - pizza", [("bee", "whole", 1), ("pizza", "whole", -1)]),
        ("- pizza + bee:2 + crab", [("bee", "top", 2), ("crab", "bottom", 1), ("pizza", "whole", -1)]),
        ("bee left - pizza:3 left", [("bee", "left", 1), ("pizza", "left", -3)]),
        ("bee top + crab - owl", [("bee", "top", 1), ("crab", "bottom", 1), ("owl", "whole", -1)]),
        ("owl -dog", [("owl", "whole", 1), ("dog", "whole", -1)]),
        ("🐻‍❄️🇩🇪", [("bear", "whole", 1)]),
        ("bee - bees", [("bee", "whole", 1)]),
        ("random", [("owl", "whole", 1)]),
        ("random + bee", [("owl", "top", 1), ("bee", "bottom", 1)]),
    ],
)
def test_a_wish_becomes_a_programme(text: str, expected: list[tuple[str, str, float]]) -> None:
    """Classes are understood, regions filled in, repeats dropped, and never more than four kept."""
    assert wishes(text) == expected


def test_a_fifth_thing_is_counted() -> None:
    """Also where one part names several; what is named twice is one thing."""
    for text, left_out in (
        ("bee and owl + crab and cow and pig", 1),
        ("🐝🍕🦀🐄🐖🦉", 2),
        ("bee + owl + crab + cow", 0),
    ):
        ask = parse(f"!dream {text}")
        assert isinstance(ask, Ask)
        answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
        assert not isinstance(answer, Unknown)
        assert (len(answer.programme.wishes), answer.left_out) == (MAX_WISHES, left_out)


def test_an_unknown_part_comes_back_with_near_names() -> None:
    """One part that means nothing spoils the wish, and its neighbours are offered."""
    ask = parse("!dream bee + strowbry")
    assert isinstance(ask, Ask)
    answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
    assert answer == Unknown("strowbry", (WORDS["strawberry"],)) or (
        not isinstance(answer, Unknown) and answer.programme.wishes[1].what == "strawberry"
    )
    ask = parse("!dream qqqq")
    assert isinstance(ask, Ask)
    assert compose(ask.parts, "ann", WORDS, lambda: "owl") == Unknown("qqqq", ())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_wish_is_a_good_programme_or_unknown(text: str) -> None:
    """Whatever is asked, what comes out is one to four known classes in known regions."""
    ask = parse(f"!dream {text}")
    if isinstance(ask, Ask):
        answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
        if not isinstance(answer, Unknown):
            assert 1 <= len(answer.programme.wishes) <= MAX_WISHES
            assert all(wish.what in WORDS and wish.region in REGIONS for wish in answer.programme.wishes)
            assert answer.programme.wanted()


def test_a_title_says_what_is_not_wanted() -> None:
    """A minus stands before what the picture should have less of."""
    ask = parse("!dream bee + crab - pizza:2")
    assert isinstance(ask, Ask)
    answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
    assert not isinstance(answer, Unknown)
    programme = answer.programme
    assert programme.title() == "bee + crab - pizza"
    assert [wish.what for wish in programme.wanted()] == ["bee", "crab"]


@pytest.mark.parametrize("text", ["!mix a b .3", "!dream mix A b .3", "!mix  a  b  .3"])
def test_a_mixture_of_two_points(text: str) -> None:
    """Is a wish of its own kind, which only some dreamers take; in any case, alone or beside others."""
    ask = parse(text)
    assert isinstance(ask, Ask)
    answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
    assert not isinstance(answer, Unknown)
    (wish,) = answer.programme.wishes
    assert (wish.kind, wish.what, wish.region, wish.who) == ("mix", "a b .3", "whole", "ann")
    assert answer.programme.title() == "mix a b .3"


@pytest.mark.parametrize(
    ("text", "kind", "what", "region"),
    [
        ("!calc a - b + c", "calc", "a - b + c", "whole"),
        ("!calc a-b left", "calc", "a - b", "left"),
        ("!corners a b c d", "corners", "a b c d", "whole"),
        ("!numbers .2 -1 .5 left", "numbers", "0.2 -1 0.5", "left"),
        ("!mix a b .3 top right", "mix", "a b .3", "top right"),
        ("!at a b c d .25 .5", "at", "a b c d .25 .5", "whole"),
        ("!at a b c d 1 0 left", "at", "a b c d 1 0", "left"),
        ("!dream random 1234", "random", "1234", "whole"),
    ],
)
def test_sums_and_corners_are_one_thing(text: str, kind: str, what: str, region: str) -> None:
    """Their minus means no thing that is not wanted, and their plus no second one."""
    ask = parse(text)
    assert isinstance(ask, Ask)
    answer = compose(ask.parts, "ann", WORDS, lambda: "owl")
    assert not isinstance(answer, Unknown)
    (wish,) = answer.programme.wishes
    assert (wish.kind, wish.what, wish.region, wish.weight) == (kind, what, region, 1.0)
    assert programme_of(f"{kind} {what}", WORDS).wishes == (replace(wish, who="", region="whole"),)


def test_what_is_no_mixture_is_no_class_either() -> None:
    """Nothing, one point, no share."""
    assert parse("!mix") != parse("!mix a b .3")
    assert isinstance(parse("!random 6"), Command)  # another bot's dice
    for text in ("!mix a", "!mix a b"):
        ask = parse(text)
        assert isinstance(ask, Ask)
        assert isinstance(compose(ask.parts, "ann", WORDS, lambda: "owl"), Unknown), text
