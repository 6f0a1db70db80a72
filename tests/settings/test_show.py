"""What a show's settings add up to: sizes by machine, titles by outputs."""

from __future__ import annotations

import pytest

from dreamstream.settings.load import load
from dreamstream.support import machine


@pytest.mark.parametrize(
    ("accelerator", "cores", "flags", "output", "canvas"),
    [
        ("", 2, {}, (640, 360), (640, 360)),
        ("", 8, {}, (1280, 720), (640, 360)),
        ("cuda", 2, {}, (1280, 720), (1280, 720)),
        ("", 8, {"size": "1080x1920"}, (1080, 1920), (360, 640)),
        ("", 8, {"size": "3840x96"}, (3840, 96), (3840, 96)),
        ("", 8, {"size": "1920x1080", "dream_size": "480x270"}, (1920, 1080), (480, 270)),
    ],
)
def test_automatic_sizes(
    monkeypatch: pytest.MonkeyPatch,
    accelerator: str,
    cores: int,
    flags: dict[str, object],
    output: tuple[int, int],
    canvas: tuple[int, int],
) -> None:
    """Sizes follow the machine where they are not told."""
    monkeypatch.setattr(machine, "accelerator", lambda: accelerator)
    monkeypatch.setattr(machine, "cores", lambda: cores)
    told = load(flags, None, {})
    assert (told.output_size(), told.canvas_size()) == (output, canvas)


@pytest.mark.parametrize(
    ("flags", "titled"),
    [
        ({}, False),
        ({"rtmp": ["rtmp://a/b/c"]}, True),
        ({"record": "show.mp4"}, True),
        ({"overlay": "true"}, True),
        ({"overlay": False, "record": "show.mp4"}, False),
    ],
)
def test_titles_are_drawn_where_the_page_is_not(flags: dict[str, object], titled: bool) -> None:
    """The page has titles of its own; a stream or a recording has none."""
    assert load(flags, None, {}).titled() is titled
