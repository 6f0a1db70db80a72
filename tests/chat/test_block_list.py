"""Names that must not be shown. The words are in rot13 here as well."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.chat.block_list import SOMEONE, BlockList, name_of
from dreamstream.wishes.vocabulary import Vocabulary


def turned(text: str) -> str:
    """Rot13; digits and signs stay."""
    return codecs.decode(text, "rot13")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "avttre",
            "AVTTRE",
            "kk_avttre_kk",
            "a1ttre",
            "avttttre",
            "a.v.t.t.r.e",
            "avttée",
            "avttre2009",
            "KkAvttreKk",
        ),
        *("snt", "Snt99", "gur_snt", "u1gyre88", "S_H_P_X_lbh", "fuvg", "Jub_Fuvg"),
    ],
)
def test_blocked_words_are_found_in_any_dress(name: str) -> None:
    """Capitals, accents, digits for letters, repeated and separated letters do not hide a word."""
    assert BlockList.shipped().hits(turned(name))
    assert name_of(turned(name)) == SOMEONE


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ann",
            "Nigeria_fan",
            "Niger",
            "raccoon_lover",
            "Scunthorpe",
            "spice",
            "Dick",
            "therapist",
            "snigger",
            "cockatoo",
        ),
        *(
            "grape",
            "drapery",
            "Homer",
            "Assassin_99",
            "classy",
            "Essex",
            "shitake",
            "Matsushita",
            "pakistani",
            "rapeseed",
        ),
        *("Александр", "李雷", "ann_88", "xX_wolf_Xx", "Beyoncé"),
    ],
)
def test_innocent_names_are_left_alone(name: str) -> None:
    """A word inside of an innocent one does not count where it is common there."""
    assert name_of(name) == name


def test_emoji_hide_no_blocked_word() -> None:
    """Between the letters of a word or beside it."""
    word = turned("ergneq")
    assert name_of("🐝".join(word)) == SOMEONE
    assert name_of(f"🐝{word}🐝") == SOMEONE


def test_lookalikes_of_other_alphabets_are_read() -> None:
    """Cyrillic letters that look Latin count as those."""
    word = turned("ergneq").replace("e", "е").replace("a", "а")
    assert BlockList.shipped().hits(word)
    assert name_of(word) == SOMEONE


def test_no_class_is_a_blocked_word_by_accident() -> None:
    """What the bot may dream it may also name: the list is not applied to classes, and would hit few of them."""
    names = [entry.name for words in (Vocabulary.builtin(), Vocabulary.imagenet()) for entry in words]
    assert [name for name in names if BlockList.shipped().hits(name)] == []


def test_a_file_adds_words(tmp_path: Path) -> None:
    """Plain words, one a line, with comments and marks; the shipped ones stay."""
    path = tmp_path / "words.txt"
    path.write_text("# mine\nflurb  # anywhere\n=grob\n~flurbish\n\n", encoding="utf-8")
    mine = BlockList.extended(path)
    assert mine.hits("xXFlurb9000")
    assert mine.hits("the_Grob")
    assert not mine.hits("grobian")
    assert not mine.hits("Flurbish")
    assert mine.hits(turned("avttre"))
    assert not BlockList.shipped().hits("flurb")
    with pytest.raises(OSError, match="No such file"):
        BlockList.extended(tmp_path / "none.txt")


def test_the_shipped_list_is_not_readable_at_a_glance() -> None:
    """Nobody who reads the source meets the words."""
    text = (Path(__file__).parents[2] / "models" / "words" / "blocked.txt").read_text(encoding="ascii")
    assert not any(BlockList.shipped().hits(line) for line in text.splitlines())


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_can_be_shown(name: str) -> None:
    """One short line of letters, digits, spaces, _ and -, that the list has nothing against."""
    shown = name_of(name)
    assert 0 < len(shown) <= 25
    assert all(c.isalnum() or c in " _-" for c in shown) or not shown.isascii()
    assert shown.isprintable()
    assert not BlockList.shipped().hits(shown)


def test_names_are_made_harmless() -> None:
    """What the bot repeats of a name holds no link, no command and no control character."""
    assert name_of("Ann_Lee-3") == "Ann_Lee-3"
    assert name_of("https://evil.example/x") == "httpsevilexamplex"
    assert name_of("\x02/ban\u202e ann") == "ban ann"
    assert name_of("é" * 99) == "é" * 25
    assert name_of("/../") == "someone"
    for name in ("Ada 🐝", "🐝", "👩🏽‍🚀_ann", "❤️ bo", "🇩🇪 cy", "👨‍👩‍👧"):
        assert name_of(name) == name
    free = next(chr(code) for code in range(0x1F8B0, 0x1FB00) if unicodedata.category(chr(code)) == "Cn")
    assert name_of(free) == "someone"  # nothing that this Python knows
    # An emoji of several is whole or not there.
    assert name_of("x" * 23 + "👨‍👩‍👧") == "x" * 23
    assert name_of("a\u200db\ufe0fc.de") == "abcde"
