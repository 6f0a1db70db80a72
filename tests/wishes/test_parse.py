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
        ("!dream a + b + c + d + e", [Part("a"), Part("b"), Part("c"), Part("d")]),
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
        ("!dream bee:0 + owl:9999", [Part("bee", None, LIGHTEST), Part("owl", None, HEAVIEST)]),
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
        ("!dream shih-tzu -dog", [Part("shih-tzu -dog")]),
        ("!dream bee - ", [Part("bee -")]),
        ("!dream a - b + c + d - e + f", [Part("a"), Part("c"), Part("d"), Part("f")]),
    ],
)
def test_a_wish_is_read(line: str, parts: list[Part]) -> None:
    """Parts, regions and weights are read in any usual order."""
    assert parse(line) == Ask(tuple(parts))


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
