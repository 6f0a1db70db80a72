"""Arguments of commands: sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dreamstream.core.arguments import parse_size


@given(st.integers(48, 1920), st.integers(48, 1920))
def test_sizes_round_trip(half_width: int, half_height: int) -> None:
    """Every even size in bounds is taken as written."""
    width, height = 2 * half_width, 2 * half_height
    assert parse_size(f"{width}x{height}") == (width, height)


@given(st.text(max_size=12))
def test_any_text_is_a_size_or_a_sentence(text: str) -> None:
    """No text makes the size parser fail in another way than ValueError."""
    try:
        width, height = parse_size(text)
    except ValueError:
        return
    assert width % 2 == height % 2 == 0


def test_sizes_by_their_lines() -> None:
    """What streamers call them."""
    assert [parse_size(name) for name in ("720p", " 1080P", "4K", "360p")] == [
        (1280, 720),
        (1920, 1080),
        (3840, 2160),
        (640, 360),
    ]
