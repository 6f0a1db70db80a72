"""Those who wait, in order. Pure.

A request stands behind those of viewers who had as few turns lately as its own, and before those of viewers who had
more; but each request is overtaken at most PATIENCE times, so nobody waits for ever, however many come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from dreamstream.core.programme import Programme
from dreamstream.requests.pace import HoldRules
from dreamstream.requests.request import Request, belongs, group_of, has_part, same_wishes

PATIENCE = 3


class WaitingList:
    """Waiting requests, next first."""

    def __init__(self, requests: Iterable[Request] = ()) -> None:
        self._requests = list(requests)

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Request]:
        return iter(self._requests)

    def insert(self, request: Request) -> None:
        """Let a newcomer stand where its round belongs."""
        waiting, place = self._requests, len(self._requests)
        while place and waiting[place - 1].round > request.round and waiting[place - 1].overtaken < PATIENCE:
            place -= 1
            waiting[place] = replace(waiting[place], overtaken=waiting[place].overtaken + 1)
        waiting.insert(place, request)

    def equal_to(self, programme: Programme) -> Request | None:
        """The request that wants the same, if one waits."""
        wishes_key = same_wishes(programme)
        return next((request for request in self._requests if same_wishes(request.programme) == wishes_key), None)

    def change(self, change: Callable[[Request], Request | None]) -> list[Request]:
        """Replace each request by what `change` makes of it (None takes it out); those that it did not leave alone."""
        changed = [(request, change(request)) for request in self._requests]
        self._requests = [after for _, after in changed if after]
        return [before for before, after in changed if before is not after]

    def move(self, who: str, place: int = 0) -> Request | None:
        """Put the first request of a viewer (key or name), or the one with that id, at a place, never to be overtaken.

        place: how many stand before it, 0 is the front; one beyond the end is the end. None if there is none.
        """
        request = next((request for request in self._requests if belongs(request, who)), None)
        if request:
            self._requests.remove(request)
            request = replace(request, overtaken=PATIENCE)
            self._requests.insert(max(0, place), request)
        return request

    def last_of(self, viewer: str) -> Request | None:
        """The request that this viewer made last."""
        return max((r for r in self._requests if viewer in r.viewers), key=lambda r: r.at, default=None)

    def count_of(self, viewer: str) -> int:
        """How many requests this person has a part in."""
        return sum(has_part(request, viewer) for request in self._requests)

    def take(self, pace: HoldRules) -> list[Request]:
        """Take out the request that is next, with those that share the canvas with it."""
        group = group_of(self._requests, pace.together(len(self._requests))) if self._requests else []
        del self._requests[: len(group)]
        return group

    def schedule(self, pace: HoldRules, first_wait: float) -> list[tuple[Request, float]]:
        """Each request and the seconds until it is shown, if the first is shown after `first_wait` and nobody comes."""
        left, wait, answer = WaitingList(self._requests), first_wait, list[tuple[Request, float]]()
        while group := left.take(pace):
            answer += [(request, wait) for request in group]
            wait += pace.seconds(len(left), idle=False)
        return answer

    def clear(self) -> None:
        """Send everybody away."""
        self._requests.clear()
