"""How much the bot may say: a sliding window, no repetition, many answers in one line when chat is busy. Sans-I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from dreamstream.core.message import LONGEST_REPLY, Reply, line

# Answers that wait to be sent together; the oldest is dropped when more come.
_PENDING = 40
_ANSWERED = 500
# How many answers one person gets in a window; who asks more wants to be seen, not to know.
_EACH = 5
# When busy, answers are gathered this long.
_GATHER = 2.0


class ReplyLimit:
    """At most `most` replies in any `window` seconds, and no text twice within it: chats drop the second one unseen.

    A moderator is answered every time, so an answer that was said before is numbered: "Going on. (2)". From half of the
    budget on, answers are gathered into one line. The last quarter is kept for moderators. Nobody else is answered more
    than five times in a window.
    """

    def __init__(self, most: int = 20, window: float = 30.0) -> None:
        self._most, self._window = most, window
        self._sent: deque[tuple[float, str]] = deque()
        self._pending: deque[Reply] = deque(maxlen=_PENDING)
        self._pending_since = 0.0
        self._answered: deque[tuple[float, str]] = deque(maxlen=_ANSWERED)
        self.dropped = 0

    def offer(self, reply: Reply, now: float, *, urgent: bool = False) -> list[Reply]:
        """What may be said at once of this reply; the rest is gathered for `due`, or dropped and counted."""
        self._forget(now)
        if urgent:
            reply = self._numbered(reply)
        if self._was_said(reply):
            self.dropped += 1
            return []
        if not urgent and reply.to and sum(to == reply.to for _, to in self._answered) >= _EACH:
            self.dropped += 1
            return []
        self._answered.append((now, reply.to))
        if urgent and len(self._sent) < self._most:
            return [self._say(reply, now)]
        if len(self._sent) < self._most // 2 and not self._pending:
            return [self._say(reply, now)]
        if not self._pending:
            self._pending_since = now
        self.dropped += len(self._pending) == _PENDING
        self._pending.append(reply)
        return self.due(now)

    def due(self, now: float) -> list[Reply]:
        """The gathered answers as one line, when they have waited long enough and the budget allows it."""
        self._forget(now)
        if not self._pending or now - self._pending_since < _GATHER or len(self._sent) >= self._most * 3 // 4:
            return []
        first = self._pending.popleft()
        if not self._pending:
            return [self._say(first, now)]
        text = line(first)
        while self._pending and len(text) + 1 + len(line(self._pending[0])) <= LONGEST_REPLY:
            text += " " + line(self._pending.popleft())
        self._pending_since = now
        return [self._say(Reply(text, "", first.source), now)]

    def _was_said(self, reply: Reply) -> bool:
        return line(reply) in (text for _, text in self._sent) or reply in self._pending

    def _numbered(self, reply: Reply) -> Reply:
        """The reply, or with the first number with which it was not said yet."""
        again = (replace(reply, text=f"{reply.text} ({number})") for number in range(2, self._most + _PENDING + 3))
        return next(each for each in (reply, *again) if not self._was_said(each))

    def _say(self, reply: Reply, now: float) -> Reply:
        self._sent.append((now, line(reply)))
        return reply

    def _forget(self, now: float) -> None:
        for times in (self._sent, self._answered):
            while times and times[0][0] <= now - self._window:
                times.popleft()
