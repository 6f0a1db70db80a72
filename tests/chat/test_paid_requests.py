"""Paid messages: first in line, settled once, and given back when nothing comes of them."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamstream.chat.bot import Bot
from dreamstream.chat.paid_requests import PaidRequests
from dreamstream.core.message import Message, Paid, Purge, Settled
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary


class Stage:
    """A queue, a bot and its redeems, on a clock that is moved by hand."""

    def __init__(self, least_bits: int = 100) -> None:
        self.now = 0.0
        words = Vocabulary.builtin()
        self.queue = RequestQueue(words, hold=10.0, cooldown=0.0, rng=random.Random(1))
        self.bot = Bot(self.queue, words, now=lambda: self.now)
        self.redeems = PaidRequests(self.bot, least_bits=least_bits)
        self.count = 0

    def say(self, text: str, who: str, paid: Paid | None = None, id: str = "") -> list[str]:
        """Somebody says something; what is answered."""
        self.count += 1
        message = Message(text, who, "twitch", id or f"m{self.count}", frozenset(), self.now, who, paid)
        return [reply.text for reply in self.redeems.receive(message)]

    def redeem(self, text: str, who: str, handle: str) -> list[str]:
        """Somebody spends points."""
        return self.say(text, who, Paid("points", 500, "Dream it", handle), id=handle)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        for _ in range(int(seconds)):
            self.now += 1
            self.queue.advance(self.now)
            self.redeems.look()

    def titles(self) -> list[str]:
        """What waits, next first."""
        return [request.programme.title() for request in self.queue.waiting]


def done(handle: str) -> Settled:
    """It was dreamed."""
    return Settled("twitch", handle, True)


def back(handle: str) -> Settled:
    """It comes back."""
    return Settled("twitch", handle, False)


def test_points_go_first_and_are_done_when_shown() -> None:
    """Behind nobody; settled when it is seen, once, and only for its source."""
    stage = Stage()
    for what in ("cow", "owl"):
        stage.say(f"!dream {what}", what)
    stage.redeem("!dream bee", "ann", "h1")
    assert stage.titles() == ["bee", "cow", "owl"]
    assert stage.redeems.settled("twitch") == []
    stage.wait(5)
    assert stage.redeems.settled("irc") == []
    assert stage.redeems.settled("twitch") == [done("h1")]
    stage.wait(60)
    assert stage.redeems.settled("twitch") == []


def test_what_cannot_be_met_comes_back_at_once() -> None:
    """An unknown class, and the answer says that the points come back."""
    stage = Stage()
    (answer,) = stage.redeem("!dream xyzzyplugh", "ann", "h1")
    assert answer.endswith("Your points come back.")
    assert stage.redeems.settled("twitch") == [back("h1")]


def test_what_leaves_the_queue_unseen_comes_back() -> None:
    """Cleared, taken back, and banned."""
    stage = Stage()
    stage.say("!dream cow", "cow")
    stage.wait(3)
    for number, leave in enumerate(("clear", "undream", "ban")):
        handle = f"h{number}"
        stage.redeem("!dream bee", "ann", handle)
        assert stage.titles() == ["bee"]
        if leave == "clear":
            stage.queue.clear()
            stage.redeems.look()
        elif leave == "undream":
            stage.say("!undream", "ann")
            stage.redeems.look()
        else:
            stage.redeems.receive(Purge("twitch", user="ann"))
        assert stage.redeems.settled("twitch") == [back(handle)]


def test_joining_an_equal_wish_lifts_it_and_counts() -> None:
    """Points for something that already waits put it first; it is done when it is shown."""
    stage = Stage()
    for what in ("cow", "owl", "bee"):
        stage.say(f"!dream {what}", what)
    stage.redeem("!dream bee", "ann", "h1")
    assert stage.titles()[0] == "bee"
    stage.wait(5)
    assert stage.redeems.settled("twitch") == [done("h1")]


def test_a_delivery_twice_is_one_wish() -> None:
    """As after a restart, when Twitch tells again what was redeemed."""
    stage = Stage()
    stage.say("!dream cow", "cow")
    stage.wait(3)
    stage.redeem("!dream bee", "ann", "h1")
    restarted = PaidRequests(stage.bot)
    stage.redeems = restarted
    assert stage.redeem("!dream bee", "ann", "h1") == []
    assert stage.titles() == ["bee"]
    stage.wait(20)
    assert stage.redeems.settled("twitch") == [done("h1")]


def test_bits_lift_a_wish_and_are_never_settled() -> None:
    """With a wish, it goes first; without one, the wish that waits does; too few change nothing."""
    stage = Stage(least_bits=100)
    for what in ("cow", "owl", "rabbit"):
        stage.say(f"!dream {what}", what)
    stage.say("!dream bee", "ann", Paid("bits", 99))
    assert stage.titles() == ["cow", "owl", "rabbit", "bee"]
    stage.say("so pretty", "rabbit", Paid("bits", 100))
    assert stage.titles()[0] == "rabbit"
    stage.say("!dream pizza", "bob", Paid("bits", 500))
    assert stage.titles()[0] == "pizza"
    stage.wait(30)
    assert stage.redeems.settled("twitch") == []
    off = Stage(least_bits=0)
    for what in ("cow", "owl"):
        off.say(f"!dream {what}", what)
    off.say("!dream bee", "ann", Paid("bits", 5000))
    assert off.titles() == ["cow", "owl", "bee"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("redeem"), st.sampled_from(["bee", "cow", "owl", "pizza", "xyzzyplugh", "bee + owl"])),
            st.tuples(st.sampled_from(["clear", "skip", "ban", "undream"]), st.just("")),
            st.tuples(st.just("wait"), st.integers(1, 15)),
        ),
        max_size=40,
    )
)
def test_everything_paid_is_settled_exactly_once(steps: list[tuple[str, object]]) -> None:
    """Whatever happens, in the end each redemption is done or given back, and never both."""
    stage = Stage()
    settled: list[Settled] = []
    handles = []
    for number, (step, value) in enumerate(steps):
        who = f"viewer{number % 4}"
        if step == "redeem":
            handles.append(f"h{number}")
            stage.redeem(f"!dream {value}", who, handles[-1])
        elif step == "wait":
            assert isinstance(value, int)
            stage.wait(value)
        elif step == "clear":
            stage.queue.clear()
        elif step == "skip":
            stage.queue.skip(stage.now)
        elif step == "ban":
            stage.redeems.receive(Purge("twitch", user=who))
        else:
            stage.say("!undream", who)
        stage.redeems.look()
        settled += stage.redeems.settled("twitch")
    stage.queue.clear()
    stage.redeems.look()
    settled += stage.redeems.settled("twitch")
    assert sorted(each.handle for each in settled) == sorted(handles)
