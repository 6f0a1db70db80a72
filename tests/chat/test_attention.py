"""A flood of lines takes a bounded share of every second, and moderators none of the waiting. On clocks of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.chat.attention import Attention
from dreamstream.chat.bot import Bot
from dreamstream.chat.phrases.english import ENGLISH
from dreamstream.core.message import Message, Paid, Reply
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()


class Counting(Vocabulary):
    """The built-in words; guesses: how often they had to guess. Each guess takes 10 ms of `spent`."""

    def __init__(self) -> None:
        super().__init__(WORDS.entries)
        self.guesses, self.spent = 0, 0.0

    def match(self, text: str) -> ClassName | None:
        self.guesses += 1
        self.spent += 0.01
        return super().match(text)


class Stage:
    """A bot that understands slowly, on a clock that stands until told."""

    def __init__(self, **queue: object) -> None:
        self.now, self.words = 100.0, Counting()
        self.queue = RequestQueue(self.words, **{"cooldown": 0.0, **queue})  # type: ignore[arg-type]
        self.bot = Bot(self.queue, self.words, lambda: self.now, timer=lambda: self.words.spent)

    def hear(
        self, text: str, who: str = "ann", *roles: str, source: str = "page", paid: Paid | None = None
    ) -> list[Reply]:
        return self.bot.receive(Message(text, who, source, "", frozenset(roles), paid=paid))

    def answer(self, text: str, who: str = "ann", *roles: str) -> str:
        (reply,) = self.hear(text, who, *roles)
        return reply.text

    def tire(self) -> None:
        """Let viewers write nonsense until nothing is guessed any more."""
        for number in range(1000):
            if self.answer(f"!dream qwx{number}z", f"v{number}") == ENGLISH["busy"]:
                return
        raise AssertionError("the bot never tires")


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.05)), max_size=200), st.floats(0.05, 0.9))
def test_what_is_spent_is_bounded(lines: list[tuple[float, float]], share: float) -> None:
    """In any span of time: what a bucket holds, the share that flows in, and the one line that emptied it."""
    attention, now, spent = Attention(share, 0.2), 0.0, 0.0
    for wait, cost in lines:
        now += wait
        if attention.reads(now):
            attention.spend(cost, now)
            spent += cost
        assert spent <= 0.2 + share * now + 0.05 + 1e-9


def test_guessing_ends_before_reading_does() -> None:
    """The second half is for lines that take no guessing; time fills it again."""
    attention = Attention(share=0.1, most=0.2)
    attention.spend(0.11, 0.0)
    assert (attention.guesses(0.0), attention.reads(0.0)) == (False, True)
    attention.spend(0.1, 0.0)
    assert not attention.reads(0.0)
    assert attention.reads(0.2)
    assert attention.guesses(1.5)


def test_no_understanding_for_those_who_may_not_ask() -> None:
    """Blocked, in the cooldown, or with enough waiting: the vocabulary is never asked to guess."""
    stage = Stage(cooldown=5.0, limit_per_viewer=1)
    stage.answer("!block bob", "mod", "moderator")
    assert stage.hear("!dream beeeeeees", "bob") == stage.hear("!skip", "bob") == stage.hear("!queue", "bob") == []
    assert stage.answer("!dream bee").startswith("bee is ")
    guesses = stage.words.guesses
    assert stage.answer("!dream pizzza") == "One moment, ask again in 5 s."
    stage.now += 6
    assert stage.answer("!dream pizzza") == ENGLISH.say("limit", wait="a moment")
    assert stage.answer("!dream bee") == ENGLISH["already"]
    assert stage.words.guesses == guesses


def test_answers_of_late_texts_are_kept() -> None:
    """What is said again by others is understood once."""
    stage = Stage()
    for number in range(50):
        stage.hear("!dream qwertzuiop", f"v{number}")
    assert stage.words.guesses == 1


def test_a_flood_leaves_room_for_plain_names_and_moderators() -> None:
    """When guessing takes too long, names in full are still understood, moderators altogether, and a moment helps."""
    stage = Stage()
    stage.tire()
    guesses = stage.words.guesses
    assert guesses < 15
    assert stage.answer("!dream pizzzza", "bob") == stage.answer("!classes spidr", "bob") == ENGLISH["busy"]
    assert stage.words.guesses == guesses
    assert stage.answer("!dream bee", "bob").startswith("bee is ")
    assert stage.answer("!dream vulcano", "mod", "moderator").startswith("volcano is ")
    assert stage.answer("!skip", "mod", "moderator").startswith("Skipped ")
    stage.now += 2
    assert stage.answer("!dream pizzza", "cid").startswith("pizza is ")


def test_what_is_not_read_is_counted() -> None:
    """Out of time, chat is passed over and the page says so; who paid and moderators are heard."""
    stage = Stage()
    stage.bot._attention.spend(1.0, stage.now)
    assert stage.hear("!dream bee", source="irc") == []
    assert stage.answer("!dream bee") == ENGLISH["busy"]
    assert stage.bot.counts["unread"] == 2
    assert stage.answer("!hold 20", "mod", "moderator") == "Each request is shown for 20 s."
    (reply,) = stage.hear("!dream beee", "dan", source="twitch", paid=Paid("points"))
    assert reply.kind == "accepted"


@pytest.mark.parametrize("limit", [0, 1])
def test_who_has_enough_waiting_may_still_join_what_is_shown(limit: int) -> None:
    """That takes no place in the queue."""
    stage = Stage(limit_per_viewer=1)
    stage.hear("!dream bee", "bob")
    stage.queue.skip(stage.now)
    for number in range(limit):
        stage.hear(f"!dream {('owl', 'cow')[number]}")
    assert stage.answer("!dream bee") == ENGLISH.say("merged_now", what="bee")
