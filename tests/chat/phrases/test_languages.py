"""Every language says the same things."""

from __future__ import annotations

import random
from string import Formatter

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.chat.commands import COMMANDS
from dreamstream.chat.phrases.english import ENGLISH, Language, duration, ordinal
from dreamstream.chat.phrases.languages import LANGUAGES
from dreamstream.core.message import LONGEST_REPLY, Message
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary


def gaps(phrase: str) -> set[str]:
    """What a phrase is filled with."""
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_has_every_phrase_with_the_same_gaps(language: Language) -> None:
    """No phrase is missing, left over, overlong, or without what English says in it."""
    assert language.phrases.keys() == ENGLISH.phrases.keys()
    for key, phrase in language.phrases.items():
        assert gaps(phrase) == gaps(ENGLISH[key]), key
        assert 0 < len(phrase) < LONGEST_REPLY / 2
    assert all(language.duration(seconds) for seconds in (0, 10, 100, 10_000))
    assert len({language.ordinal(place) for place in range(1, 50)}) == 49


def test_german() -> None:
    """A whole conversation in German; no English word of the bot's own slips in."""
    words = Vocabulary.builtin()
    bot = Bot(RequestQueue(words, cooldown=0.0, rng=random.Random(1)), words, lambda: 0.0, words=LANGUAGES["de"])

    def answer(text: str, who: str = "ann", *roles: str) -> str:
        (reply,) = bot.receive(Message(text, who, "console", roles=frozenset(roles)))
        return reply.text

    assert answer("!dream bee") == "bee kommt als Nächstes."
    assert answer("!dream owl", "bob") == "owl kommt als 2., in 30 s."
    assert answer("!dream qqqq") == LANGUAGES["de"]["unknown_plain"]
    assert answer("!dream strowb") == "Das kenne ich nicht. Versuch strawberry."
    assert answer("!skip") == "Das ist für Moderatoren."
    for name in COMMANDS:
        assert answer(f"!{name} 5", "mod", "moderator")


def test_lists() -> None:
    """ "a", "a or b", "a, b or c"."""
    assert [ENGLISH.listed(items, "or") for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == (
        ["", "a", "a or b", "a, b or c"]
    )


def test_times_and_places_in_words() -> None:
    """Short and human."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
    )
    assert [duration(s) for s in (0, 2.9, 3, 22, 61, 89, 90, 125, 3600)] == (
        ["a moment", "a moment", "5 s", "20 s", "60 s", "90 s", "about 2 min", "about 2 min", "about 60 min"]
    )
