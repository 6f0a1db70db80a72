"""What each command for everybody but `!dream` does to the queue, and the words it answers. Sans-I/O."""

from __future__ import annotations

from dreamstream.chat.block_list import BlockList, name_of
from dreamstream.chat.command import COMMANDS, Answer, Context, TurnControl, command
from dreamstream.chat.drawing_desk import DrawingDesk
from dreamstream.chat.name_desk import NameDesk
from dreamstream.chat.phrases.english import Language
from dreamstream.core.message import Message, Role
from dreamstream.core.programme import DRAWING
from dreamstream.requests.points import MOST_EACH
from dreamstream.requests.queue import RequestQueue
from dreamstream.wishes.parse import Command
from dreamstream.wishes.vocabulary import Vocabulary

_LISTED = 5


class ViewerCommands:
    """Holds the block list of viewers, and does what they say."""

    def __init__(
        self,
        queue: RequestQueue,
        vocabulary: Vocabulary,
        words: Language,
        on_control: TurnControl | None,
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

    @command("queue")
    def _list(self, _args: str, context: Context) -> Answer:
        waiting = self._queue.waiting
        if not waiting:
            return self._say("queue_empty"), False
        items = ", ".join(f"{request.programme.title()} ({request.who})" for request in waiting[:_LISTED])
        more = len(waiting) - _LISTED
        key = "queue_more" if more > 0 else "queue" if len(waiting) > 1 else "queue_one"
        return self._say(key, count=len(waiting), items=items, more=more), False

    @command("now")
    def _now(self, _args: str, _context: Context) -> Answer:
        showing = self._queue.showing
        if showing.idle:
            return self._say("now_idle", what=showing.programme.title()), False
        names = list(dict.fromkeys(wish.who for wish in showing.programme.wishes))
        return self._say("now", what=showing.programme.title(), who=self._words.listed(names, self._words.both)), False

    @command("position")
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

    @command("undream")
    def _undream(self, _args: str, context: Context) -> Answer:
        request = self._queue.withdraw_last(context.message.viewer)
        if request is None:
            return self._say("undream_none"), False
        return self._say("undream", what=request.programme.title()), True

    @command("draw")
    def _draw(self, _args: str, _context: Context) -> Answer:
        return self._say("draw" if self._queue.takes(DRAWING) else "kind"), False

    @command("undraw")
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

    @command("name")
    def _name(self, args: str, context: Context) -> Answer:
        message, now = context.message, context.now
        answer = self._names.name(args, self._called(message.who), message.viewer, now)
        early = self._queue.too_soon(message.viewer, now) if answer == "cooldown" else None
        wait = self._words.duration(early.wait) if early else ""
        return self._say(answer, what=args.strip().lower(), wait=wait, most=MOST_EACH), answer == "name"

    @command("forget")
    def _forget(self, args: str, context: Context) -> Answer:
        name = args.strip().lower()
        mine = context.message.role >= Role.MODERATOR or name in self._names.store.of(context.message.viewer)
        found = self._names.forget([name], context.now) if mine else []
        return self._say("forget" if found else "forget_none", what=name), bool(found)

    @command("voteskip")
    def _vote(self, _args: str, context: Context) -> Answer:
        votes, skipped = self._queue.vote_skip(context.message.viewer, context.now)
        return self._say("vote_done" if skipped else "vote", votes=votes, needed=self._queue.votes_to_skip), skipped

    @command("classes")
    def _classes(self, args: str, _context: Context) -> Answer:
        if not args:
            names = [self._queue.idle.random_name() for _ in range(_LISTED)]
            items = ", ".join(dict.fromkeys(names))
            return self._say("classes", count=len(self._vocabulary), items=items), False
        matches = self._vocabulary.search(args)[:_LISTED]
        if not matches:
            return self._say("classes_none"), False
        return self._say("classes_found", items=", ".join(entry.name for entry in matches)), False

    @command("help")
    def _help(self, _args: str, context: Context) -> Answer:
        if context.message.role >= Role.MODERATOR:
            return self._say("help_moderator"), False
        first = self._vocabulary.entries[0].name
        if self._queue.takes("at") and self._vocabulary.exact(f"{first} a"):  # nothing else is dreamed
            return self._say("help_points", name=first), False
        return self._say("help"), False

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
