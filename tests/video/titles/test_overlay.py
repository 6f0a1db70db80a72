"""Tests of the title: readable, in its place, and nothing that anyone types can break it."""

from __future__ import annotations

import itertools
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamstream import web
from dreamstream.video import yuv
from dreamstream.video.titles import fonts
from dreamstream.video.titles.lettering import TextLine, clean, length, shorten, wrap
from dreamstream.video.titles.overlay import Overlay
from tests.conftest import missing

SIZE = (320, 180)


def grey(level: int = 120, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A plain frame."""
    return np.full((size[1], size[0], 3), level, np.uint8)


def touched(frame: NDArray[np.uint8], level: int = 120) -> NDArray[np.intp]:
    """Rows and columns that are not the plain level any more."""
    return np.argwhere((frame != level).any(axis=2))


def test_title_stands_at_the_middle_of_the_upper_edge() -> None:
    """Light letters and a dark shadow, all in the upper third, as far from the left as from the right."""
    overlay = Overlay(SIZE)
    overlay.say("bee + pizza", "alice", "volcano", 0.0)
    frame = overlay.draw(grey(), 5.0)
    places = touched(frame)
    assert places[:, 0].max() < SIZE[1] / 3
    left, right = places[:, 1].min(), SIZE[0] - 1 - places[:, 1].max()
    assert left > SIZE[0] * 0.12
    assert abs(left - right) <= 6
    assert frame.max() > 240
    assert frame.min() < 80


def test_title_fades_in_and_out() -> None:
    """Its first frame shows nothing, it grows, is steady, and an empty title takes it away."""
    overlay = Overlay(SIZE)
    overlay.say("volcano", t=1.0)
    shown = [int(overlay.draw(grey(), 1.0 + step / 10).max()) for step in range(12)]
    assert shown[0] == 120
    assert shown == sorted(shown)
    assert shown[-1] > 240
    assert np.array_equal(overlay.draw(grey(), 50.0), overlay.draw(grey(), 60.0))
    overlay.say("", t=60.0)
    gone = [int(overlay.draw(grey(), 60.0 + step / 10).max()) for step in range(12)]
    assert gone[0] > 240
    assert gone == sorted(gone, reverse=True)
    assert gone[-1] == 120


def test_change_of_title_has_no_cut() -> None:
    """From one title to the next no frame differs from the last by more than a fade explains."""
    overlay = Overlay(SIZE)
    overlay.say("bee", "alice", t=0.0)
    frames = [overlay.draw(grey(), 3.0).astype(int)]
    overlay.say("tree frog", "bob", t=3.0)
    for step in range(60):
        if step == 10:
            overlay.say("rabbit", t=3.0 + step / 30)
        frames.append(overlay.draw(grey(), 3.0 + step / 30).astype(int))
    assert max(np.abs(b - a).max() for a, b in itertools.pairwise(frames)) < 60


def test_same_words_again_change_nothing() -> None:
    """Saying it twice does not fade it again."""
    overlay = Overlay(SIZE)
    overlay.say("bee", t=0.0)
    before = overlay.draw(grey(), 5.0)
    overlay.say("bee", t=5.0)
    assert np.array_equal(overlay.draw(grey(), 5.03), before)


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.sampled_from([(16, 16), (64, 32), (320, 180)]))
def test_any_text_in_any_frame(title: str, who: str, coming: str, size: tuple[int, int]) -> None:
    """Whatever viewers type, and however small the frame, something is drawn or nothing is, inside the frame."""
    overlay = Overlay(size)
    overlay.say(title, who, coming, 0.0)
    frame = overlay.draw(grey(size=size), 5.0)
    assert frame.shape == (size[1], size[0], 3)
    if size == (320, 180):
        places = touched(frame)
        assert len(places) == 0 or (places[:, 0].max() < 90 and np.ptp(places[:, 1]) < 320 * 0.8)


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("  two\n words\t", "two words"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("e\u0301\u0301\u0301\u0301", "é"),
        ("bee 🐝", "bee 🐝"),
        ("👍🏽 ❤\ufe0f 🇩🇪", "👍 ❤ DE"),
        ("𓀀𓀁𓀂 x", "□ x"),
        ("प्रिया สวัสดี שָׁלוֹם", "प्रिया สวัสดี שָׁלוֹם"),
        ("\u064b\u064b", ""),
        ("ـ" + "\u064b" * 9, "ـ" + "\u064b" * 4),
        ("ｆｕｌｌ ﷺ", "full صلى الله عليه وسلم"),
        ("ёлка Ω Zürich", "ёлка Ω Zürich"),
        ("\ud800", ""),
    ],
)
def test_clean(typed: str, set_: str) -> None:
    """What cannot or should not be set is left out; letters of the font stay."""
    assert clean(typed) == set_


@given(st.text("abcdefg ", min_size=1, max_size=200), st.integers(60, 400))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    """At most two lines, none wider than allowed, and nothing missing unless an ellipsis says so."""
    line = TextLine("", "SemiBold", 14)
    rows = wrap(text, line, width)
    assert len(rows) <= 2
    assert all(length(row, line) <= width for row in rows)
    whole, set_ = "".join(text.split()), "".join("".join(rows).split())
    assert set_ == whole or (rows[-1].endswith("…") and whole.startswith(set_[:-1]))


SCRIPTS = st.sampled_from(["aZ", *"éж山の김شم١7שלत्िกิ්ක🐝👩\u200d\u200e❤()+.𓀀 "])


@settings(max_examples=60, deadline=None)
@given(st.lists(SCRIPTS, max_size=60).map("".join), st.integers(60, 400))
def test_lines_of_any_script_fit(text: str, width: int) -> None:
    """Whatever scripts are mixed: every line is at most as wide as allowed, and none begins within a letter."""
    line = TextLine("", "SemiBold", 14)
    rows = wrap(clean(text), line, width)
    assert len(rows) <= 2
    assert all(length(row, line) <= width for row in rows)
    assert all(unicodedata.category(row[0])[0] != "M" for row in rows if row[0] != clean(text)[0])


def test_lines_break_where_their_script_allows() -> None:
    """Chinese and Japanese have no spaces and break between letters; a word too long breaks where the line ends."""
    line = TextLine("", "SemiBold", 14)
    rows = wrap("日本語の長い題名がここにあります", line, 120)
    assert len(rows) == 2
    assert "".join(rows) == "日本語の長い題名がここにあります"
    assert "".join(wrap("a" * 20, line, 120)) == "a" * 20
    assert wrap("two words", line, 50) == ["two", "words"]
    assert shorten("กิกิกิกิกิกิ", line, 40).endswith("กิ…")


@pytest.mark.parametrize("script", [script for _, script in fonts._RANGES if script not in ("", "-")])
def test_every_listed_script_has_its_font(script: str) -> None:
    """The font is shipped and opens, and one of its letters is set by it."""
    starts = [(begin, end) for (begin, name), (end, _) in itertools.pairwise(fonts._RANGES) if name == script]
    letters = [chr(code) for begin, end in starts for code in range(begin, min(end, begin + 600))]
    assert any(fonts.script_of(char) == script for char in letters)


@pytest.mark.parametrize(
    "text", ["山田太郎", "김민수", "أحمد محمد", "שלום עולם", "प्रिया शर्मा", "สวัสดี", "🐝 ☕", "ქართული"]
)
def test_names_of_any_script_are_drawn(text: str) -> None:
    """The title is drawn with letters of its own, not with boxes."""
    assert clean(text) == text
    overlay, boxes = Overlay(SIZE), Overlay(SIZE)
    overlay.say(text, t=0.0)
    boxes.say("□" * len(text), t=0.0)
    assert overlay.draw(grey(), 5.0).max() > 200
    assert not np.array_equal(overlay.draw(grey(), 5.0), boxes.draw(grey(), 5.0))


def test_arabic_letters_join() -> None:
    """A letter in a word has another form than alone, and two forms make one ligature."""
    if not fonts.shapes():
        missing("Pillow finds no FriBiDi here, so letters stand alone")
    line = TextLine("", "SemiBold", 40)
    assert length("محمد", line) != sum(length(letter, line) for letter in "محمد")
    assert length("لا", line) < 0.9 * (length("ل", line) + length("ا", line))


def test_planar_frames_get_the_same_title() -> None:
    """Drawn on planar YUV and on RGB, steady and fading, the title looks the same."""
    picture = np.zeros((180, 320, 3), np.uint8) + np.array([90, 40, 160], np.uint8)
    for t in (0.5, 5.0):
        on_rgb, on_planar = Overlay(SIZE), Overlay(SIZE)
        for overlay in (on_rgb, on_planar):
            overlay.say("bee + pizza", "alice", "volcano", 0.0)
        expected = yuv.to_rgb(yuv.from_rgb(on_rgb.draw(picture.copy(), t))).astype(int)
        found = yuv.to_rgb(on_planar.draw(yuv.from_rgb(picture), t)).astype(int)
        assert np.abs(found - expected).mean() < 1.0
        assert np.abs(found.mean(axis=2) - expected.mean(axis=2)).max() < 30


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (720, 1280), (3840, 2160)])
def test_the_page_knows_where_a_title_may_stand(size: tuple[int, int]) -> None:
    """The page leaves the strip with the title above a narrow window, so no letter may stand outside what it takes for
    the strip, and none left or right of what it asks of a window that shows the title whole."""
    script = (Path(web.__file__).parent / "static" / "titles.js").read_text(encoding="utf-8")
    found = dict(re.findall(r"const (WHOLE|STRIP) = ([0-9.]+);", script))
    whole, strip = float(found["WHOLE"]), float(found["STRIP"])
    overlay = Overlay(size)
    title = "analog clock + tree frog + strawberry + jellyfish left - rabbit "
    overlay.say(3 * title, 9 * "someone ", 9 * "volcano ", 0)
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    lit = overlay.draw(frame, 9.0).max(axis=2) > 40
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    assert len(rows) > 0
    assert rows[-1] < strip * size[1]
    assert columns[0] > (1 - whole) / 2 * size[0]
    assert columns[-1] < (1 + whole) / 2 * size[0]
