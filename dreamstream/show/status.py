"""The show as others see it: its status, its health, and the answer to one line of chat."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from dreamstream.core.message import Message, Receive, Source
from dreamstream.core.programme import DRAWING, Programme
from dreamstream.core.status import (
    DreamerState,
    DreamReport,
    FrameReport,
    HistogramStatus,
    NowStatus,
    RequestStatus,
    SinkReport,
    SourceReport,
    Status,
    WishStatus,
)
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.outputs.manager import Sinks
from dreamstream.requests.queue import RequestQueue
from dreamstream.requests.request import Request
from dreamstream.show.dream_thread import DreamThread
from dreamstream.show.frame_thread import FrameThread
from dreamstream.support import machine
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.vocabulary import Vocabulary

# Pictures older than this, in seconds, do not move.
STILL_AFTER = 2.0
# A dream older than this many expected intervals, and than this many seconds, is late.
LATE_INTERVALS, LATE_SECONDS = 4.0, 3.0
RATE_WINDOW = 10.0


class Rate:
    """How much of a growing count came per second, over the last RATE_WINDOW seconds. Pure: the clock is passed in."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=1000)

    def __call__(self, count: float, now: float) -> float:
        """The rate, given the count at this moment."""
        self._seen.append((now, count))
        while len(self._seen) > 2 and now - self._seen[0][0] > RATE_WINDOW:
            self._seen.popleft()
        then, before = self._seen[0]
        return (count - before) / (now - then) if now > then else 0.0


class StatusView:
    """Meets the web's ShowView; all of it is called in the event loop that owns the queue.

    dream_times: how long dreams took so far. titled: whether titles are drawn into the pictures. unread: how many lines
    the bot left unread. points: the names of those that have some. disk_free: bytes free where its state is kept.
    """

    def __init__(
        self,
        channel: str,
        queue: RequestQueue,
        receive: Receive,
        dreams: DreamThread,
        frames: FrameThread,
        sinks: Sinks,
        preview: Preview,
        stills: Stills,
        sources: Sequence[Source],
        dream_times: Callable[[], HistogramStatus],
        clock: Callable[[], float] = time.monotonic,
        titled: bool = False,
        unread: Callable[[], int] = lambda: 0,
        points: Collection[str] = (),
        disk_free: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._disk_free = disk_free
        self._points = points
        self._unread = unread
        self._titled = titled
        self._channel = channel
        self._queue = queue
        self._receive = receive
        self._dreams = dreams
        self._frames = frames
        self._sinks = sinks
        self._preview, self._stills = preview, stills
        self._sources = sources
        self._dream_times = dream_times
        self._clock = clock
        self._began = clock()
        self._dream_rate, self._frame_rate = Rate(), Rate()
        self._cost_rates: dict[str, Rate] = {}

    @property
    def healthy(self) -> bool:
        """Whether pictures move."""
        age = self._frames.picture_age
        return age is not None and age < STILL_AFTER

    def status(self) -> Status:
        """Everything about the show; what strangers may see of it is `Status.public`."""
        now = self._clock()
        age = self._frames.picture_age
        return Status(
            channel=self._channel,
            healthy=self.healthy,
            ready=self._dreams.status.state == "dreaming",
            now=self._now(now),
            queue=tuple(self._waiting(request, eta) for request, eta in self._queue.schedule(now)),
            dream=self._dream(now),
            frames=self._frames_report(now),
            picture_age=age,
            viewers=self._preview.viewers + self._stills.viewers,
            sinks=tuple(SinkReport.model_validate(state) for state in self._sinks.states()),
            sources=tuple(SourceReport.model_validate(source.state()) for source in self._sources),
            unread=self._unread(),
            uptime=now - self._began,
            memory=machine.resident_bytes(),
            disk_free=self._disk_free(),
        )

    def ask(self, text: str, who: str, source: str, id: str | None, visitor: str = "") -> str:
        """Handle one line of chat from the page and return one short reply.

        visitor: what tells its author from others of the same name ("" takes the name alone).
        """
        # The bot answers "page" without the limits of a chat room.
        source = "page" if source == "web" else source
        replies = self._receive(Message(text, who, source, id or "", at=self._clock(), user=visitor))
        return " ".join(reply.text for reply in replies)

    def classes(self, query: str, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` classes near `query`, those that it begins first; all of them when it is empty.

        Named points come last, the one that was wished last first.
        """
        words = self._queue.vocabulary
        entries = words.complete(query, limit) if query else list(words)
        if query and len(entries) < limit:
            entries += [entry for entry in words.search(query) if entry not in entries]
        named = [name for name in reversed(list(self._points)) if query.lower() in name]
        found = [self._class(entry) for entry in entries]
        return [*found, *({"name": name, "emoji": "", "aliases": []} for name in named)][:limit]

    def _now(self, now: float) -> NowStatus:
        showing, words = self._queue.showing, self._queue.vocabulary
        schedule = self._queue.schedule(now)
        return NowStatus(
            title=showing.programme.title(),
            wishes=tuple(
                WishStatus(
                    what=wish.what if wish.kind != DRAWING else wish.label(),
                    drawing=wish.drawing,
                    emoji=_emoji(words, wish.word or wish.what),
                    region=wish.region,
                    weight=wish.weight,
                    who=wish.who,
                )
                for wish in showing.programme.wishes
            ),
            who=" and ".join(dict.fromkeys(wish.who for wish in showing.programme.wishes if wish.who)),
            since=0.0 if showing.since is None else max(0.0, now - showing.since),
            left=schedule[0][1] if schedule else None,
            idle=showing.idle,
        )

    def _waiting(self, request: Request, eta: float) -> RequestStatus:
        programme: Programme = request.credited()
        return RequestStatus(
            id=request.id,
            title=programme.title(),
            emoji="".join(_emoji(self._queue.vocabulary, wish.word or wish.what) for wish in programme.wanted()),
            who=programme.wishes[0].who,
            eta=eta,
        )

    def _dream(self, now: float) -> DreamReport:
        status, age = self._dreams.status, self._dreams.age
        cost = dict(status.cost)
        state: DreamerState = "dreaming"
        if status.state in ("starting", "compiling"):
            state = "starting"
        elif status.state == "stopped":
            state = "stopped"
        elif status.state == "waiting" or (
            age is not None and age > max(LATE_SECONDS, LATE_INTERVALS * status.last_seconds)
        ):
            state = "late"
        return DreamReport(
            number=status.dreams,
            age=age,
            per_second=self._dream_rate(status.dreams, now),
            seconds=status.last_seconds,
            busy=status.seconds,
            cost=cost,
            cost_per_second={
                name: self._cost_rates.setdefault(name, Rate())(spent, now) for name, spent in cost.items()
            },
            last_cost=dict(status.last_cost),
            things=status.things,
            state=state,
            detail=_DETAILS.get(status.state, ""),
            trouble=status.detail,
            times=self._dream_times(),
        )

    def _frames_report(self, now: float) -> FrameReport:
        stats = self._frames.stats
        return FrameReport(
            fps=self._frame_rate(stats.sent, now),
            sent=stats.sent,
            late=stats.late + stats.skipped,
            on_time=stats.on_time,
            costs=self._frames.stopwatch.milliseconds(),
            titled=self._titled,
            trouble=self._frames.trouble,
            lateness=self._frames.lateness.status(),
        )

    @staticmethod
    def _class(entry: ClassName) -> dict[str, Any]:
        return {"name": entry.name, "emoji": entry.emoji, "aliases": list(entry.aliases)}


# What strangers are told of a dreamer that does not dream: never the words of an error, in which a path may stand.
_DETAILS = {
    "compiling": "compiling for this machine",
    "waiting": "starting again after a failure",
    "stopped": "stopped",
}


def _emoji(words: Vocabulary, name: str) -> str:
    return words[name].emoji if name in words else ""
