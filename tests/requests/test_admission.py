"""Who is let into the queue: limits, cooldowns, deliveries that come twice, and what is not known."""

from __future__ import annotations

import random

import pytest

from dreamstream.core.programme import Programme, Wish
from dreamstream.requests.pace import IDLE_MINIMUM
from dreamstream.requests.queue import Accepted, Refused, RequestQueue
from dreamstream.wishes.vocabulary import Vocabulary
from tests.requests.asking import NAMES, a_queue, accepted, ask


def test_limits_refuse_and_say_when() -> None:
    """Each viewer has a limit, the queue has one, and a refusal says how long to wait."""
    queue = a_queue(limit_total=3, limit_per_viewer=2)
    for what in NAMES[:2]:
        accepted(ask(queue, what))
    assert ask(queue, NAMES[2]) == Refused("limit", IDLE_MINIMUM)
    accepted(ask(queue, NAMES[2], "bob"))
    assert ask(queue, NAMES[3], "cid") == Refused("full", IDLE_MINIMUM)
    assert len(queue) == 3


def test_cooldowns_of_viewers_and_classes() -> None:
    """A viewer waits between requests, and a class after it was shown."""
    queue = a_queue(cooldown=5, class_cooldown=100)
    accepted(ask(queue, "bee", now=1))
    assert ask(queue, "owl", now=4) == Refused("cooldown", 2)
    accepted(ask(queue, "owl", now=6))
    queue.advance(10)
    assert queue.current.title() == "bee"
    queue.advance(50)
    assert queue.current.title() == "owl"
    answer = ask(queue, "bee", "bob", now=60)
    assert isinstance(answer, Refused)
    assert answer.reason == "class_cooldown"
    assert answer.wait == pytest.approx(90)


def test_the_same_delivery_twice_changes_nothing() -> None:
    """A repeated id gets its first answer again, also when that was a no."""
    queue = a_queue(limit_per_viewer=1)
    first = ask(queue, "bee", id="m1")
    assert ask(queue, "bee", id="m1") is first
    refused = ask(queue, "owl", id="m2")
    assert isinstance(refused, Refused)
    assert ask(queue, "owl", id="m2") is refused
    assert len(queue) == 1


def test_unknown_classes_are_refused() -> None:
    """Nothing gets in that the dreamer cannot dream."""
    assert ask(a_queue(), "flurb") == Refused("unknown")
    assert a_queue().add(Programme(()), "ann", "irc", 0.0) == Refused("unknown")


def test_new_names_bring_one_address_no_more_votes_or_places() -> None:
    """A page's visitors count by address; chat's viewers, and who sits at this machine, count by name."""
    queue = RequestQueue(Vocabulary.builtin(), cooldown=0.0, votes_to_skip=2, rng=random.Random(1))
    queue.advance(0.0)
    wishes = [Programme((Wish(name, "whole"),)) for name in ("bee", "owl", "crab", "pizza", "volcano", "fox")]
    names = ("ann", "bob", "cid", "dee", "eve", "fay")
    answers = [
        queue.add(wish, name, "page", 1.0, viewer=f"page:203.0.113.5/{name}")
        for wish, name in zip(wishes, names, strict=True)
    ]
    assert [isinstance(answer, Accepted) for answer in answers] == [True, True, False, False, False, False]
    assert isinstance(answers[2], Refused)
    assert answers[2].reason == "limit"
    assert isinstance(queue.add(wishes[2], "gus", "page", 1.0, viewer="page:203.0.113.6/ann"), Accepted)
    assert [queue.vote_skip(f"page:203.0.113.5/{name}", 1.0)[0] for name in names] == [1] * 6
    assert queue.vote_skip("page:203.0.113.6/ann", 1.0) == (2, True)
    assert [queue.vote_skip(viewer, 1.0)[0] for viewer in ("page:/ann", "twitch:a/b")] == [1, 2]
