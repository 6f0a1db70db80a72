"""Who may ask now, and how often they had a turn. Pure: the clock is passed in.

Invariants: a delivery is answered once, and the same when it comes again. Between two requests of a viewer that were
taken lie at least `cooldown` seconds. What is remembered is bounded; the oldest is forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any

from dreamstream.core.points import carried_in
from dreamstream.core.programme import DRAWING, Programme, Wish
from dreamstream.requests.request import Accepted, Refused, Request, person
from dreamstream.wishes.vocabulary import Vocabulary

# How many of the last turns count against a viewer who asks again.
_LATELY = 8
# How many delivery ids are remembered; a repeated delivery comes within seconds, if at all.
_DELIVERIES = 2000
_VIEWERS = 10_000


class Admission:
    """What a queue remembers of askers; viewers who are one `person` count together.

    kinds: of the wishes that the dreamer takes. cooldown: in seconds. drawings: the keys of those that there are.
    points: what names stand for.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        kinds: Collection[str],
        cooldown: float,
        drawings: Container[str] = (),
        points: Mapping[str, str] | None = None,
    ) -> None:
        self.cooldown = cooldown
        self._drawings = drawings
        self._points = {} if points is None else points
        self._vocabulary, self._kinds = vocabulary, frozenset(kinds)
        self._lately: deque[str] = deque(maxlen=_LATELY)
        self._answers: OrderedDict[str, Accepted | Refused] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._count = 0

    def refusal(self, programme: Programme, viewer: str, now: float, approved: bool = False) -> Refused | None:
        """Why a viewer may not ask for this now, whatever waits; None when they may.

        approved: it waited for a moderator already, and no cooldown counts.
        """
        if not self._dreams(programme):
            return Refused("kind")
        if not self._knows(programme):
            return Refused("unknown")
        return None if approved else self.too_soon(viewer, now)

    def takes(self, kind: str) -> bool:
        """Whether the dreamer takes wishes of this kind."""
        return kind in self._kinds

    def too_soon(self, viewer: str, now: float) -> Refused | None:
        """The refusal of a viewer who asked less than `cooldown` seconds ago, whatever they ask for."""
        wait = self._asked.get(person(viewer), float("-inf")) + self.cooldown - now
        return Refused("cooldown", wait) if wait > 0 else None

    def can(self, programme: Programme) -> bool:
        """Whether the dreamer takes such wishes, and knows their words."""
        return self._dreams(programme) and self._knows(programme)

    def answered(self, delivery: str) -> Accepted | Refused | None:
        """What this delivery was answered before; None for a new one or one without an id."""
        return self._answers.get(delivery) if delivery else None

    def answer(self, delivery: str, answer: Accepted | Refused) -> None:
        """Remember the answer to a delivery that has an id."""
        if delivery:
            self._answers[delivery] = answer
            while len(self._answers) > _DELIVERIES:
                self._answers.popitem(last=False)

    def number(self) -> str:
        """A new id for a request that came without one."""
        self._count += 1
        return f"#{self._count}"

    def took(self, viewer: str, now: float) -> None:
        """A request of this viewer was taken; the cooldown begins."""
        self._asked[person(viewer)] = now
        self._asked.move_to_end(person(viewer))
        while len(self._asked) > _VIEWERS:
            self._asked.popitem(last=False)

    def shown(self, viewers: Iterable[str]) -> None:
        """These viewers have their turn."""
        self._lately.extend(map(person, viewers))

    def turns(self, viewer: str) -> int:
        """How many of the last turns were this viewer's."""
        return self._lately.count(person(viewer))

    def snapshot(self) -> dict[str, Any]:
        """What must outlive a restart."""
        return {"lately": list(self._lately), "count": self._count}

    def restore(self, data: dict[str, Any], requests: Iterable[Request]) -> None:
        """Take up a snapshot; the requests that came back were answered before."""
        lately = data.get("lately")
        self._lately.extend(str(viewer) for viewer in (lately if isinstance(lately, list) else ()))
        if isinstance(count := data.get("count"), int):
            self._count = max(self._count, count)
        for request in requests:
            self._answers.setdefault(request.id, Accepted(0, 0.0, request))

    def _dreams(self, programme: Programme) -> bool:
        return all(wish.kind in self._kinds for wish in programme.wishes)

    def _knows(self, programme: Programme) -> bool:
        named = (wish.word for wish in programme.wishes if wish.kind == "class" or wish.word)
        drawn = (wish.drawing for wish in programme.wishes if wish.kind == DRAWING)
        known = all(name in self._vocabulary for name in named) and all(key in self._drawings for key in drawn)
        return bool(programme.wanted()) and known and all(map(self._stands, programme.wishes))

    def _stands(self, wish: Wish) -> bool:
        """Whether the names in a wish stand for what it holds."""
        try:
            return all(self._points.get(name) == code for name, code in carried_in(wish.points).items())
        except ValueError:
            return False
