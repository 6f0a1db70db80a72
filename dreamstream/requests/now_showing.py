"""What is dreamed now: since when, for whom, whether it is paused, and who voted against it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dreamstream.core.programme import DRAWING, Programme, Wish, split
from dreamstream.requests.request import Request, Showing


class NowShowing:
    """Holds one Showing and its time. All times are seconds of one clock.

    votes_to_skip: how many viewers end what is shown.
    """

    def __init__(self, first: Programme, votes_to_skip: int) -> None:
        self.votes_to_skip = votes_to_skip
        self.showing = Showing(first)
        self._votes: set[str] = set()
        self._paused_at: float | None = None
        self._shown_at: dict[str, float] = {}

    @property
    def paused(self) -> bool:
        """Whether time stands still for what is shown."""
        return self._paused_at is not None

    def begin(self, now: float) -> None:
        """Start the time of what is shown, if it has not begun."""
        if self.showing.since is None:
            self.showing = replace(self.showing, since=now)

    def elapsed(self, now: float) -> float:
        """How long what is shown has been on; time paused does not count."""
        since = self.showing.since
        return 0.0 if since is None else max(0.0, (now if self._paused_at is None else self._paused_at) - since)

    def show(self, requests: Sequence[Request], since: float | None) -> None:
        """Show one request, or several that share the canvas; no vote is forgotten."""
        requests = [replace(request, state="showing") for request in requests]
        self.showing = Showing(_together([request.credited() for request in requests]), tuple(requests), since)

    def replace(self, requests: Sequence[Request], idle: Callable[[], Programme], now: float) -> None:
        """End what is shown, and show these requests, or for none what `idle` picks."""
        self._shown_at |= {_subject(wish): now for wish in self.showing.programme.wanted() if _subject(wish)}
        self._votes.clear()
        if self._paused_at is not None:
            self._paused_at = now
        if requests:
            self.show(requests, now)
        else:
            self.showing = Showing(idle(), (), now)

    def last_shown(self, programme: Programme) -> float:
        """When something that the programme wants was on last; minus infinity for never."""
        return max(
            (self._shown_at.get(_subject(wish), float("-inf")) for wish in programme.wanted()), default=float("-inf")
        )

    def change(self, change: Callable[[Request], Request | None]) -> tuple[list[Request], bool]:
        """Replace each request that is shown by what `change` makes of it; those concerned, and whether any is left."""
        before = self.showing.requests
        after = [change(request) for request in before]
        touched = [old for old, new in zip(before, after, strict=True) if new is not old]
        kept = [request for request in after if request]
        if touched and kept:
            self.show(kept, self.showing.since)
        return touched, bool(kept)

    def vote(self, viewer: str) -> int:
        """Count a viewer's vote against what is shown, once each; votes so far."""
        self._votes.add(viewer)
        return len(self._votes)

    def pause(self, now: float) -> None:
        """Let time stand still."""
        if self._paused_at is None:
            self._paused_at = now

    def resume(self, now: float) -> None:
        """Go on; the time paused does not count."""
        if self._paused_at is not None:
            if self.showing.since is not None:
                self.showing = replace(self.showing, since=self.showing.since + max(0.0, now - self._paused_at))
            self._paused_at = None


def _together(programmes: Sequence[Programme]) -> Programme:
    """One programme for all: the canvas is shared between those that each want one thing anywhere."""
    if len(programmes) == 1:
        return programmes[0]
    layout = split([programme.wishes[0].what for programme in programmes]).wishes
    pairs = zip(layout, (programme.wishes[0] for programme in programmes), strict=True)
    return Programme(tuple(replace(wish, region=place.region) for place, wish in pairs))


def _subject(wish: Wish) -> str:
    """What is not to come again too soon: a class, whether it is named or drawn; "" for a drawing of nothing known."""
    return wish.word if wish.kind in ("class", DRAWING) else wish.what
