"""The request queue: what is on and for how long, sharing, idle picks, votes; on a clock of our own."""

from __future__ import annotations

from dreamstream.core.programme import Programme, Wish, split
from dreamstream.requests.pace import IDLE_MINIMUM, HoldRules
from dreamstream.requests.queue import Refused, Request
from tests.requests.asking import NAMES, a_queue, accepted, ask


def test_an_idle_pick_gives_way_after_its_minimum() -> None:
    """A viewer's wish replaces the show's own after two seconds, not before."""
    queue = a_queue()
    assert queue.showing.idle
    answer = accepted(ask(queue, "bee", now=0.5))
    assert (answer.position, answer.eta) == (1, IDLE_MINIMUM - 0.5)
    assert not queue.advance(1.9)
    assert queue.advance(2.0)
    assert queue.current == Programme((Wish("bee", "whole", 1.0, "ann"),))
    assert not queue.showing.idle


def test_a_request_is_held_and_then_the_show_picks_again() -> None:
    """With nobody waiting a wish stays for the hold time; then the show has an idea of its own."""
    queue = a_queue(hold=30)
    ask(queue, "bee")
    queue.advance(2.0)
    assert not queue.advance(31.9)
    assert queue.advance(32.0)
    assert queue.showing.idle
    assert "bee" not in queue.current.title().split(" + ")


def test_idle_picks_never_repeat_and_are_sometimes_two() -> None:
    """Over hundreds of picks no class follows itself; pairs occur; equal seeds pick equally."""
    queue, twin = a_queue(), a_queue()
    pairs = 0
    before: set[str] = set()
    for step in range(1, 300):
        assert queue.advance(30.0 * step)
        assert twin.advance(30.0 * step)
        assert queue.current == twin.current
        now = {wish.what for wish in queue.current.wishes}
        assert not now & before
        pairs += len(now) == 2
        before = now
    assert 20 < pairs < 120


def test_equal_wishes_are_merged_with_credit_to_all() -> None:
    """Waiting or on now, the second asker joins the first; asking twice oneself is refused."""
    queue = a_queue()
    ask(queue, "bee", "ann")
    joined = accepted(ask(queue, "bee", "bob"))
    assert joined.merged
    assert joined.position == 1
    assert ask(queue, "bee", "bob") == Refused("already")
    accepted(queue.add(Programme((Wish("bee", "top"),)), "bob", "irc", 0.0))  # elsewhere on the canvas is another wish
    queue.advance(2.0)
    assert queue.current.wishes[0].who == "ann, bob"
    late = accepted(ask(queue, "bee", "cid", now=3.0))
    assert (late.position, late.merged) == (0, True)
    assert queue.current.wishes[0].who == "ann, bob, cid"
    ask(queue, "bee", "dan", now=3.0)
    assert queue.current.wishes[0].who == "ann, bob and 2 more"
    assert not queue.advance(4.0)


def test_the_hold_shrinks_and_the_canvas_is_shared_as_the_queue_grows() -> None:
    """The pace: full hold alone, never under its shortest, up to four together."""
    pace = HoldRules(hold=30, shortest=10, share_from=(8, 16, 24))
    assert [pace.seconds(n, idle=False) for n in (0, 1, 5, 100)] == [30, 30, 15, 10]
    assert [pace.seconds(n, idle=True) for n in (0, 1, 50)] == [30, 2, 2]
    assert [pace.together(n) for n in (0, 1, 7, 8, 16, 24, 50)] == [1, 1, 1, 2, 3, 4, 4]
    queue = a_queue()
    for k in range(8):
        ask(queue, NAMES[k], f"v{k}")
    queue.advance(2.0)
    assert [(w.what, w.region, w.who) for w in queue.current.wishes] == [
        (NAMES[0], "top", "v0"),
        (NAMES[1], "bottom", "v1"),
    ]
    assert len(queue.showing.requests) == 2


def test_a_wish_with_a_place_does_not_share() -> None:
    """A programme that says where, or has several wishes, has the canvas to itself."""
    queue = a_queue()
    queue.add(Programme((Wish("bee", "left"),)), "ann", "irc", 0.0)
    for k in range(10):
        ask(queue, NAMES[k + 1], f"v{k}")
    queue.advance(2.0)
    assert [wish.what for wish in queue.current.wishes] == ["bee"]


def test_skip_pause_and_votes() -> None:
    """Skipping works also when paused; time paused does not count; votes add up and are then forgotten."""
    queue = a_queue(votes_to_skip=2)
    ask(queue, "bee", "ann")
    ask(queue, "owl", "bob")
    queue.advance(2.0)
    queue.pause(12.0)
    assert queue.paused
    assert not queue.advance(1000.0)
    queue.resume(1000.0)
    assert not queue.advance(1019.9)
    assert queue.advance(1020.0)
    assert queue.current.title() == "owl"
    queue.pause(1021.0)
    assert queue.skip(1022.0).title() == "owl"
    assert queue.paused
    queue.resume(1030.0)
    assert not queue.advance(1059.9)
    assert queue.vote_skip("irc:x", 1060.0) == (1, False)
    assert queue.vote_skip("irc:x", 1060.0) == (1, False)
    before = queue.current
    assert queue.vote_skip("irc:y", 1060.0) == (2, True)
    assert queue.current != before
    assert queue.vote_skip("irc:y", 1061.0) == (1, False)


def test_requests_are_plain_data() -> None:
    """A request without its last viewer is gone."""
    request = Request("1", split(["bee"]), "ann", "irc", 0.0, viewers=("irc:ann",), credits=("ann",))
    assert request.left("irc:ann") is None
    joined = request.joined("irc:bob", "bob")
    left = joined.left("irc:ann")
    assert left is not None
    assert (left.who, left.credits) == ("bob", ("bob",))
