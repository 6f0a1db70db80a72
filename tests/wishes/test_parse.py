"""The grammar of chat lines, exactly, and hunted with any text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.core.programme import MAX_WISHES, REGIONS
from dreamstream.core.text import clean
from dreamstream.wishes.parse import (
    HEAVIEST,
    LIGHTEST,
    LONGEST_LINE,
    LONGEST_PART,
    Ask,
    Command,
    Grammar,
    Nothing,
    Part,
    parse,
)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("!dream bee", [Part("bee")]),
        ("!DREAM  Bee ", [Part("Bee")]),
        ("!wish bee", [Part("bee")]),
        ("!dream bee + spider web", [Part("bee"), Part("spider web")]),
        ("!dream bee+pizza&owl, crab", [Part("bee"), Part("pizza"), Part("owl"), Part("crab")]),
        ("!dream pizza left + volcano right", [Part("pizza", "left"), Part("volcano", "right")]),
        ("!dream rabbit top", [Part("rabbit", "top")]),
        ("!dream rabbit at the top left", [Part("rabbit", "top left")]),
        ("!dream rabbit left top", [Part("rabbit", "top left")]),
        ("!dream rabbit in the bottom-right corner", [Part("rabbit", "bottom right")]),
        ("!dream rabbit on the left side", [Part("rabbit", "left")]),
        ("!dream rabbit upper", [Part("rabbit", "top")]),
        ("!dream rabbit everywhere", [Part("rabbit", "whole")]),
        ("!dream top", [Part("top")]),
        ("!dream left right", [Part("left", "right")]),
        ("!dream bee left right", [Part("bee left right")]),
        ("!dream bee:2", [Part("bee", None, 2.0)]),
        ("!dream bee *0.5 + owl: 3", [Part("bee", None, 0.5), Part("owl", None, 3.0)]),
        ("!dream bee:2 left", [Part("bee", "left", 2.0)]),
        ("!dream bee left:2", [Part("bee", "left", 2.0)]),
        ("!dream :2", [Part(":2")]),
        ("!dream random", [Part("random")]),
        ("!dream 🐝", [Part("🐝")]),
        ("!dream \x02\x0304,01bee\x0f", [Part("bee")]),
        ("!dream bee \U000e0000", [Part("bee")]),
        ("!dream ++ + bee +", [Part("bee")]),
        ("!dream bee:2 + pizza - dog", [Part("bee", None, 2.0), Part("pizza"), Part("dog", None, -1.0)]),
        ("!dream bee - dog:0.5 left", [Part("bee"), Part("dog", "left", -0.5)]),
        ("!dream bee + - dog", [Part("bee"), Part("dog", None, -1.0)]),
        ("!dream - dog + bee", [Part("dog", None, -1.0), Part("bee")]),
        ("!dream bee − dog – cat", [Part("bee"), Part("dog", None, -1.0), Part("cat", None, -1.0)]),
        ("!dream owl -dog", [Part("owl"), Part("dog", None, -1.0)]),
        ("!dream shih-tzu -dog:2 left", [Part("shih-tzu"), Part("dog", "left", -2.0)]),
        ("!dream -dog owl + bee", [Part("dog owl", None, -1.0), Part("bee")]),
        ("!dream bee --dog - - cat", [Part("bee"), Part("dog", None, -1.0), Part("cat", None, -1.0)]),
        ("!dream t-rex", [Part("t-rex")]),
        ("!dream bee - ", [Part("bee -")]),
    ],
)
def test_a_wish_is_read(line: str, parts: list[Part]) -> None:
    """Parts, regions and weights are read in any usual order."""
    assert parse(line) == Ask(tuple(parts))


@pytest.mark.parametrize(
    ("line", "names", "left_out"),
    [
        ("!dream a + b + c + d", ["a", "b", "c", "d"], 0),
        ("!dream a + b + c + d + e", ["a", "b", "c", "d"], 1),
        ("!dream a - b + c + d - e + f", ["a", "c", "d", "f"], 2),
        ("!dream " + "a+" * 200, ["a"] * 4, 196),
    ],
)
def test_what_is_too_much_is_counted(line: str, names: list[str], left_out: int) -> None:
    """Four things are kept, wanted ones first; how many more there were is told, for the asker must hear of it."""
    wish = parse(line)
    assert isinstance(wish, Ask)
    assert [part.text for part in wish.parts] == names
    assert wish.left_out == left_out


@pytest.mark.parametrize(
    ("line", "weights", "clamped"),
    [
        ("!dream bee:0.1 + owl:4 - cat:4", [0.1, 4, -4], False),
        ("!dream bee:0 + owl", [LIGHTEST, 1], True),
        ("!dream bee:9999 + owl:4", [HEAVIEST, 4], True),
        ("!dream bee:4 + bee:9", [4, HEAVIEST], True),
        ("!dream bee - owl:5", [1, -HEAVIEST], True),
    ],
)
def test_a_weight_beyond_the_range_is_marked(line: str, weights: list[float], clamped: bool) -> None:
    """It becomes the nearest that there is, and the wish says so."""
    wish = parse(line)
    assert isinstance(wish, Ask)
    assert [part.weight for part in wish.parts] == weights
    assert wish.clamped is clamped


UNSEEN = [
    *"\u034f\u2800\u3164\u115f\u1160\uffa0\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2063\ufeff\ufe0f"
]
UNSEEN += ["\U000e0000", "\U000e0001", "\U000e0067\U000e007f", "\U000e0100", "\u034f\u2800 \u200d", " \U000e0000 "]


@pytest.mark.parametrize("suffix", UNSEEN, ids=ascii)
@pytest.mark.parametrize("line", ["!dream bee left", "!dream bee:2", "!hold 45", "!promote 2", "!queue"])
def test_what_clients_add_to_a_repeated_line_is_not_there(line: str, suffix: str) -> None:
    """Characters that show nothing, at the end of a line with or without a blank, change nothing about it."""
    assert parse(line + suffix) == parse(f"{line} {suffix}") == parse(line)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!queue", Command("queue")),
        ("!q", Command("queue")),
        ("!NOW please", Command("now", "please")),
        ("!help", Command("help")),
        ("!dream", Command("help")),
        ("!dream   + ", Command("help")),
        ("!dream - dog", Command("help")),
        ("!pos", Command("position")),
        ("!block @ann  b", Command("block", "@ann b")),
        ("!hold 20", Command("hold", "20")),
        ("!Uptime", Command("uptime")),
        ("!dreams bee", Command("dreams", "bee")),
    ],
)
def test_a_command_is_read(line: str, command: Command) -> None:
    """Commands come with the rest of the line; a dream of nothing asks for help."""
    assert parse(line) == command


@pytest.mark.parametrize("line", ["", "!", "! dream bee", "!?", "!dream-bee", "bee", "hello !dream bee", "!!dream bee"])
def test_other_talk_is_left_alone(line: str) -> None:
    """What is meant for people or for other bots is not answered."""
    assert parse(line) == Nothing()


def test_the_streamer_sets_the_words() -> None:
    """Prefix, command words and aliases are the streamer's; a bare name counts only where allowed."""
    grammar = Grammar(prefix="?", dream=("traum",), aliases={"t": "traum"}, bare=True)
    assert parse("?traum bee", grammar) == Ask((Part("bee"),))
    assert parse("?t bee", grammar) == Ask((Part("bee"),))
    assert parse("?dream bee", grammar) == Ask((Part("bee"),))
    assert parse("!dream bee", Grammar(prefix="?")) == Nothing()
    assert parse("bee + pizza", grammar) == Ask((Part("bee"), Part("pizza")), bare=True)
    assert parse("  ", grammar) == Nothing()


def harmless(text: str) -> bool:
    """No control, format (but the emoji joiner), private or unassigned characters."""
    return all(c == "\u200d" or unicodedata.category(c)[0] != "C" for c in text)


lines = st.one_of(
    st.text(max_size=700),
    st.text(max_size=700).map("!dream ".__add__),
    st.lists(
        st.sampled_from(
            [
                "!dream ",
                "bee",
                " left",
                "top ",
                "+",
                ":2",
                "*",
                "-",
                " - ",
                " − ",
                "\x03",
                "\0",
                "\n",
                "🐝",
                "\u202e",
                "ß",
                "İ",
            ]
        ),
        max_size=60,
    ).map("".join),
    st.builds(
        lambda name, rest: f"!{name} {rest}",
        st.sampled_from(["queue", "now", "skip", "hold", "uptime"]),
        st.text(max_size=100),
    ),
)


@settings(max_examples=600, deadline=None)
@given(lines, st.booleans())
def test_any_text_is_taken(line: str, bare: bool) -> None:
    """The parser never raises, and whatever it returns is small, clean and within its ranges."""
    answer = parse(line, Grammar(bare=bare))
    if isinstance(answer, Ask):
        assert 1 <= len(answer.parts) <= MAX_WISHES
        for part in answer.parts:
            assert part.text.strip() == part.text
            assert 0 < len(part.text) <= LONGEST_PART
            assert harmless(part.text)
            assert part.region is None or part.region in REGIONS
            assert LIGHTEST <= abs(part.weight) <= HEAVIEST
        assert any(part.weight > 0 for part in answer.parts)
    elif isinstance(answer, Command):
        assert answer.name.isalnum()
        assert len(answer.name) <= LONGEST_LINE
        assert len(answer.args) <= LONGEST_LINE
        assert harmless(answer.args)
    assert parse(line, Grammar(bare=bare)) == answer


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=1500))
def test_cleaning_is_final(text: str) -> None:
    """A cleaned line is one short line, and cleaning it again changes nothing."""
    once = clean(text, 500)
    assert len(once) <= LONGEST_LINE
    assert harmless(once)
    assert clean(once, 500) == once


@pytest.mark.parametrize(
    "text", ["!dream " + "a+" * 10**6, "!dream " + "left " * 10**6, "!dream " + "\x03" * 10**6, ":" * 10**6]
)
def test_long_lines_cost_no_time(text: str) -> None:
    """A megabyte is read as quickly as its first 500 characters."""
    best = float("inf")
    for _ in range(5):  # the best of some, for the machine may be busy
        start = time.perf_counter()
        parse(text, Grammar(bare=True))
        best = min(best, time.perf_counter() - start)
    assert best < 0.05
