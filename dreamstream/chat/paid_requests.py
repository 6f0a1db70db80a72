"""Paid messages: they go first, and what was paid comes back when nothing can come of it. Sans-I/O, like the bot.

It stands between the sources and the bot. A paid request is promoted; it is done when it is shown, and given back when
it was refused or left the queue unseen. Call it where the bot is called.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, replace

from dreamstream.chat.bot import Bot
from dreamstream.chat.phrases.english import ENGLISH, Language
from dreamstream.core.message import Message, Purge, Reply, Settled
from dreamstream.requests.request import Request

# More than the queue holds; what is older than so many newer ones was settled long ago.
_MOST = 500


@dataclass(frozen=True)
class _Owed:
    """A paid request that is neither shown nor gone yet."""

    source: str
    handle: str
    request: str


class PaidRequests:
    """Handles paid messages for `bot`. least_bits: how many bits make a message count as paid; 0: none does."""

    def __init__(self, bot: Bot, *, least_bits: int = 0, words: Language = ENGLISH) -> None:
        self._bot, self._least_bits, self._words = bot, least_bits, words
        self._owed: OrderedDict[str, _Owed] = OrderedDict()
        self._settled: dict[str, deque[Settled]] = {}
        self.counts = {"paid": 0, "done": 0, "returned": 0}

    def receive(self, item: Message | Purge) -> list[Reply]:
        """As Bot.receive; a paid message is put first."""
        if isinstance(item, Purge):
            replies = self._bot.receive(item)
            self.look()
            return replies
        paid = item.paid
        if paid is None or (paid.kind == "bits" and not 0 < self._least_bits <= paid.amount):
            return self._bot.receive(item)
        self.counts["paid"] += 1
        delivery = f"{item.source}:{item.id}"
        known = self._find(delivery)
        if known is not None:  # delivered again, or kept over a restart
            self._owe(item, known)
            return []
        before = {request.id for request in self._requests() if item.viewer in request.viewers}
        replies = self._bot.receive(item)
        made = self._find(delivery) or next(
            (each for each in self._requests() if item.viewer in each.viewers and each.id not in before), None
        )
        if made is None and paid.kind == "bits":  # a cheer without a wish helps the wish that waits
            made = next((each for each in self._bot.queue.waiting if item.viewer in each.viewers), None)
        if made is None:
            self._settle(item.source, paid.handle, done=False)
            back = self._words["refunded"] if paid.handle else ""
            return [replace(reply, text=f"{reply.text} {back}".strip()) for reply in replies]
        if any(each.id == made.id for each in self._bot.queue.waiting):
            self._bot.queue.promote(made.id)
        self._owe(item, made)
        return replies

    def look(self) -> None:
        """Settle what was shown or is gone; call it whenever the queue may have moved."""
        if not self._owed:
            return
        shown = {request.id for request in self._bot.queue.showing.requests}
        waiting = {request.id for request in self._bot.queue.waiting}
        for key, owed in list(self._owed.items()):
            if owed.request not in waiting:
                del self._owed[key]
                self._settle(owed.source, owed.handle, done=owed.request in shown)

    def settled(self, source: str) -> list[Settled]:
        """What is to be told to this source since it asked last."""
        outcomes = self._settled.pop(source, None)
        return list(outcomes) if outcomes else []

    def _owe(self, item: Message, request: Request) -> None:
        if item.paid is None:
            return
        self._owed[f"{item.source}:{item.id}"] = _Owed(item.source, item.paid.handle, request.id)
        while len(self._owed) > _MOST:
            self._owed.popitem(last=False)
        self.look()

    def _settle(self, source: str, handle: str, *, done: bool) -> None:
        self.counts["done" if done else "returned"] += bool(handle) or done
        if handle:
            self._settled.setdefault(source, deque(maxlen=_MOST)).append(Settled(source, handle, done))

    def _requests(self) -> tuple[Request, ...]:
        return (*self._bot.queue.showing.requests, *self._bot.queue.waiting)

    def _find(self, request_id: str) -> Request | None:
        return next((request for request in self._requests() if request.id == request_id), None)
