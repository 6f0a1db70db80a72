"""Cue lists: what their lines mean, what is wrong with them, and what is dreamed when."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamstream.core.errors import UsageError
from dreamstream.render.film.cues import changes, read_cues
from dreamstream.render.film.dreamed import EVERY, RUN_UP, Asked, card_of, is_cue_list, show_of
from dreamstream.render.film.parts import Span, chain_of, ready_at

LIST = """
# two owls, then night
0:00   owl
0:12.5 owl left + bee right
20     set zoom=1.08
0:30   look night
0:30   pizza
1:00   end
"""
ASKED = Asked("builtin", "ascent", "vivid", 3, {"zoom": 1.02}, 2)
SIZE = (160, 96)


def test_times_and_words() -> None:
    """Seconds, minutes and hours; one kind of line for each thing."""
    cues = read_cues(LIST)
    assert [(cue.at, cue.kind, cue.said) for cue in cues] == [
        (0, "dream", "owl"),
        (12.5, "dream", "owl left + bee right"),
        (20, "set", "zoom=1.08"),
        (30, "look", "night"),
        (30, "dream", "pizza"),
        (60, "end", ""),
    ]
    assert read_cues("0 set design\n1:02:03.5 end")[-1].at == 3723.5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no end"),
        ("0:00 owl", "has no end"),
        ("0:01 owl\n1:00 end", "Line 1 of the cue list: the first time must be 0"),
        ("0:00 owl\nowl\n1:00 end", "Line 2 of the cue list: it must be a time"),
        ("0:00 owl\n1::2 bee\n9 end", "'1::2' is no time"),
        ("0:00 owl\n0:20 bee\n0:10 cat\n1:00 end", "Line 3 of the cue list: its time is before"),
        ("0:00 owl\n1:00 end\n2:00 bee", "Line 3 of the cue list: the list has ended"),
        ("0:00 end", "ends after 0"),
        ("0:00 set zoom=1.1\n0:10 owl\n1:00 end", "nothing to dream at its beginning"),
    ],
)
def test_what_is_no_cue_list(text: str, why: str) -> None:
    """Each in a sentence that names the line."""
    with pytest.raises(UsageError, match=why):
        read_cues(text)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("qzxkw", "Line 2 of the cue list: There is no class 'qzxkw'"),
        ("set zoom=9", "Line 2 of the cue list: zoom must be"),
        ("set zoom=much", "'much' is no number for zoom"),
        ("set zomo=1", "no control 'zomo'; did you mean zoom"),
        ("look nihgt", "There is no look 'nihgt'; did you mean night"),
    ],
)
def test_what_a_dreamer_cannot_do(line: str, why: str) -> None:
    """It is known before anything is dreamed."""
    with pytest.raises(UsageError, match=why):
        changes(read_cues(f"0 owl\n5 {line}\n9 end"), card_of(ASKED, SIZE), 3)


def test_a_list_is_told_from_a_log(tmp_path: Path) -> None:
    """By how it begins."""
    log, cues = tmp_path / "a", tmp_path / "b"
    log.write_text(' {"show": 2}\n')
    cues.write_text("0 owl\n")
    assert (is_cue_list(log), is_cue_list(cues)) == (False, True)
    with pytest.raises(UsageError, match="cannot be read"):
        is_cue_list(tmp_path / "c")


def test_every_dream_is_laid_down(tmp_path: Path) -> None:
    """From before the film's beginning to its end: what is seen at each time, and what is turned with it."""
    path = tmp_path / "cues"
    path.write_text(LIST)
    show = show_of(path, ASKED, SIZE, SIZE, 10, tmp_path)
    assert show.length == 60
    assert show.dreams[0].at == pytest.approx(-RUN_UP)
    assert show.dreams[-1].at >= 60
    assert show.dreams[0].controls == {"zoom": 1.02}
    assert all(dream.cost == {"steps": 2} and dream.time > dream.at for dream in show.dreams)

    def since(at: float) -> int:
        return next(number for number, dream in enumerate(show.dreams) if dream.at >= at)

    both = show.dreams[since(12.5)]
    assert [wish.what for wish in both.programme.wishes] == ["owl", "bee"]
    assert show.dreams[since(12.5) - 1].programme.title() == "owl"
    assert [n for n, dream in enumerate(show.dreams) if dream.controls] == [0, since(20), since(30)]
    # Another look has its own values, so it is told all that were set.
    assert (show.dreams[since(30)].preset, show.dreams[since(30)].controls) == ("night", {"zoom": 1.08})
    assert [(title.at, title.title, title.coming) for title in show.titles][1:] == [
        (12.5, "owl + bee", "pizza"),
        (30, "pizza", ""),
    ]


def test_its_parts_are_a_chain(tmp_path: Path) -> None:
    """Each gives the checkpoint that the next begins with, wherever the film ends."""
    path = tmp_path / "cues"
    path.write_text(LIST)
    show = show_of(path, ASKED, SIZE, SIZE, 10, tmp_path)
    parts = chain_of(show, Span(0, 60, 10))
    assert [part.begin for part in parts] == [0, 10 * EVERY, 20 * EVERY]
    assert [part.checkpoint for part in parts] == [None, 0, 1]
    assert [part.gives for part in parts] == [0, 1, None]
    assert all(ready_at(show, show.checkpoints[number]) <= EVERY * (number + 1) for number in (0, 1))
    assert len(chain_of(show, Span(0, 15, 10))) == 1
