"""What each command of moderators does to the queue, and the words it answers; with those of viewers, all. Sans-I/O."""

from __future__ import annotations

from dreamstream.chat.command import COMMANDS, Answer, Context, command
from dreamstream.chat.viewer_commands import ViewerCommands
from dreamstream.core.message import Role
from dreamstream.requests.request import drawings_of

__all__ = ["COMMANDS", "Commands"]

HOLD_RANGE = (2, 3600)
LIMIT_RANGE = (1, 50)


class Commands(ViewerCommands):
    """Does the commands of viewers and moderators; roles were checked before."""

    @command("skip", Role.MODERATOR)
    def _skip(self, _args: str, context: Context) -> Answer:
        return self._say("skip", what=self._queue.skip(context.now).title()), True

    @command("clear", Role.MODERATOR)
    def _clear(self, _args: str, _context: Context) -> Answer:
        count = self._queue.clear()
        return self._say("clear" if count else "clear_none", count=count), bool(count)

    @command("pause", Role.MODERATOR)
    def _pause(self, _args: str, context: Context) -> Answer:
        if self._queue.paused:
            return self._say("pause_already"), False
        self._queue.pause(context.now)
        return self._say("pause"), True

    @command("resume", Role.MODERATOR)
    def _resume(self, _args: str, context: Context) -> Answer:
        if not self._queue.paused:
            return self._say("resume_already"), False
        self._queue.resume(context.now)
        return self._say("resume"), True

    @command("promote", Role.MODERATOR)
    def _promote(self, args: str, _context: Context) -> Answer:
        if not self._person(args):
            return self._say("no_object"), False
        request = self._queue.promote(self._person(args))
        if request is None:
            return self._say("no_such", what=self._called(args)), False
        return self._say("promote", what=request.programme.title()), True

    @command("remove", Role.MODERATOR)
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

    @command("block", Role.MODERATOR)
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

    @command("unblock", Role.MODERATOR)
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

    @command("limit", Role.MODERATOR)
    def _limit(self, args: str, _context: Context) -> Answer:
        count = _number(args, *LIMIT_RANGE)
        if count is None:
            return self._say("number", low=LIMIT_RANGE[0], high=LIMIT_RANGE[1]), False
        self._queue.limit_per_viewer = int(count)
        return self._say("limit_set", count=int(count)), True

    @command("hold", Role.MODERATOR)
    def _hold(self, args: str, _context: Context) -> Answer:
        seconds = _number(args, *HOLD_RANGE)
        if seconds is None:
            return self._say("number", low=HOLD_RANGE[0], high=HOLD_RANGE[1]), False
        self._queue.set_hold(seconds)
        return self._say("hold_set", wait=self._words.duration(seconds)), True

    @command("zoom", Role.MODERATOR)
    def _zoom(self, args: str, _context: Context) -> Answer:
        return self._control("zoom", args)

    @command("wild", Role.MODERATOR)
    def _wild(self, args: str, _context: Context) -> Answer:
        return self._control("wild", args)

    @command("preset", Role.MODERATOR)
    def _preset(self, args: str, _context: Context) -> Answer:
        return self._control("preset", args)

    def _control(self, name: str, args: str) -> Answer:
        key, values = self._on_control(name, args) if self._on_control else ("control_none", {})
        return self._say(key, **values), False


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None
