"""What each command but `!dream` does to the queue, and the words it answers. Sans-I/O.

A command is a method of `Commands` with `@_command` above it, which says its name and who may say it. Whatever it
answers stands in every file of phrases/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dreamstream.chat.block_list import BlockList, name_of
from dreamstream.chat.drawing_desk import DrawingDesk
from dreamstream.chat.name_desk import NameDesk
from dreamstream.chat.phrases.english import Language
from dreamstream.core.message import Message, Role
from dreamstream.core.programme import DRAWING
from dreamstream.requests.points import MOST_EACH
from dreamstream.requests.queue import RequestQueue
from dreamstream.requests.request import drawings_of
from dreamstream.wishes.parse import Command
from dreamstream.wishes.vocabulary import Vocabulary

_LISTED = 5
HOLD_RANGE = (2, 3600)
LIMIT_RANGE = (1, 50)

# An answer, and whether something changed that must outlive a restart.
Answer = tuple[str, bool]
# Does `!zoom` and `!preset`: the command and its argument, to a phrase of the language and what fills it.
Control = Callable[[str, str], tuple[str, Mapping[str, object]]]


@dataclass(frozen=True)
class Context:
    """Who says a command, and when."""

    message: Message
    now: float


_Do = Callable[["Commands", str, Context], Answer]


@dataclass(frozen=True)
class ChatCommand:
    """One command of chat.

    name: the word after the prefix. least: the lowest role that may say it, unless the streamer says otherwise.
    do: what it does; gets the rest of the line.
    """

    name: str
    least: Role
    do: _Do


# Every command but `!dream`, by name, in the order of their declaration.
COMMANDS: dict[str, ChatCommand] = {}


def _command(name: str, least: Role = Role.EVERYONE) -> Callable[[_Do], _Do]:
    """Declare what is below it as the command of this name."""

    def declare(do: _Do) -> _Do:
        COMMANDS[name] = ChatCommand(name, least, do)
        return do

    return declare


class Commands:
    """Holds the block list of viewers and does the commands; roles were checked before."""

    def __init__(
        self,
        queue: RequestQueue,
        vocabulary: Vocabulary,
        words: Language,
        on_control: Control | None,
        blocked: BlockList,
        desk: DrawingDesk,
        names: NameDesk,
    ) -> None:
        self._desk, self._names = desk, names
        self._queue, self._vocabulary, self._words, self._on_control = queue, vocabulary, words, on_control
        self._blocked_words, self._say = blocked, words.say
        self.blocked_viewers: set[str] = set()

    def do(self, command: Command, context: Context) -> Answer:
        """Do one command; its answer and whether the queue or the block list changed."""
        return COMMANDS[command.name].do(self, command.args, context)

    def is_blocked(self, message: Message) -> bool:
        """Whether a moderator blocked whoever says this."""
        return bool(self.blocked_viewers & {message.viewer, message.user.casefold(), message.who.casefold()})

    @_command("queue")
    def _list(self, _args: str, context: Context) -> Answer:
        waiting = self._queue.waiting
        if not waiting:
            return self._say("queue_empty"), False
        items = ", ".join(f"{request.programme.title()} ({request.who})" for request in waiting[:_LISTED])
        more = len(waiting) - _LISTED
        key = "queue_more" if more > 0 else "queue" if len(waiting) > 1 else "queue_one"
        return self._say(key, count=len(waiting), items=items, more=more), False

    @_command("now")
    def _now(self, _args: str, _context: Context) -> Answer:
        showing = self._queue.showing
        if showing.idle:
            return self._say("now_idle", what=showing.programme.title()), False
        names = list(dict.fromkeys(wish.who for wish in showing.programme.wishes))
        return self._say("now", what=showing.programme.title(), who=self._words.listed(names, self._words.both)), False

    @_command("position")
    def _position(self, _args: str, context: Context) -> Answer:
        mine = self._queue.position(context.message.viewer, context.now)
        if not mine:
            return self._say("position_none"), False
        items = [
            self._say(
                "position_item",
                what=request.programme.title(),
                place=self._words.ordinal(place),
                wait=self._words.duration(eta),
            )
            for place, eta, request in mine
        ]
        return self._say("position", items=", ".join(items[:_LISTED])), False

    @_command("undream")
    def _undream(self, _args: str, context: Context) -> Answer:
        request = self._queue.withdraw_last(context.message.viewer)
        if request is None:
            return self._say("undream_none"), False
        return self._say("undream", what=request.programme.title()), True

    @_command("draw")
    def _draw(self, _args: str, _context: Context) -> Answer:
        return self._say("draw" if self._queue.takes(DRAWING) else "kind"), False

    @_command("undraw")
    def _undraw(self, args: str, context: Context) -> Answer:
        moderates = context.message.role >= Role.MODERATOR
        if moderates and self._person(args):
            keys = self._desk.all_of(self._person(args))
        else:
            keys = self._desk.last_of(context.message.viewer)
            if moderates and not keys:
                keys = self._desk.on_picture()
        found = self._desk.take_away(keys, context.now)
        return self._say("undraw" if found else "undraw_none_drawn"), bool(found)

    @_command("name")
    def _name(self, args: str, context: Context) -> Answer:
        message, now = context.message, context.now
        answer = self._names.name(args, self._called(message.who), message.viewer, now)
        early = self._queue.too_soon(message.viewer, now) if answer == "cooldown" else None
        wait = self._words.duration(early.wait) if early else ""
        return self._say(answer, what=args.strip().lower(), wait=wait, most=MOST_EACH), answer == "name"

    @_command("forget")
    def _forget(self, args: str, context: Context) -> Answer:
        name = args.strip().lower()
        mine = context.message.role >= Role.MODERATOR or name in self._names.store.of(context.message.viewer)
        found = self._names.forget([name], context.now) if mine else []
        return self._say("forget" if found else "forget_none", what=name), bool(found)

    @_command("voteskip")
    def _vote(self, _args: str, context: Context) -> Answer:
        votes, skipped = self._queue.vote_skip(context.message.viewer, context.now)
        return self._say("vote_done" if skipped else "vote", votes=votes, needed=self._queue.votes_to_skip), skipped

    @_command("classes")
    def _classes(self, args: str, _context: Context) -> Answer:
        if not args:
            names = [self._queue.idle.random_name() for _ in range(_LISTED)]
            items = ", ".join(dict.fromkeys(names))
            return self._say("classes", count=len(self._vocabulary), items=items), False
        matches = self._vocabulary.search(args)[:_LISTED]
        if not matches:
            return self._say("classes_none"), False
        return self._say("classes_found", items=", ".join(entry.name for entry in matches)), False

    @_command("help")
    def _help(self, _args: str, context: Context) -> Answer:
        if context.message.role >= Role.MODERATOR:
            return self._say("help_moderator"), False
        first = self._vocabulary.entries[0].name
        if self._queue.takes("at") and self._vocabulary.exact(f"{first} a"):  # nothing else is dreamed
            return self._say("help_points", name=first), False
        return self._say("help"), False

    @_command("skip", Role.MODERATOR)
    def _skip(self, _args: str, context: Context) -> Answer:
        return self._say("skip", what=self._queue.skip(context.now).title()), True

    @_command("clear", Role.MODERATOR)
    def _clear(self, _args: str, _context: Context) -> Answer:
        count = self._queue.clear()
        return self._say("clear" if count else "clear_none", count=count), bool(count)

    @_command("pause", Role.MODERATOR)
    def _pause(self, _args: str, context: Context) -> Answer:
        if self._queue.paused:
            return self._say("pause_already"), False
        self._queue.pause(context.now)
        return self._say("pause"), True

    @_command("resume", Role.MODERATOR)
    def _resume(self, _args: str, context: Context) -> Answer:
        if not self._queue.paused:
            return self._say("resume_already"), False
        self._queue.resume(context.now)
        return self._say("resume"), True

    @_command("promote", Role.MODERATOR)
    def _promote(self, args: str, _context: Context) -> Answer:
        if not self._person(args):
            return self._say("no_object"), False
        request = self._queue.promote(self._person(args))
        if request is None:
            return self._say("no_such", what=self._called(args)), False
        return self._say("promote", what=request.programme.title()), True

    @_command("remove", Role.MODERATOR)
    def _remove(self, args: str, context: Context) -> Answer:
        if not self._person(args):
            return self._say("no_object"), False
        removed, what = self._queue.remove(self._person(args), context.now), self._called(args)
        held = [record.key for record in self._desk.store.held()]
        drawn = [key for key in self._desk.all_of(self._person(args)) if key in held]
        self._desk.take_away([*drawings_of(removed), *drawn], context.now)
        if not removed and not drawn:
            return self._say("no_such", what=what), False
        return self._say("remove", what=what, count=len(removed) + len(drawn)), True

    @_command("block", Role.MODERATOR)
    def _block(self, args: str, context: Context) -> Answer:
        if not self._person(args):
            return self._say("no_object"), False
        entry = self._vocabulary.exact(args)
        if entry and not args.startswith("@"):
            self._queue.idle.blocked.add(entry.name)
            for request in self._queue.waiting:
                if any(wish.word == entry.name for wish in request.programme.wanted()):
                    self._queue.remove(request.id, context.now)
            if any(wish.word == entry.name for wish in self._queue.current.wanted()):
                self._queue.skip(context.now)
        else:
            self.blocked_viewers.add(self._person(args).casefold())
            self._desk.take_away(self._desk.all_of(self._person(args)), context.now)
            self._names.forget(self._names.all_of(self._person(args)), context.now)
            self._queue.remove(self._person(args), context.now, shown_too=True)
            entry = None
        return self._say("block", what=entry.name if entry else self._called(args)), True

    @_command("unblock", Role.MODERATOR)
    def _unblock(self, args: str, _context: Context) -> Answer:
        if not self._person(args):
            return self._say("no_object"), False
        entry, what = self._vocabulary.exact(args), self._called(args)
        if entry and entry.name in self._queue.idle.blocked and not args.startswith("@"):
            self._queue.idle.blocked.discard(entry.name)
            what = entry.name
        elif self._person(args).casefold() in self.blocked_viewers:
            self.blocked_viewers.discard(self._person(args).casefold())
        else:
            return self._say("not_blocked", what=what), False
        return self._say("unblock", what=what), True

    @_command("limit", Role.MODERATOR)
    def _limit(self, args: str, _context: Context) -> Answer:
        count = _number(args, *LIMIT_RANGE)
        if count is None:
            return self._say("number", low=LIMIT_RANGE[0], high=LIMIT_RANGE[1]), False
        self._queue.limit_per_viewer = int(count)
        return self._say("limit_set", count=int(count)), True

    @_command("hold", Role.MODERATOR)
    def _hold(self, args: str, _context: Context) -> Answer:
        seconds = _number(args, *HOLD_RANGE)
        if seconds is None:
            return self._say("number", low=HOLD_RANGE[0], high=HOLD_RANGE[1]), False
        self._queue.set_hold(seconds)
        return self._say("hold_set", wait=self._words.duration(seconds)), True

    @_command("zoom", Role.MODERATOR)
    def _zoom(self, args: str, _context: Context) -> Answer:
        return self._control("zoom", args)

    @_command("wild", Role.MODERATOR)
    def _wild(self, args: str, _context: Context) -> Answer:
        return self._control("wild", args)

    @_command("preset", Role.MODERATOR)
    def _preset(self, args: str, _context: Context) -> Answer:
        return self._control("preset", args)

    def _control(self, name: str, args: str) -> Answer:
        key, values = self._on_control(name, args) if self._on_control else ("control_none", {})
        return self._say(key, **values), False

    def _called(self, args: str) -> str:
        """The object of an order as the bot may say it: chats drop an answer that reads like the one before."""
        return name_of(args, self._blocked_words)

    def _person(self, args: str) -> str:
        # Names are kept as the bot may say them, so a moderator's spelling goes through the same sieve; ids are left
        # alone, and so are names that are shown as "someone", which are found by who they are.
        word = args.strip().lstrip("@")
        if not word or ":" in word or word.startswith("#") or self._blocked_words.hits(word):
            return word
        return name_of(word, self._blocked_words)


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None
