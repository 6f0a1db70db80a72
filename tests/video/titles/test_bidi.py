"""Tests of the order of mixed directions on a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.video.titles.bidi import base_level, levels, visual_runs


def seen(text: str) -> str:
    """The characters from left to right."""
    return "".join(
        text[begin:end][::-1] if backwards else text[begin:end]
        for begin, end, backwards in visual_runs(text, base_level(text))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("car אבג end", "car גבא end"),
        ("אבג car", "car גבא"),
        ("for אבג 123  next: דה", "for 123 גבא  next: הד"),
        ("אבג 12.5 דה", "הד 12.5 גבא"),
        ("سلام 123", "123 مالس"),
        ("a אב, גד b", "a דג ,בא b"),
        ("אב (x) גד", "דג )x( בא"),  # the font turns the brackets round
        ("", ""),
        ("123", "123"),
        ("אב 5%", "5% בא"),
    ],
)
def test_order(text: str, expected: str) -> None:
    """Hebrew and Arabic from right to left, numbers and Latin words within them from left to right."""
    assert seen(text) == expected


def test_base_is_the_first_letters() -> None:
    """Numbers and signs do not count."""
    assert [base_level(text) for text in ("1 a", "1 א", "ش", "()", "")] == [0, 1, 1, 0, 0]


@given(st.text("aאش1١ .,+-%()\u0301", max_size=40))
def test_every_character_stands_once(text: str) -> None:
    """Runs are a permutation of the text, levels are small, and text without right-to-left letters stays as it is."""
    runs = visual_runs(text, base_level(text))
    places = sorted(place for begin, end, _ in runs for place in range(begin, end))
    assert places == list(range(len(text)))
    assert all(0 <= level <= 2 for level in levels(text, base_level(text)))
    if not any(char in "אش١" for char in text):
        assert seen(text) == text
