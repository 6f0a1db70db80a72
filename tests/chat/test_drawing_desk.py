"""Drawings in chat's hands: the queue's rules hold for them, moderators look at them and take them away."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dreamstream.chat.bot import Bot
from dreamstream.core.drawing import Drawing, Point, Stroke
from dreamstream.core.message import Message, Purge, Reply, Role
from dreamstream.requests.drawings import MOST_HELD, DrawingStore
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary
from tests.drawn import CAT

WORDS = Vocabulary.builtin()


def dot(number: int) -> Drawing:
    """A drawing of its own."""
    return Drawing((Stroke((Point(round(number / 10_000, 4), 0.5, 0.0),)),))


class Stage:
    """A bot that takes drawings, on a clock that stands until told."""

    def __init__(self, *, hold: bool = False, kinds: tuple[str, ...] = ("class", "drawing"), **queue: Any) -> None:
        self.now = 100.0
        self.saved = 0
        self.store = DrawingStore(hold=hold)
        rest = {"cooldown": 0.0, "rng": random.Random(2), **queue}
        self.queue = RequestQueue(WORDS, kinds=kinds, drawings=self.store, **rest)
        self.bot = Bot(self.queue, WORDS, lambda: self.now, on_change=self.save, drawings=self.store)
        self.queue.advance(self.now)

    def save(self) -> None:
        self.saved += 1

    def draw(self, drawing: Drawing, of: str = "", who: str = "ann", id: str = "", *roles: str) -> Reply:
        message = Message(of, who, "page", id, frozenset(roles), user=f"{who}.example/{who}", drawing=drawing)
        return next(iter(self.bot.receive(message)), Reply(""))

    def hear(self, text: str, who: str = "ann", *roles: str) -> str:
        (reply,) = self.bot.receive(Message(text, who, "page", "", frozenset(roles), user=f"{who}.example/{who}"))
        return reply.text

    def show(self) -> None:
        """Let the next one have its turn."""
        self.queue.skip(self.now)


def test_a_drawing_joins_the_queue() -> None:
    """With its word, place and author; the delivery again changes nothing; it is a wish like any other."""
    stage = Stage()
    assert stage.draw(CAT, "kitty left", "ann", "one") == Reply("drawn cat is next.", "ann", "page", "one", "accepted")
    assert stage.draw(CAT, "kitty left", "ann", "one").text == "drawn cat is next."
    (request,) = stage.queue.waiting
    (wish,) = request.programme.wishes
    assert (wish.kind, wish.word, wish.region, wish.who) == ("drawing", "cat", "left", "ann")
    assert stage.store[wish.drawing] == CAT
    assert stage.saved == 1
    assert stage.draw(dot(1), "anything top", "bob").text == "a drawing is 2nd, in 30 s."
    assert stage.queue.waiting[1].programme.wishes[0].region == "top"


def test_drawings_share_the_canvas() -> None:
    """Where many wait, several are shown together, each in a part of its own and still a drawing."""
    stage = Stage(limit_per_viewer=50)
    for number in range(8):
        stage.draw(dot(number), "cat" if number else "")
    stage.show()
    assert [(wish.kind, wish.region) for wish in stage.queue.current.wishes] == [
        ("drawing", "top"),
        ("drawing", "bottom"),
    ]


def test_what_is_refused() -> None:
    """Unknown and blocked words, too many, too soon, and dreamers that take no drawings; nothing of them is kept."""
    stage = Stage(limit_per_viewer=1, cooldown=10.0)
    assert stage.draw(dot(1), "xyzzy").text == "I do not know that one. !classes lists what I can dream."
    stage.hear("!block cat", "mod", "moderator")
    assert stage.draw(dot(1), "cat").text == "That one is not dreamed here."
    assert stage.draw(dot(1)).kind == "accepted"
    assert "ask again" in stage.draw(dot(2)).text
    stage.now += 11
    assert "enough waiting" in stage.draw(dot(2)).text
    assert list(stage.store) == [dot(1).key()]
    assert "kind of thing" in Stage(kinds=("class",)).draw(CAT).text
    assert Stage(kinds=("class",)).hear("!draw") == "I cannot dream that kind of thing in this show."
    assert "pen" in stage.hear("!draw")


def test_drawing_may_be_for_some() -> None:
    """A role for !draw counts for drawings from the page, where nobody can be told."""
    stage = Stage()
    stage.bot.rules.least["draw"] = Role.SUBSCRIBER
    assert stage.draw(CAT).kind == "refused"
    assert stage.draw(CAT, "", "ann", "", "subscriber").kind == "accepted"


def test_a_class_that_was_drawn_cools_down() -> None:
    """And one that was named cools down for who draws it."""
    stage = Stage(class_cooldown=60.0)
    stage.draw(CAT, "cat")
    stage.show()
    stage.show()
    assert "a moment ago" in stage.hear("!dream cat", "bob")
    assert "a moment ago" in stage.draw(dot(1), "cat", "cid").text


def test_held_until_approved() -> None:
    """Nothing waits in the queue before; approved it does, whatever the viewer has waiting; refused it is gone."""
    stage = Stage(hold=True, limit_per_viewer=2, cooldown=5.0)
    assert "moderator" in stage.draw(CAT, "cat").text
    assert stage.draw(dot(9)).kind == "refused"  # the cooldown has begun
    stage.now += 6
    stage.draw(dot(1))
    stage.now += 6
    assert "enough waiting" in stage.draw(dot(2)).text
    assert not stage.queue.waiting
    assert [record.word for record in stage.store.held()] == ["cat", ""]
    assert stage.bot.approve(CAT.key()) == (True, "drawn cat is next.")
    assert stage.bot.approve(CAT.key())[0] is False
    assert [wish.drawing for request in stage.queue.waiting for wish in request.programme.wishes] == [CAT.key()]
    assert stage.bot.take_away(dot(1).key())[0] is True
    assert not stage.store.held()
    assert stage.bot.take_away(dot(1).key())[0] is False
    assert stage.draw(dot(3), "", "mod", "", "moderator").kind == "accepted"
    assert not stage.store.held()


def test_no_more_are_held_than_there_is_room_for() -> None:
    """A hundred phones draw at once: MOST_HELD are held, the others are told, and memory does not grow."""
    stage = Stage(hold=True)
    replies = [stage.draw(dot(number), "", f"viewer{number}").kind for number in range(100)]
    assert replies == ["accepted"] * MOST_HELD + ["refused"] * (100 - MOST_HELD)
    assert len(stage.store) == MOST_HELD


def test_a_hundred_phones_at_once() -> None:
    """The queue takes as many as it holds, a wish of words waits no longer than it would, and the store has those."""
    stage = Stage(limit_total=50)
    for number in range(100):
        stage.draw(dot(number), "", f"viewer{number}")
    assert len(stage.queue.waiting) == 50
    assert len(stage.store) == 50
    stage.show()
    assert stage.hear("!dream bee", "late").startswith("bee is ")
    places = [request.who for request in stage.queue.waiting]
    assert places == [f"viewer{number}" for number in range(len(stage.queue.showing.requests), 50)] + ["late"]


def test_undraw() -> None:
    """Viewers take back their own last one, shown or not; moderators anybody's, or what is on."""
    stage = Stage(limit_per_viewer=9)
    assert stage.hear("!undraw") == "There is no drawing of yours."
    stage.draw(dot(1))
    stage.now += 1
    stage.draw(dot(2))
    stage.show()
    assert stage.hear("!undraw bob", "bob") == "There is no drawing of yours."
    assert stage.hear("!undraw") == "The drawing is taken away."
    assert list(stage.store) == [dot(1).key()]
    assert not stage.queue.waiting
    assert stage.store.erased(stage.now) == ()
    assert stage.hear("!undraw", "mod", "moderator") == "The drawing is taken away."
    assert stage.queue.showing.idle
    assert [wish.drawing for wish in stage.store.erased(stage.now)] == [dot(1).key()]
    for number in (3, 4):
        stage.draw(dot(number), "", "cid")
    assert stage.hear("!undraw @cid", "mod", "moderator") == "The drawing is taken away."
    assert not stage.queue.waiting
    assert not len(stage.store)


@pytest.mark.parametrize("order", ["!block ann", "!remove ann", "purge"])
def test_who_is_sent_away_takes_the_drawings_along(order: str) -> None:
    """Blocked, removed, or banned where they came from: what is held and what waits goes; others' stay."""
    stage = Stage(hold=True, limit_per_viewer=9)
    stage.draw(dot(1))
    stage.draw(dot(2))
    stage.bot.approve(dot(2).key())
    stage.draw(dot(3), "", "bob")
    if order == "purge":
        stage.bot.receive(Purge("page", "ann.example/ann"))
    else:
        stage.hear(order, "mod", "moderator")
    assert list(stage.store) == [dot(3).key()]
    assert not stage.queue.waiting


def test_the_queue_outlives_a_restart_with_its_drawings() -> None:
    """As long as the store has them; a request whose drawing is gone is left out."""
    stage = Stage(limit_per_viewer=9)
    stage.draw(CAT, "cat left")
    stage.draw(dot(1))
    kept = stage.bot.snapshot()
    assert Bot.is_snapshot(kept)
    again = Stage()
    again.store.restore([record for record in map(stage.store.record, stage.store) if record and record.word])
    assert again.bot.restore(kept) == 1
    assert again.queue.waiting[0].programme == stage.queue.waiting[0].programme
