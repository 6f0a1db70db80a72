"""The bot: reads messages, applies policy, keeps the queue, and answers shortly. Sans-I/O: no sockets, no sleep.

`Bot.receive` is the one way from chat to the queue. Call it, and everything else here, on one thread only (the asyncio
loop's); a reader in another thread hands its messages over with `loop.call_soon_threadsafe`.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dreamstream.chat.attention import Attention
from dreamstream.chat.block_list import BlockList, name_of
from dreamstream.chat.command import Context, TurnControl
from dreamstream.chat.commands import COMMANDS, Commands
from dreamstream.chat.drawing_desk import DrawingDesk
from dreamstream.chat.name_desk import NameDesk
from dreamstream.chat.phrases.english import ENGLISH, Language
from dreamstream.chat.replies import ReplyLimit
from dreamstream.chat.request_desk import RequestDesk
from dreamstream.chat.roles import Rules
from dreamstream.core.message import LONGEST_REPLY, Message, Purge, Reply, Role
from dreamstream.core.points import NAMED
from dreamstream.requests import points as named_points
from dreamstream.requests.drawings import DrawingStore
from dreamstream.requests.points import PointStore
from dreamstream.requests.queue import RequestQueue
from dreamstream.requests.snapshot import is_snapshot
from dreamstream.wishes.parse import Ask, Command, Grammar, Nothing, parse
from dreamstream.wishes.vocabulary import Vocabulary

# Bots that many channels have; what they say is no wish.
KNOWN_BOTS = frozenset(
    (
        "nightbot",
        "streamelements",
        "streamlabs",
        "moobot",
        "fossabot",
        "wizebot",
        "sery_bot",
        "commanderroot",
        "soundalerts",
    )
)
# Sources where an answer goes to the asker alone, so that no limit of a chat room applies.
DIRECT = frozenset(("page", "api", "console"))
_REMEMBERED = 2000
_LOG = 50


class Bot:
    """Answers messages for one show.

    now: the show's clock, in seconds. words: the language of its answers. least: the least Role for a command, where
    it is not the usual one.
    on_change: called after anything changed that must outlive a restart. on_control: does `!zoom` and `!preset`; gets
    the command and its argument, returns a phrase of the language and what fills it.
    ignore: users (lower case) never listened to: other bots, and its own names. favours: turns that a role is forgiven.
    blocked: words that no name may hold where others see it. drawings: where those of the queue are. points: those with
    names, as the queue has them; here: the point that is on.
    attention: how much time viewers' lines may take; timer: a clock that says how much they took.

    A line's way: ignored, told before, or blocked -> nothing of it is read; a moderator's is read always, a viewer's
    while there is time -> role, cooldown and limit, before any understanding -> names in full -> guessing, while there
    is time for that.
    """

    def __init__(
        self,
        queue: RequestQueue,
        vocabulary: Vocabulary,
        now: Callable[[], float] = time.monotonic,
        *,
        grammar: Grammar | None = None,
        words: Language = ENGLISH,
        least: Mapping[str, Role] | None = None,
        ignore: frozenset[str] = KNOWN_BOTS,
        favours: Mapping[Role, int] | None = None,
        on_change: Callable[[], None] | None = None,
        on_control: TurnControl | None = None,
        blocked: BlockList | None = None,
        attention: Attention | None = None,
        drawings: DrawingStore | None = None,
        points: PointStore | None = None,
        here: Callable[[], str | None] = lambda: None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.queue, self.vocabulary = queue, vocabulary
        self._now, self._grammar = now, replace(grammar or Grammar(), points=queue.takes(NAMED))
        self.words = words = words.with_prefix(self._grammar.prefix)
        # The page and the terminal put "!dream" before what is typed, whatever the mark is in chat.
        self._direct_grammar = replace(self._grammar, prefix="!")
        self._attention, self._timer = attention or Attention(), timer
        self.rules = Rules(least)
        self._ignore, self._favours = ignore, dict(favours or {})
        self._blocked = blocked or BlockList.shipped()
        self._on_change = on_change
        self.desk = DrawingDesk(queue, vocabulary, DrawingStore() if drawings is None else drawings)
        self.points = PointStore() if points is None else points
        taken = {*COMMANDS, *self._grammar.dream, *self._grammar.aliases}
        self._names = NameDesk(queue, vocabulary, self.points, self._blocked, here, taken)
        self._commands = Commands(queue, vocabulary, words, on_control, self._blocked, self.desk, self._names)
        self.counts = {"messages": 0, "asked": 0, "accepted": 0, "refused": 0, "commands": 0, "purged": 0, "unread": 0}
        self._requests = RequestDesk(
            queue,
            vocabulary,
            words,
            self._blocked,
            self._attention,
            self.desk,
            self.points,
            self._favours,
            self.changed,
            self.counts,
        )
        self._limits: dict[str, ReplyLimit] = {}
        self._answered: OrderedDict[tuple[str, str], list[Reply]] = OrderedDict()
        self.log: deque[tuple[Message, Reply]] = deque(maxlen=_LOG)

    def receive(self, item: Message | Purge) -> list[Reply]:
        """What to answer to one message or purge, limited for its source; never raises for what a viewer wrote."""
        now = self._now()
        if isinstance(item, Purge):
            self._purge(item, now)
            return self.due(item.source)
        self.counts["messages"] += 1
        if (item.user or item.who).casefold() in self._ignore:
            return []
        direct = item.source in DIRECT
        if item.id and (known := self._answered.get((item.source, item.id))) is not None:
            return known if direct else self.due(item.source)
        if self._commands.is_blocked(item):
            return self.due(item.source)
        if item.role >= Role.MODERATOR or item.paid:
            answer = self._answer(item, now)
        elif self._attention.reads(now):
            began = self._timer()
            answer = self._answer(item, now)
            self._attention.spend(self._timer() - began, now)
        else:
            self.counts["unread"] += 1
            answer = (self.words["busy"], "refused") if direct else None
        if answer is None:
            return self.due(item.source)
        text, kind = answer
        reply = Reply(text[: LONGEST_REPLY - 30], name_of(item.who, self._blocked), item.source, item.id, kind)
        self.log.append((replace(item, drawing=None), reply))
        if direct:
            answers = [reply]
        else:
            limit = self._limits.setdefault(item.source, ReplyLimit())
            answers = limit.offer(reply, now, urgent=item.role >= Role.MODERATOR)
        if item.id:
            self._answered[item.source, item.id] = answers
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return answers

    def _answer(self, item: Message, now: float) -> tuple[str, str] | None:
        """What to say to a line, and the kind of answer; None for a line that is not for the bot."""
        if item.drawing is not None:
            return self._refused("draw", item) or self._requests.draw(item.drawing, item, now)
        wish = parse(item.text, self._direct_grammar if item.source in DIRECT else self._grammar)
        if isinstance(wish, Ask):
            return self._ask(wish, item, now)
        if isinstance(wish, Nothing) or wish.name not in COMMANDS:
            return None
        return self._command(wish, item, now)

    def _ask(self, ask: Ask, message: Message, now: float) -> tuple[str, str] | None:
        if ask.bare and not self._requests.knows(ask):
            return None
        return self._refused("dream", message) or self._requests.ask(ask, message, now)

    def order(self, name: str, args: str = "") -> str:
        """Do a command as the show's owner, from its control room; the answer."""
        message = Message("", "control room", "control", roles=frozenset(("broadcaster",)))
        text, changed = self._commands.do(Command(name, args), Context(message, self._now()))
        if changed:
            self.changed()
        return text

    def ask_first(self, text: str, who: str) -> tuple[bool, str]:
        """Dream something at once, before all who wait, as the show's owner: whether it was accepted; the answer."""
        message = Message(text, who, "control", roles=frozenset(("broadcaster",)))
        parsed = parse(f"{self._grammar.prefix}dream {text}", self._grammar)
        answer = self._ask(parsed, message, self._now()) if isinstance(parsed, Ask) else None
        accepted = answer is not None and answer[1] == "accepted"
        # What is shown already needs no place in front.
        if accepted and self.queue.promote(message.viewer):
            self.queue.skip(self._now())
            self.changed()
        return accepted, answer[0] if answer else self.words["unknown_plain"]

    def approve(self, key: str) -> tuple[bool, str]:
        """Let a drawing that is held into the queue, as the show's owner: whether it was; the answer."""
        return self._requests.approve(key, self._now())

    def take_away(self, key: str) -> tuple[bool, str]:
        """Take a drawing away for good, as the show's owner: whether there was one; the answer."""
        found = self.desk.take_away([key], self._now())
        self.changed()
        return bool(found), self.words["undraw" if found else "undraw_gone"]

    @property
    def blocked(self) -> dict[str, list[str]]:
        """Viewers and classes that a moderator blocked."""
        return {"viewers": sorted(self._commands.blocked_viewers), "classes": sorted(self.queue.idle.blocked)}

    def due(self, source: str) -> list[Reply]:
        """Answers gathered while chat was busy that may be said now; sources ask about once a second."""
        limit = self._limits.get(source)
        return limit.due(self._now()) if limit else []

    def wants(self, role: Role) -> bool:
        """Whether it matters who holds this role: a command is for it, or it is favoured."""
        return role in self.rules.least.values() or role in self._favours

    def snapshot(self) -> dict[str, Any]:
        """The queue and the block list as plain JSON-able data."""
        blocked = self._commands.blocked_viewers
        return {
            "queue": self.queue.snapshot(self._now()),
            "blocked_viewers": sorted(blocked),
            "blocked_classes": sorted(self.queue.idle.blocked),
            "points": self.points.snapshot(),
        }

    @staticmethod
    def is_snapshot(data: Any) -> bool:
        """Whether something read from a disk is what `snapshot` gives, as far as its shape goes."""
        # Points had no names in older shows.
        if not isinstance(data, dict) or data.keys() - {"points"} != {"queue", "blocked_viewers", "blocked_classes"}:
            return False
        names = [data["blocked_viewers"], data["blocked_classes"]]
        return (
            is_snapshot(data["queue"])
            and named_points.is_snapshot(data.get("points", {}))
            and all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in names)
        )

    def restore(self, data: Any) -> int:
        """Take up a snapshot; how many requests came back. What cannot be read is left out."""
        if not isinstance(data, dict):
            return 0
        for key, kept in (
            ("blocked_viewers", self._commands.blocked_viewers),
            ("blocked_classes", self.queue.idle.blocked),
        ):
            names = data.get(key)
            kept.update(name for name in (names if isinstance(names, list) else []) if isinstance(name, str))
        self.points.restore(data.get("points"))
        return self.queue.restore(data.get("queue"), self._now())

    def _command(self, command: Command, message: Message, now: float) -> tuple[str, str] | None:
        if refused := self._refused(command.name, message):
            return refused
        self.counts["commands"] += 1
        if command.name == "classes" and message.role < Role.MODERATOR and not self._attention.guesses(now):
            return self.words["busy"], "refused"
        text, changed = self._commands.do(command, Context(message, now))
        if changed:
            self.changed()
        return text, "info"

    def _purge(self, purge: Purge, now: float) -> None:
        removed = []
        if purge.message_id:
            removed = self._requests.withdraw(purge.source, purge.message_id, now)
        elif purge.user:
            who = f"{purge.source}:{purge.user.casefold()}"
            drawn = self.desk.take_away(self.desk.all_of(who), now)
            named = self._names.forget(self._names.all_of(who), now)
            removed = self.queue.remove(who, now, shown_too=True)
            if (drawn or named) and not removed:
                self.changed()
        self.counts["purged"] += len(removed)
        if removed:
            self.changed()

    def _refused(self, command: str, message: Message) -> tuple[str, str] | None:
        verdict = self.rules.judge(command, message)
        if verdict == "allowed":
            return None
        return self.words.say(verdict, role=self.words[f"role_{self.rules.least[command].name.lower()}"]), "refused"

    def changed(self) -> None:
        """Say that something changed that must outlive a restart."""
        if self._on_change:
            self._on_change()
