"""Everything the bot says, in one place. Another language is another file like this one, with the same keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

PHRASES: Mapping[str, str] = {
    "next": "{what} is next, in {wait}.",
    "soon": "{what} is next.",
    "waiting": "{what} is {place}, in {wait}.",
    "merged": "{what} was already asked for; you are in it now: {place}, in {wait}.",
    "merged_now": "{what} is on right now, and now it is yours too.",
    "too_many": "{most} things share a picture at most; I left out the rest.",
    "weights": "Weights are {low} to {high}.",
    "unknown": "I do not know that one. Try {near}.",
    "kind": "I cannot dream that kind of thing in this show.",
    "unknown_plain": "I do not know that one. !classes lists what I can dream.",
    "busy": "Too many are talking to me; say it again in a moment.",
    "full": "The queue is full; try again in {wait}.",
    "limit": "You have enough waiting; the next is on in {wait}.",
    "cooldown": "One moment, ask again in {wait}.",
    "class_cooldown": "That was on a moment ago; try again in {wait}.",
    "already": "You already asked for that.",
    "refunded": "Your points come back.",
    "blocked_class": "That one is not dreamed here.",
    "not_allowed": "That is for {role}.",
    "not_told": "That is for {role}, and here I cannot see who is one.",
    "role_everyone": "everyone",
    "role_follower": "followers",
    "role_subscriber": "subscribers",
    "role_vip": "VIPs",
    "role_moderator": "moderators",
    "role_broadcaster": "the broadcaster",
    "now_idle": "{what}, my own idea. Ask for something with !dream.",
    "now": "{what}, for {who}.",
    "queue_empty": "Nobody is waiting. Ask with !dream bee, or !dream bee + pizza.",
    "queue": "{count} waiting: {items}.",
    "queue_one": "1 waiting: {items}.",
    "queue_more": "{count} waiting: {items} and {more} more.",
    "position": "{items}.",
    "position_item": "{what} is {place}, in {wait}",
    "position_none": "You have nothing waiting. Ask with !dream bee.",
    "undream": "{what} is taken back.",
    "undream_none": "You have nothing waiting.",
    "draw": "Draw on the show's page: the pen beside the box. !undraw takes it back.",
    "draw_held": "Thank you. It comes as soon as a moderator has looked at it.",
    "undraw": "The drawing is taken away.",
    "undraw_none_drawn": "There is no drawing of yours.",
    "undraw_gone": "That drawing is not there any more.",
    "name": "This is {what} now: !dream {what}.",
    "name_form": "A name is one word of 2 to 12 letters and digits, such as !name taco.",
    "name_blocked": "That cannot be a name here.",
    "name_taken": "{what} means something already; take another name.",
    "name_enough": "You gave {most} names already; !forget one of them first.",
    "name_full": "All names are in use; try again later.",
    "name_nothing": "There is nothing on yet that could have a name.",
    "forget": "{what} is forgotten.",
    "forget_none": "There is no such name of yours.",
    "vote": "{votes} of {needed} votes to skip.",
    "vote_done": "The vote is for something new.",
    "classes": "I can dream {count} things, such as {items}.",
    "classes_found": "I can dream {items}.",
    "classes_none": "I can dream nothing like that.",
    "help": "!dream bee · !dream bee + pizza - dog · !dream pizza left + volcano right · !dream random · !queue · !now",
    "help_points": "!dream {name} c · !mix a b .3 · !calc a - b + c · !at a b c d .2 .5 · !corners a b c d · "
    "!dream random 7 · !name taco · !queue",
    "help_moderator": "!skip · !clear · !pause · !resume · !promote NAME · !remove NAME · !block NAME or CLASS · "
    "!unblock · !limit 2 · !hold 30 · !zoom 1.05 · !preset NAME",
    "skip": "Skipped {what}.",
    "clear": "Requests forgotten: {count}.",
    "clear_none": "Nobody was waiting.",
    "pause": "Paused. !resume goes on.",
    "pause_already": "It is paused already. !resume goes on.",
    "resume": "Going on.",
    "resume_already": "It is not paused.",
    "promote": "{what} is next.",
    "no_such": "Nothing waiting fits {what}.",
    "remove": "Requests removed for {what}: {count}.",
    "block": "{what} is blocked.",
    "unblock": "{what} is not blocked any more.",
    "not_blocked": "{what} was not blocked.",
    "no_object": "Say whom or what, such as !block NAME.",
    "limit_set": "Waiting requests for each viewer: {count}.",
    "hold_set": "Each request is shown for {wait}.",
    "number": "Say a number from {low} to {high}.",
    "control_none": "That cannot be changed in this show.",
    "control_set": "{name} is {value} now.",
    "preset_set": "The look becomes {name}; give it a moment.",
    "preset_now": "The look is {name} already.",
    "preset_unknown": "There are {items}.",
}

_COMMAND = re.compile(r"!(?=[a-z])")


@dataclass(frozen=True)
class Language:
    """How the bot says things. code: as in --language. ordinal: 1 is "1st"; duration: seconds as people say them."""

    code: str
    phrases: Mapping[str, str]
    ordinal: Callable[[int], str]
    duration: Callable[[float], str]
    either: str = "or"
    both: str = "and"

    def __getitem__(self, key: str) -> str:
        return self.phrases[key]

    def with_prefix(self, prefix: str) -> Language:
        """The same language where commands begin with another mark than "!"."""
        changed = {key: _COMMAND.sub(lambda _: prefix, phrase) for key, phrase in self.phrases.items()}
        return replace(self, phrases=changed)

    def say(self, key: str, **values: object) -> str:
        """A phrase with its gaps filled. Raises KeyError for a phrase or value that is not there."""
        return self.phrases[key].format(**values)

    def listed(self, items: Sequence[str], last: str) -> str:
        """ "a, b or c", with `last` before the last; "" for none."""
        return f" {last} ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def duration(seconds: float) -> str:
    """A time as people say it: "a moment", "20 s", "about 2 min"."""
    if seconds < 3:
        return "a moment"
    if seconds < 90:
        return f"{5 * max(1, round(seconds / 5))} s"
    return f"about {round(seconds / 60)} min"


ENGLISH = Language("en", PHRASES, ordinal, duration)
