"""Text that strangers wrote: one line, bounded, nothing that cannot be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.text import clean


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" bee\t+\n pizza ", "bee + pizza"),
        ("b\u200be\x00e\u202e", "bee"),
        ("cafe\u0301", "caf\u00e9"),
        ("\U0001f9d1\u200d\U0001f680 up", "\U0001f9d1\u200d\U0001f680 up"),
        ("\ue000\U0010ffff", ""),
        ("bee\u034f \u2800\u3164", "bee"),
        ("a\u2800b\u3164c", "a b c"),
        ("45\ufe0f \u200d", "45"),
        ("\u2602\ufe0f\ufe0f \u2764\ufe0f\u200d\U0001f525", "\u2602\ufe0f \u2764\ufe0f\u200d\U0001f525"),
    ],
)
def test_what_is_left(typed: str, read: str) -> None:
    """Blanks are one, what is hidden goes, accents join their letters, and joined emoji stay joined."""
    assert clean(typed, 60) == read


@given(st.text(max_size=200), st.integers(1, 40))
def test_a_cleaned_line_stays_as_it_is(text: str, longest: int) -> None:
    """Short, on one line, in NFC, and cleaning it again changes nothing."""
    once = clean(text, longest)
    assert len(once) <= longest
    assert once.split(" ") == once.split() or not once
    assert unicodedata.normalize("NFC", once) == once
    assert clean(once, longest) == once
