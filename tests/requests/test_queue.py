"""The request queue: limits, order, sharing, idle picks, waiting times and restarts, on a clock of our own."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dreamstream.core.programme import Programme, Wish, split
from dreamstream.requests.pace import IDLE_MINIMUM, HoldRules
from dreamstream.requests.queue import Accepted, Refused, Request, RequestQueue
from dreamstream.requests.waiting_list import PATIENCE
from dreamstream.wishes.vocabulary import Vocabulary

WORDS = Vocabulary.builtin()
NAMES = [entry.name for entry in WORDS]


def a_queue(**options: Any) -> RequestQueue:
    """A queue without cooldown whose show began at 0."""
    queue = RequestQueue(WORDS, **{"cooldown": 0.0, "rng": random.Random(3), **options})
    queue.advance(0.0)
    return queue


def ask(queue: RequestQueue, what: str, who: str = "ann", now: float = 0.0, **more: Any) -> Accepted | Refused:
    """Ask for one class on the whole canvas."""
    return queue.add(split([what]), who, "irc", now, **more)


def accepted(answer: Accepted | Refused) -> Accepted:
    """The answer, which must be a yes."""
    assert isinstance(answer, Accepted), answer
    return answer


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


def test_unknown_classes_are_refused() -> None:
    """Nothing gets in that the dreamer cannot dream."""
    assert ask(a_queue(), "flurb") == Refused("unknown")
    assert a_queue().add(Programme(()), "ann", "irc", 0.0) == Refused("unknown")


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


def test_a_snapshot_survives_json_and_another_clock() -> None:
    """Waiting and shown requests, credits, order and elapsed time come back; what is unreadable is left out."""
    queue = a_queue()
    for k, who in enumerate(["ann", "bob", "ann", "cid"]):
        ask(queue, NAMES[k], who, id=f"m{k}")
    ask(queue, NAMES[1], "dan")
    queue.advance(2.0)
    data = json.loads(json.dumps(queue.snapshot(12.0)))
    fresh = RequestQueue(WORDS, cooldown=0.0, rng=random.Random(9))
    assert fresh.restore(data, 5000.0) == 4
    assert [r.programme for r in fresh.waiting] == [r.programme for r in queue.waiting]
    assert [r.credits for r in fresh.waiting] == [r.credits for r in queue.waiting]
    assert fresh.current == queue.current
    assert [eta for _, eta in fresh.schedule(5000.0)] == pytest.approx([eta for _, eta in queue.schedule(12.0)])
    before = len(fresh)
    assert isinstance(fresh.add(split([NAMES[0]]), "ann", "irc", 5000.0, id="m0"), Accepted)  # delivered again
    assert len(fresh) == before
    data["waiting"][0] = {"id": 3}
    data["waiting"][1]["wishes"] = [["quasar", "whole", 1.0]]
    assert RequestQueue(WORDS).restore(data, 0.0) == 2


@pytest.mark.parametrize(
    "data", [None, [], {}, {"version": 1}, {"version": 2}, {"version": 1, "waiting": 5, "lately": None}]
)
def test_rubbish_restores_nothing(data: object) -> None:
    """A damaged state begins a new queue."""
    queue = RequestQueue(WORDS)
    assert queue.restore(data, 0.0) == 0
    assert queue.current.wishes


def play(queue: RequestQueue, now: float, step: float = 0.25, most: float = 5000.0) -> dict[str, float]:
    """Let the show run without anybody asking; when each waiting request is first shown."""
    shown: dict[str, float] = {}
    end = now + most
    while len(queue) and now < end:
        queue.advance(now)
        for request in queue.showing.requests:
            shown.setdefault(request.id, now)
        now += step
    return shown


def _ageless(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "age": round(item["age"], 3)}


class QueueMachine(RuleBasedStateMachine):
    """Anything viewers and moderators may do, in any order, at any time."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.queue = RequestQueue(
            WORDS, hold=20, limit_total=9, limit_per_viewer=2, cooldown=1.0, rng=random.Random(seed)
        )
        self.now = 100.0
        self.queue.advance(self.now)
        # Most of what can go wrong needs something on and somebody waiting.
        for name, who in zip(NAMES, ("v0", "v1", "v2"), strict=False):
            ask(self.queue, name, who, self.now)
        self.now += 3.0
        self.queue.advance(self.now)
        # How many newer requests went before each waiting one, counted from outside.
        self.passed: Counter[str] = Counter()

    @rule(
        who=st.sampled_from([f"v{k}" for k in range(9)]),
        names=st.lists(st.sampled_from(NAMES[:12]), min_size=1, max_size=4, unique=True),
        delivery=st.one_of(st.just(""), st.integers(0, 30).map(str)),
    )
    def someone_asks(self, who: str, names: list[str], delivery: str) -> None:
        before = self.queue.waiting
        answer = self.queue.add(split(names), who, "irc", self.now, id=delivery)
        ids = [request.id for request in self.queue.waiting]
        if len(ids) > len(before):
            assert isinstance(answer, Accepted)
            place = ids.index(answer.request.id)
            assert answer.position == place + 1
            self.passed.update(request.id for request in before if request.id in ids[place + 1 :])
        else:
            assert [request.id for request in before] == ids
        assert all(count <= PATIENCE for count in self.passed.values())

    @rule(seconds=st.floats(0.01, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        before, head = self.queue.showing, self.queue.waiting[:1]
        changed = self.queue.advance(self.now)
        assert changed == (self.queue.showing.since != before.since)
        if changed and head:
            assert self.queue.showing.requests[0].id == head[0].id

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]), shown_too=st.booleans())
    def someone_leaves(self, who: str, shown_too: bool) -> None:
        self.queue.remove(who, self.now, shown_too=shown_too)
        assert self.queue.position(who, self.now) == []

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]))
    def someone_withdraws(self, who: str) -> None:
        had = len(self.queue.position(f"irc:{who}", self.now))
        self.queue.withdraw_last(f"irc:{who}")
        assert len(self.queue.position(f"irc:{who}", self.now)) == max(0, had - 1)

    @rule()
    def a_moderator_skips(self) -> None:
        self.queue.skip(self.now)

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]))
    def someone_votes(self, who: str) -> None:
        self.queue.vote_skip(who, self.now)

    @rule()
    def pause(self) -> None:
        self.queue.pause(self.now)

    @rule()
    def resume(self) -> None:
        self.queue.resume(self.now)

    @rule()
    def restart(self) -> None:
        """kill -9 and a new process with another clock: the same requests wait in the same order."""
        data = json.loads(json.dumps(self.queue.snapshot(self.now)))
        waiting, current = self.queue.waiting, self.queue.current
        fresh = RequestQueue(WORDS, hold=20, limit_total=9, limit_per_viewer=2, cooldown=1.0, rng=random.Random(1))
        self.now += 1000.0
        fresh.restore(data, self.now)
        assert [request.id for request in fresh.waiting] == [request.id for request in waiting]
        if not self.queue.showing.idle:
            assert fresh.current == current
        assert fresh.paused == self.queue.paused
        # Taken down and taken up again, nothing is different, but for rounding in the ages.
        again = fresh.snapshot(self.now)
        for part in ("waiting", "showing"):
            assert [_ageless(item) for item in again[part]] == [_ageless(item) for item in data[part]]
        fresh.advance(self.now)
        self.queue = fresh

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]), place=st.integers(0, 12))
    def a_moderator_promotes(self, who: str, place: int) -> None:
        mine = self.queue.position(who, self.now)
        moved = self.queue.promote(who, place)
        assert (moved is not None) == bool(mine)
        if moved:
            ids = [request.id for request in self.queue.waiting]
            assert ids.index(moved.id) == min(place, len(ids) - 1)
            # That was a moderator's will, no newcomer's overtaking.
            self.passed.clear()

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]))
    def a_viewer_is_banned(self, who: str) -> None:
        """Nothing of the banned is left, waiting or shown; what others asked for as well stays, with their names."""
        key = f"irc:{who}"
        kept = [
            (request.id, tuple(other for other in request.viewers if other != key))
            for request in (*self.queue.showing.requests, *self.queue.waiting)
            if request.viewers != (key,)
        ]
        self.queue.remove(key, self.now, shown_too=True)
        after = (*self.queue.showing.requests, *self.queue.waiting)
        assert all(key not in request.viewers and who not in request.credits for request in after)
        assert [(request.id, request.viewers) for request in after] == kept
        assert who not in ", ".join(wish.who for wish in self.queue.current.wishes).split(", ")

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]))
    def someone_joins_what_waits(self, who: str) -> None:
        """Asking for what somebody asked for already adds a name to it and nothing to the queue."""
        if not self.queue.waiting:
            return
        wanted, before = self.queue.waiting[-1], len(self.queue)
        answer = self.queue.add(wanted.programme, who, "irc", self.now)
        assert len(self.queue) == before
        if isinstance(answer, Accepted):
            assert answer.merged
            assert (*wanted.credits, who) == answer.request.credits
            assert answer.request in (*self.queue.waiting, *self.queue.showing.requests)

    @rule(who=st.sampled_from([f"v{k}" for k in range(9)]), banned=st.booleans())
    def someone_joins_what_is_shown(self, who: str, banned: bool) -> None:
        """A name is added to what is on; banned at once, it is gone, and those who asked before keep theirs."""
        if self.queue.showing.idle:
            return
        shown = self.queue.showing.requests[0]
        answer = self.queue.add(shown.programme, who, "irc", self.now)
        if isinstance(answer, Accepted):
            assert self.queue.showing.requests[0].credits == (*shown.credits, who)
            if banned:
                self.queue.remove(f"irc:{who}", self.now, shown_too=True)
                assert self.queue.showing.requests[0].credits == shown.credits

    @rule()
    def a_moderator_clears(self) -> None:
        count = len(self.queue)
        assert self.queue.clear() == count
        assert not self.queue.waiting

    @invariant()
    def the_limits_hold(self) -> None:
        waiting = self.queue.waiting
        assert len(waiting) <= 9
        assert max(Counter(v for request in waiting for v in request.viewers).values(), default=0) <= 2
        assert len({request.id for request in waiting}) == len(waiting)

    @invariant()
    def something_is_always_dreamed(self) -> None:
        assert 1 <= len(self.queue.current.wishes) <= 4
        assert all(wish.what in WORDS for wish in self.queue.current.wishes)

    @invariant()
    def everybody_is_shown_when_promised(self) -> None:
        """Left alone, each request is shown within a tick of its estimate: nobody starves, nobody is told wrong."""
        promised = {request.id: self.now + eta for request, eta in self.queue.schedule(self.now)}
        if promised:
            twin = copy.deepcopy(self.queue, {id(WORDS): WORDS})
            twin.resume(self.now)
            shown = play(twin, self.now)
            assert shown.keys() >= promised.keys()
            for identity, when in promised.items():
                # Well within a hold time; each change before it may add one tick.
                assert abs(shown[identity] - when) <= 0.25 * (len(promised) + 1) < 20


QueueMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestQueueMachine = QueueMachine.TestCase


def test_nobody_starves_in_a_crowd_of_newcomers() -> None:
    """With a new viewer asking every second for ever, a regular's second request is still shown soon."""
    queue = a_queue(hold=20, limit_total=20)
    chance = random.Random(5)
    asked_at: dict[str, float] = {}
    waits: list[float] = []
    names = iter(range(10**6))
    now = 0.0
    while now < 3000:
        now += 1.0
        queue.advance(now)
        for request in queue.showing.requests:
            if request.id in asked_at:
                waits.append(now - asked_at.pop(request.id))
        for who in ("regular", f"new{next(names)}"):
            answer = ask(queue, chance.choice(NAMES), who, now)
            if isinstance(answer, Accepted) and who == "regular" and not answer.merged:
                asked_at[answer.request.id] = now
    assert len(waits) > 10
    assert max(waits) < 300


def test_requests_are_plain_data() -> None:
    """A request without its last viewer is gone."""
    request = Request("1", split(["bee"]), "ann", "irc", 0.0, viewers=("irc:ann",), credits=("ann",))
    assert request.left("irc:ann") is None
    joined = request.joined("irc:bob", "bob")
    left = joined.left("irc:ann")
    assert left is not None
    assert (left.who, left.credits) == ("bob", ("bob",))


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
