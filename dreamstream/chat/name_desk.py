"""Names that the audience gives to points: whether a name may be, and what happens when one is forgotten. Sans-I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from dreamstream.chat.block_list import BlockList
from dreamstream.core.points import KINDS, NAMED, name_in
from dreamstream.core.programme import REGIONS
from dreamstream.requests.points import NamedPoint, PointStore, names_in
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.compose import RANDOM
from dreamstream.wishes.parse import PLACING, SIDES
from dreamstream.wishes.vocabulary import Vocabulary

# Words that wishes are made of, so that no name hides one.
_OWN = frozenset((*KINDS, NAMED, "name", "forget", "dream", "and", "with", "plus", "not"))
_OWN |= RANDOM | PLACING | SIDES.keys() | {word for region in REGIONS for word in region.split()}

Answer = Literal[
    "name", "name_form", "name_blocked", "name_taken", "name_enough", "name_full", "name_nothing", "kind", "cooldown"
]


class NameDesk:
    """Gives names and takes them back. here: what is on, None for nothing yet. commands: words of chat, no names."""

    def __init__(
        self,
        queue: RequestQueue,
        vocabulary: Vocabulary,
        store: PointStore,
        blocked: BlockList,
        here: Callable[[], str | None],
        commands: Collection[str],
    ) -> None:
        self.store = store
        self._queue, self._vocabulary, self._blocked, self._here = queue, vocabulary, blocked, here
        self._commands = commands

    def name(self, text: str, who: str, viewer: str, now: float) -> Answer:
        """Keep what is on by a name: "name" where it was, else why not."""
        if not self._queue.takes(NAMED):
            return "kind"
        if self._queue.too_soon(viewer, now):
            return "cooldown"
        name = name_in(text)
        if name is None:
            return "name_form"
        if self._blocked.hits(name):
            return "name_blocked"
        if name in _OWN or name in self._commands or self._vocabulary.match(name):
            return "name_taken"
        code = self._here()
        if code is None:
            return "name_nothing"
        match self.store.put(NamedPoint(name, code, who, viewer), self._in_use()):
            case "taken":
                return "name_taken"
            case "enough":
                return "name_enough"
            case "full":
                return "name_full"
        self._queue.heard(viewer, now)
        return "name"

    def forget(self, names: Collection[str], now: float) -> list[str]:
        """Forget these names and whatever is asked for by them; those that there were."""
        found = self.store.forget(names)
        for request in [*self._queue.waiting, *self._queue.showing.requests] if found else []:
            if set(names_in([request.programme])) & set(found):
                self._queue.remove(request.id, now, shown_too=True)
        return found

    def all_of(self, who: str) -> list[str]:
        """The names that whoever is meant gave."""
        return self.store.given_by(who)

    def _in_use(self) -> list[str]:
        programmes = [self._queue.current, *(request.programme for request in self._queue.waiting)]
        return names_in(programmes)
