"""The order of those who wait, and how moderators change it."""

from __future__ import annotations

from dreamstream.requests.waiting_list import PATIENCE
from tests.requests.asking import NAMES, a_queue, accepted, ask


def test_newcomers_go_before_second_helpings_but_not_for_ever() -> None:
    """A viewer's second request lets newcomers pass, at most PATIENCE of them."""
    queue = a_queue(limit_per_viewer=3)
    for what in NAMES[:3]:
        ask(queue, what, "ann")
    places = [accepted(ask(queue, NAMES[3 + k], f"new{k}")).position for k in range(6)]
    # The first three pass ann's second and third; then those have been patient enough.
    assert places == [2, 3, 4, 7, 8, 9]
    assert [request.who for request in queue.waiting][:6] == ["ann", "new0", "new1", "new2", "ann", "ann"]
    assert max(request.overtaken for request in queue.waiting) == PATIENCE


def test_turns_had_lately_count() -> None:
    """Who was just shown stands behind who was not, though both have one request waiting; favour forgives it."""
    queue = a_queue()
    ask(queue, "bee", "ann")
    queue.advance(2.0)
    ask(queue, "owl", "bob", now=3)
    ask(queue, "crab", "ann", now=3)
    assert accepted(ask(queue, "cow", "cid", now=3)).position == 2
    assert [request.who for request in queue.waiting] == ["bob", "cid", "ann"]
    queue = a_queue()
    ask(queue, "bee", "ann")
    queue.advance(2.0)
    ask(queue, "owl", "bob", now=3)
    ask(queue, "crab", "ann", now=3, favour=1)
    assert accepted(ask(queue, "cow", "cid", now=3)).position == 3


def test_a_request_can_be_put_at_any_place() -> None:
    """The control room drags a request between two others, or beyond the end."""
    queue = a_queue()
    for what, who in (("bee", "ann"), ("owl", "bob"), ("crab", "cid"), ("cat", "dee")):
        ask(queue, what, who, id=who)
    for moved, place, order in (
        ("dee", 1, ["bee", "cat", "owl", "crab"]),
        ("ann", 99, ["cat", "owl", "crab", "bee"]),
        ("cid", -1, ["crab", "cat", "owl", "bee"]),
    ):
        queue.promote(moved, place)
        assert [request.programme.title() for request in queue.waiting] == order


def test_removing_promoting_and_clearing() -> None:
    """By name, key or id; merged requests keep their other owners; what is shown can be ended too."""
    queue = a_queue()
    ask(queue, "bee", "Ann", id="a1")
    ask(queue, "owl", "bob")
    ask(queue, "crab", "cid")
    ask(queue, "owl", "Ann")
    promoted = queue.promote("CID")
    assert promoted is not None
    assert [request.programme.title() for request in queue.waiting] == ["crab", "bee", "owl"]
    assert queue.promote("nobody") is None
    assert len(queue.remove("ann", 0.0)) == 2
    assert [(r.programme.title(), r.credits) for r in queue.waiting] == [("crab", ("cid",)), ("owl", ("bob",))]
    queue.advance(2.0)
    assert queue.remove("cid", 3.0) == []
    assert queue.current.title() == "crab"
    assert len(queue.remove("irc:cid", 3.0, shown_too=True)) == 1
    assert queue.current.title() == "owl"
    ask(queue, "bee", "ann")
    ask(queue, "pizza", "ann", now=4.0)
    withdrawn = queue.withdraw_last("irc:ann")
    assert withdrawn is not None
    assert withdrawn.programme.title() == "pizza"
    assert queue.withdraw_last("irc:zoe") is None
    assert queue.clear() == 1
    assert len(queue) == 0
    assert queue.current.title() == "owl"


def test_positions_are_found_by_key_or_name() -> None:
    """A viewer's places and waits, in order."""
    queue = a_queue(hold=30)
    ask(queue, "bee", "ann")
    ask(queue, "owl", "bob")
    ask(queue, "crab", "ann")
    for who in ("ann", "irc:ann", "ANN"):
        found = [(place, request.programme.title()) for place, _, request in queue.position(who, 0.0)]
        assert found == [(1, "bee"), (3, "crab")]
    assert queue.position("zoe", 0.0) == []
