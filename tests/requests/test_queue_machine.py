"""Whatever anybody does, in any order: the queue's invariants, and that nobody starves in a crowd."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dreamstream.core.programme import split
from dreamstream.requests.queue import Accepted, RequestQueue
from dreamstream.requests.waiting_list import PATIENCE
from tests.requests.asking import NAMES, WORDS, a_queue, ask


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
