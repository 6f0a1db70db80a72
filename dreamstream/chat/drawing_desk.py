"""Takes viewers' drawings into the queue or holds them for a moderator, and takes them away again. Sans-I/O.

Call it where the bot is called; the bot has judged before whether the viewer may draw at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dreamstream.core.drawing import Drawing
from dreamstream.core.programme import DRAWING
from dreamstream.requests.drawings import MOST_HELD, DrawingStore, Drawn, drawn
from dreamstream.requests.queue import Accepted, Refused, RequestQueue
from dreamstream.requests.request import Request, drawings_of, named, person
from dreamstream.wishes.class_names import ClassName
from dreamstream.wishes.parse import Ask, Grammar, parse
from dreamstream.wishes.vocabulary import Vocabulary

# What is said in place of a word by who leaves it open what the drawing is of.
ANYTHING = frozenset(("", "anything", "something", "?"))


@dataclass(frozen=True)
class Held:
    """It waits for a moderator."""


@dataclass(frozen=True)
class Strange:
    """It is of something that is not known, with what is near it."""

    near: tuple[ClassName, ...]


@dataclass(frozen=True)
class Barred:
    """It is of something that a moderator blocked."""


class DrawingDesk:
    """Drawings of one show: `store` has their strokes, and `queue` the requests for them."""

    def __init__(self, queue: RequestQueue, vocabulary: Vocabulary, store: DrawingStore) -> None:
        self._queue, self._vocabulary, self.store = queue, vocabulary, store

    def take(
        self,
        drawing: Drawing,
        text: str,
        who: str,
        viewer: str,
        source: str,
        now: float,
        *,
        delivery: str = "",
        favour: int = 0,
        trusted: bool = False,
    ) -> Accepted | Refused | Held | Strange | Barred:
        """Take a drawing of `text`: a class and perhaps a place, like "cat left". trusted: nobody has to look at it."""
        queue, store = self._queue, self.store
        if not queue.takes(DRAWING):
            return Refused("kind")
        if refusal := queue.too_soon(viewer, now) or self._over_limit(viewer, now):
            return refusal
        text, region = _read(text)
        entry = None if text.casefold() in ANYTHING else self._vocabulary.match(text)
        if entry is None and text.casefold() not in ANYTHING:
            return Strange(tuple(self._vocabulary.suggest(text)))
        word = entry.name if entry else ""
        if word in queue.idle.blocked:
            return Barred()
        hold = store.hold and not trusted
        record = drawn(drawing, word, who, viewer, source, region=region, delivery=delivery, held=hold, at=now)
        before = store.record(record.key)
        if before is not None and before.held:
            return Refused("already")
        if hold and before is None:
            if len(store.held()) >= MOST_HELD:
                return Refused("full")
            store.put(record, self._in_use())
            queue.heard(viewer, now)
            return Held()
        return self._ask(record, now, favour)

    def approve(self, key: str, now: float) -> Accepted | Refused | None:
        """Let a drawing that is held into the queue; None when there is none."""
        record = self.store.record(key)
        if record is None or not record.held:
            return None
        answer = self._ask(record, now, approved=True)
        if isinstance(answer, Accepted):
            self.store.approve(key)
        return answer

    def take_away(self, keys: Iterable[str], now: float) -> list[Drawn]:
        """Take these away for good, also from the queue and the picture; what they were."""
        found = [record for key in keys if (record := self.store.record(key))]
        for record in found:
            shown = record.key in drawings_of(self._queue.showing.requests)
            # First, or what asks for it would come back with it.
            self.store.remove(record.key, now, on_picture=shown)
            for request in self._requests():
                if record.key in drawings_of([request]):
                    self._queue.remove(request.id, now, shown_too=True)
        return found

    def last_of(self, viewer: str) -> list[str]:
        """The key of what this person drew last and is not over yet."""
        mine = [
            record
            for record in map(self.store.record, self.store)
            if record and person(record.viewer) == person(viewer) and (record.held or record.key in self._in_use())
        ]
        return [max(mine, key=lambda record: record.at).key] if mine else []

    def all_of(self, who: str) -> list[str]:
        """The keys of everything that was drawn by a viewer, by name or key, or is that drawing."""
        records = [record for record in map(self.store.record, self.store) if record]
        return [record.key for record in records if who == record.key or named(who, record.viewer, record.who)]

    def on_picture(self) -> list[str]:
        """The keys of the drawings that are shown now."""
        return drawings_of(self._queue.showing.requests)

    def _ask(self, record: Drawn, now: float, favour: int = 0, approved: bool = False) -> Accepted | Refused:
        new = record.key not in self.store
        if new:  # the queue asks for it
            self.store.put(record, self._in_use())
        answer = self._queue.add(
            record.programme(),
            record.who,
            record.source,
            now,
            id=record.delivery,
            viewer=record.viewer,
            favour=favour,
            approved=approved,
        )
        if new and isinstance(answer, Refused):
            self.store.remove(record.key, now)
        return answer

    def _over_limit(self, viewer: str, now: float) -> Refused | None:
        """The refusal of a viewer of whom enough waits, drawings that are held among it."""
        held = sum(person(record.viewer) == person(viewer) for record in self.store.held())
        if held >= self._queue.limit_per_viewer:
            return Refused("limit")
        return self._queue.over_limit(viewer, now)

    def _requests(self) -> tuple[Request, ...]:
        return (*self._queue.showing.requests, *self._queue.waiting)

    def _in_use(self) -> frozenset[str]:
        return frozenset(drawings_of(self._requests()))


def _read(text: str) -> tuple[str, str]:
    """The class and the region of a text like "cat top left"; of several things the first."""
    parsed = parse(f"!dream {text}", Grammar())
    if not isinstance(parsed, Ask) or not parsed.parts:
        return "", "whole"
    part = parsed.parts[0]
    return part.text, part.region or "whole"
