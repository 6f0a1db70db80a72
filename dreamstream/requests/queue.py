"""The request queue: who is next, when, and what is dreamed while nobody asks. Pure: the clock is passed in.

A request's way:    add -> waiting -> shown (alone or in a group) -> over
                     |        +-> withdrawn (undream, remove, a ban) or forgotten (clear)
                     +-> refused, or joined to an equal one that is on or waits
What is on ends when its time is over (`advance`), by an order (`skip`) or by votes; while paused, by those two alone.
Invariants: something is always on; nobody has more than `limit_per_viewer` waiting, and all together have at most
`limit_total`; equal requests are one, with all their names; whoever had fewer turns lately comes first (`WaitingList`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dreamstream.core.programme import Programme
from dreamstream.requests.admission import Admission
from dreamstream.requests.idle import IdlePicker
from dreamstream.requests.now_showing import NowShowing
from dreamstream.requests.pace import HoldRules
from dreamstream.requests.request import (
    Accepted,
    Refused,
    Request,
    Showing,
    belongs,
    has_part,
    person,
    readable,
    same_wishes,
    to_json,
    without,
)
from dreamstream.requests.snapshot import is_snapshot
from dreamstream.requests.waiting_list import WaitingList
from dreamstream.wishes.vocabulary import Vocabulary

__all__ = ["Accepted", "Refused", "Request", "RequestQueue", "Showing"]


class RequestQueue:
    """At most `limit_total` waiting requests, `limit_per_viewer` of them by one viewer; there is always a `current`.

    kinds: the kinds of wishes that the dreamer takes (`Card.kinds`); others are refused. drawings: the keys of those
    that can be wished for. points: what named points are.
    hold: seconds a request is shown; less when others wait (see HoldRules). cooldown: seconds between two requests of
    one viewer. class_cooldown: seconds before a class may be asked for again after it was shown. idle_names: what the
    show picks from when nobody asks, by default the whole vocabulary. All times are seconds of one clock.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        kinds: Collection[str] = ("class",),
        hold: float = 30.0,
        limit_total: int = 50,
        limit_per_viewer: int = 2,
        cooldown: float = 3.0,
        class_cooldown: float = 0.0,
        votes_to_skip: int = 3,
        pace: HoldRules | None = None,
        rng: random.Random | None = None,
        idle_names: Sequence[str] | None = None,
        drawings: Container[str] = (),
        points: Mapping[str, str] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self._admission = Admission(vocabulary, kinds, cooldown, drawings, points)
        self.limit_total, self.limit_per_viewer = limit_total, limit_per_viewer
        self.class_cooldown = class_cooldown
        self.pace = pace or HoldRules.of(hold, HoldRules.share_from)
        self.idle = IdlePicker(idle_names or [entry.name for entry in vocabulary], rng or random.Random())
        self._line = WaitingList()
        self._stage = NowShowing(self.idle.pick(), votes_to_skip)
        # What the show was started with; moderators' changes outlive a restart until the streamer says something else.
        self._told = (self.pace.hold, float(limit_per_viewer))

    @property
    def current(self) -> Programme:
        """What is to be dreamed now, with those who asked for it named in its wishes."""
        return self._stage.showing.programme

    @property
    def showing(self) -> Showing:
        """What is dreamed now, with its requests."""
        return self._stage.showing

    @property
    def waiting(self) -> tuple[Request, ...]:
        """Those who wait, next first."""
        return tuple(self._line)

    @property
    def paused(self) -> bool:
        """Whether the show stays at what it dreams now until resumed or skipped."""
        return self._stage.paused

    @property
    def votes_to_skip(self) -> int:
        """How many viewers end what is shown by their votes."""
        return self._stage.votes_to_skip

    def __len__(self) -> int:
        return len(self._line)

    def add(
        self,
        programme: Programme,
        who: str,
        source: str,
        now: float,
        *,
        id: str = "",
        viewer: str = "",
        favour: int = 0,
        approved: bool = False,
    ) -> Accepted | Refused:
        """Take a request, or say why not; a delivery `id` seen before gets its first answer again and changes nothing.

        viewer: who asks, as a key that spelling does not change. favour: how many turns the viewer is forgiven.
        approved: a moderator let it in, so that neither the viewer's cooldown nor limit counts any more.
        """
        if before := self._admission.answered(id):
            return before
        number = self._admission.number()
        viewer = viewer or f"{source}:{who.casefold()}"
        answer = self._add(programme, who, source, now, id or number, viewer, favour, approved)
        self._admission.answer(id, answer)
        return answer

    def too_soon(self, viewer: str, now: float) -> Refused | None:
        """Why a viewer may not ask now, whatever it is for; known before what they ask for is understood."""
        return self._admission.too_soon(viewer, now)

    def takes(self, kind: str) -> bool:
        """Whether the dreamer takes wishes of this kind."""
        return self._admission.takes(kind)

    def heard(self, viewer: str, now: float) -> None:
        """Something of a viewer's is being looked at by a moderator: the cooldown begins."""
        self._admission.took(viewer, now)

    def over_limit(self, viewer: str, now: float) -> Refused | None:
        """The refusal of a viewer who has as much waiting as may be; joining what is shown is still open to them."""
        if self._line.count_of(viewer) < self.limit_per_viewer:
            return None
        return Refused("limit", self._when(now, lambda request: has_part(request, viewer)))

    def _add(
        self,
        programme: Programme,
        who: str,
        source: str,
        now: float,
        id: str,
        viewer: str,
        favour: int,
        approved: bool,
    ) -> Accepted | Refused:
        if refusal := self._admission.refusal(programme, viewer, now, approved):
            return refusal
        if joined := self._join(programme, who, viewer, now):
            return joined
        if not approved and (refusal := self.over_limit(viewer, now)):
            return refusal
        mine = self._line.count_of(viewer)
        free_at = self._stage.last_shown(programme) + self.class_cooldown
        if free_at > now:
            return Refused("class_cooldown", free_at - now)
        if len(self._line) >= self.limit_total:
            return Refused("full", self._when(now, lambda request: True))
        turns = max(0, mine + self._admission.turns(viewer) - favour)
        named = Programme(tuple(replace(wish, who=who) for wish in programme.wishes))
        request = Request(id, named, who, source, now, "waiting", (viewer,), (who,), turns)
        self._line.insert(request)
        self._admission.took(viewer, now)
        return self._accepted(request, now)

    def _join(self, programme: Programme, who: str, viewer: str, now: float) -> Accepted | Refused | None:
        """Become part of an equal request that is on or waits; None when there is none."""
        wishes_key = same_wishes(programme)
        shown = next((r for r in self.showing.requests if same_wishes(r.programme) == wishes_key), None)
        same = shown or self._line.equal_to(programme)
        if same is None:
            return None
        if viewer in same.viewers:
            return Refused("already")
        joined = same.joined(viewer, who)
        if shown is None and (refusal := self.over_limit(viewer, now)):
            return refusal
        self._admission.took(viewer, now)
        if shown is not None:
            self._stage.change(lambda r: joined if r is same else r)
            return Accepted(0, 0.0, joined, merged=True)
        self._line.change(lambda r: joined if r is same else r)
        return self._accepted(joined, now, merged=True)

    def _accepted(self, request: Request, now: float, merged: bool = False) -> Accepted:
        places = enumerate(self.schedule(now), start=1)
        position, eta = next((place, eta) for place, (other, eta) in places if other.id == request.id)
        return Accepted(position, eta, request, merged)

    def schedule(self, now: float) -> list[tuple[Request, float]]:
        """Each waiting request and the seconds until it is shown, if nobody comes or leaves; a pause counts as over."""
        stays = self.pace.seconds(len(self._line), self.showing.idle)
        return self._line.schedule(self.pace, max(0.0, stays - self._stage.elapsed(now)))

    def position(self, who: str, now: float) -> list[tuple[int, float, Request]]:
        """(place, seconds to wait, request) for each waiting request of a viewer, given by key or by name."""
        return [
            (place, eta, request)
            for place, (request, eta) in enumerate(self.schedule(now), start=1)
            if belongs(request, who)
        ]

    def advance(self, now: float) -> bool:
        """Move on when the time of what is shown is over; whether `current` changed."""
        self._stage.begin(now)
        if self.paused or self._stage.elapsed(now) < self.pace.seconds(len(self._line), self.showing.idle):
            return False
        self._next(now)
        return True

    def skip(self, now: float) -> Programme:
        """Move on at once, also when paused; what was shown until now."""
        before = self.current
        self._next(now)
        return before

    def vote_skip(self, viewer: str, now: float) -> tuple[int, bool]:
        """Count a person's vote against what is shown, once each; (votes so far, whether it was skipped)."""
        votes = self._stage.vote(person(viewer))
        if votes < self.votes_to_skip:
            return votes, False
        self._next(now)
        return votes, True

    def clear(self) -> int:
        """Forget all who wait; how many they were. What is shown stays."""
        count = len(self._line)
        self._line.clear()
        return count

    def remove(self, who: str, now: float, *, shown_too: bool = False) -> list[Request]:
        """Withdraw what was asked for by a viewer (key or name) or under a request's id; the requests concerned.

        Where others asked for the same, only the name goes. shown_too: also end what is shown if it was theirs alone.
        """
        return self._take_out(lambda request: without(request, who), now, shown_too)

    def withdraw(self, request_id: str, viewer: str, now: float, *, shown_too: bool = False) -> list[Request]:
        """Withdraw one viewer's part in one request."""
        return self._take_out(lambda r: r.left(viewer) if r.id == request_id else r, now, shown_too)

    def _take_out(self, change: Callable[[Request], Request | None], now: float, shown_too: bool) -> list[Request]:
        taken = self._line.change(change)
        if shown_too and not self.showing.idle:
            touched, left = self._stage.change(change)
            taken += touched
            if not left:
                self._next(now)
        return taken

    def withdraw_last(self, viewer: str) -> Request | None:
        """Take back the waiting request that this viewer made last; None when there is none."""
        last = self._line.last_of(viewer)
        if last:
            self._line.change(lambda request: request.left(viewer) if request is last else request)
        return last

    def promote(self, who: str, place: int = 0) -> Request | None:
        """Put the first request of a viewer (key or name), or the one with that id, in front, or behind `place` others.

        None if there is none.
        """
        return self._line.move(who, place)

    def pause(self, now: float) -> None:
        """Stay at what is shown. Requests are still taken."""
        self._stage.pause(now)

    def resume(self, now: float) -> None:
        """Go on; the time paused does not count."""
        self._stage.resume(now)

    def set_hold(self, seconds: float) -> None:
        """Change how long a request is shown; it takes effect at once."""
        self.pace = HoldRules.of(seconds, self.pace.share_from)

    def snapshot(self, now: float) -> dict[str, Any]:
        """Everything that must outlive a restart, as plain JSON-able data; times are kept as ages."""
        return {
            "version": 1,
            "waiting": [to_json(request, now) for request in self._line],
            "showing": [to_json(request, now) for request in self.showing.requests],
            "elapsed": self._stage.elapsed(now),
            "paused": self.paused,
            **self._admission.snapshot(),
            "told": list(self._told),
            "changed": [self.pace.hold, float(self.limit_per_viewer)],
        }

    def restore(self, data: Any, now: float) -> int:
        """Take up a snapshot; how many requests came back. What is unreadable or not in the vocabulary is left out."""
        if not is_snapshot(data):
            # What can still be read of it is worth more than what else it says.
            data = {"version": 1, **_lists_of(data)}
        waiting, shown = (
            [request for request in readable(data.get(part), now) if self._admission.can(request.programme)]
            for part in ("waiting", "showing")
        )
        self._line = WaitingList(waiting[: self.limit_total])
        self._admission.restore(data, (*waiting, *shown))
        if shown:
            self._stage.show(shown, now - data.get("elapsed", 0.0))
        if data.get("paused") is True:
            self._stage.begin(now)
            self.pause(now)
        match data.get("changed"):
            case [hold, limit] if data.get("told") == list(self._told):
                self.set_hold(hold)
                self.limit_per_viewer = int(limit)
        return len(self._line) + len(shown)

    def _next(self, now: float) -> None:
        group = self._line.take(self.pace)
        self._admission.shown(request.viewers[0] for request in group)
        self._stage.replace(group, lambda: self.idle.pick([wish.word for wish in self.current.wishes]), now)

    def _when(self, now: float, fits: Callable[[Request], bool]) -> float:
        return next((eta for request, eta in self.schedule(now) if fits(request)), 0.0)


def _lists_of(data: Any) -> dict[str, Any]:
    parts = ("waiting", "showing") if isinstance(data, dict) and data.get("version") == 1 else ()
    return {part: data.get(part) for part in parts}
