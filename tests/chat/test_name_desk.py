"""Names for points in chat: given, wished, refused with a reason, forgotten, and kept over a restart."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.chat.phrases.english import ENGLISH
from dreamstream.core import points
from dreamstream.core.message import Message, Purge
from dreamstream.core.programme import Wish
from dreamstream.dreamers.latent.card import KINDS
from dreamstream.requests.points import MOST_EACH, PointStore
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.parse import Grammar
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary([ClassName(0, "cat"), *(ClassName(1 + i, f"cat {x}", aliases=(x,)) for i, x in enumerate("abcd"))])


class Stage:
    """A bot of a show where a cat dreams, which is at the point `code`."""

    def __init__(self, cooldown: float = 0.0, kinds: tuple[str, ...] = KINDS, **bot: Any) -> None:
        self.now, self.code = 100.0, "AAAA"
        store = PointStore("cat")
        self.queue = RequestQueue(WORDS, kinds=kinds, cooldown=cooldown, rng=random.Random(2), points=store)
        self.bot = Bot(self.queue, WORDS, lambda: self.now, points=store, here=lambda: self.code, **bot)
        self.queue.advance(self.now)

    def answer(self, text: str, who: str = "ann", *roles: str) -> str:
        return " ".join(reply.text for reply in self.bot.receive(Message(text, who, "page", "", frozenset(roles))))

    def waiting(self) -> list[Wish]:
        return [wish for request in self.queue.waiting for wish in request.programme.wishes]


def test_what_is_on_gets_a_name() -> None:
    """Which anyone can wish then, alone and with letters; the wish holds what it meant when it was wished."""
    stage = Stage()
    assert stage.answer("!name Taco") == "This is taco now: !dream taco."
    stage.code = "BBBB"
    assert stage.answer("!name bone", "bob") == "This is bone now: !dream bone."
    assert stage.answer("!dream TACO left", "cid") == "taco is next."
    assert stage.answer("!mix taco b .3", "dan").startswith("mix taco b .3 is 2nd")
    assert stage.answer("!calc taco - bone + c", "eve").startswith("calc taco - bone + c is 3rd")
    assert stage.answer("!dream taco + cat b", "fay").startswith("taco + cat b is 4th")
    both = "taco:AAAA bone:BBBB"
    assert [(wish.kind, wish.what, wish.points) for wish in stage.waiting()] == [
        ("point", "taco", "taco:AAAA"),
        ("mix", "taco b .3", "taco:AAAA"),
        ("calc", "taco - bone + c", both),
        ("point", "taco", "taco:AAAA"),
        ("class", "cat b", ""),
    ]
    assert stage.waiting()[0].region == "left"
    assert stage.answer("!corners taco bone a b", "gus").startswith("corners taco bone a b is 5th")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "name_form"),
        ("a", "name_form"),
        ("two words", "name_form"),
        ("4you", "name_form"),
        ("abcdefghijklm", "name_form"),
        ("hitler", "name_blocked"),
        ("cat", "name_taken"),
        ("cats", "name_taken"),
        ("left", "name_taken"),
        ("mix", "name_taken"),
        ("random", "name_taken"),
        ("skip", "name_taken"),
        ("wish", "name_taken"),
    ],
)
def test_what_can_be_no_name(text: str, why: str) -> None:
    """One word that the block list lets through and that means nothing yet."""
    stage = Stage()
    assert stage.answer(f"!name {text}") == ENGLISH.say(why, what=text)
    assert not stage.bot.points


def test_names_are_bounded() -> None:
    """By the pause between two wishes, and by how many one person gives."""
    stage = Stage(cooldown=10.0)
    stage.answer("!name taco")
    assert stage.answer("!name bone") == stage.answer("!dream taco") == "One moment, ask again in 10 s."
    for i in range(MOST_EACH - 1):
        stage.now += 20
        stage.answer(f"!name n{i}")
    stage.now += 20
    assert stage.answer("!name more") == ENGLISH.say("name_enough", most=MOST_EACH)
    assert stage.answer("!name taco", "bob") == ENGLISH.say("name_taken", what="taco")
    assert len(stage.bot.points) == MOST_EACH


def test_a_name_is_forgotten_with_what_is_asked_by_it() -> None:
    """By whoever gave it and by moderators, and with its giver's ban; others' wishes stay."""
    stage = Stage()
    for who, name in (("ann", "taco"), ("bob", "bone"), ("cid", "fish")):
        stage.answer(f"!name {name}", who)
    stage.answer("!dream taco", "dan")
    stage.answer("!dream cat b", "bob")
    stage.queue.skip(stage.now)
    stage.answer("!mix taco a .3", "eve")
    assert stage.answer("!forget taco", "bob") == ENGLISH["forget_none"]
    assert stage.queue.current.title() == "taco"
    assert stage.answer("!forget taco") == "taco is forgotten."
    assert stage.queue.current.title() == "cat b"
    assert stage.waiting() == []
    assert stage.answer("!dream taco", "fay").startswith("I do not know that one.")
    assert stage.answer("!forget bone", "mod", "moderator") == "bone is forgotten."
    stage.bot.receive(Purge("page", user="cid"))
    assert not stage.bot.points


def test_names_outlive_a_restart() -> None:
    """With the wishes that wait for them; older states know of none, and then no wish for one comes back."""
    stage = Stage()
    stage.answer("!name taco")
    stage.answer("!dream taco", "bob")
    kept = json.loads(json.dumps(stage.bot.snapshot()))
    assert Bot.is_snapshot(kept)
    fresh = Stage()
    assert fresh.bot.restore(kept) == 1
    assert fresh.waiting() == stage.waiting()
    old = {key: value for key, value in kept.items() if key != "points"}
    assert Bot.is_snapshot(old)
    assert Stage().bot.restore(old) == 0
    assert not Bot.is_snapshot({**kept, "points": {"cat": 5}})


def test_where_points_have_no_names() -> None:
    """Other dreamers say so, and read other bots' sums as before; before the first picture nothing has a name."""
    other = Stage(kinds=("class",))
    assert other.answer("!name taco") == ENGLISH["kind"]
    assert other.answer("!calc apples - pears") == ""
    stage = Stage()
    stage.code = None  # type: ignore[assignment]
    assert stage.answer("!name taco") == ENGLISH["name_nothing"]
    assert stage.answer("!calc apples - pears").startswith("I do not know that one.")


def test_a_lone_name_is_a_wish_where_lone_words_are() -> None:
    """And nothing else of that line is."""
    stage = Stage(grammar=Grammar(bare=True))
    stage.answer("!name taco")
    assert stage.answer("taco", "bob") == "taco is next."
    assert stage.answer("tacos", "cid") == ""


def test_kinds() -> None:
    """A subject takes all that is said of points."""
    assert set(KINDS) == {"class", points.NAMED, *points.KINDS}
