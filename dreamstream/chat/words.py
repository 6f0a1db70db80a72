"""Everything the bot says, in one place. Another language is another dictionary with the same keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "next": "{what} is next, in {wait}.",
    "soon": "{what} is next.",
    "waiting": "{what} is {place}, in {wait}.",
    "merged": "{what} was already asked for; you are in it now: {place}, in {wait}.",
    "merged_now": "{what} is on right now, and now it is yours too.",
    "unknown": "I do not know that one. Try {near}.",
    "unknown_plain": "I do not know that one. !classes lists what I can dream.",
    "full": "The queue is full; try again in {wait}.",
    "limit": "You have enough waiting; the next is on in {wait}.",
    "cooldown": "One moment, ask again in {wait}.",
    "class_cooldown": "That was on a moment ago; try again in {wait}.",
    "already": "You already asked for that.",
    "refunded": "Your points come back.",
    "blocked_class": "That one is not dreamed here.",
    "not_allowed": "That is for {role}s.",
    "now_idle": "{what}, my own idea. Ask for something with !dream.",
    "now": "{what}, for {who}.",
    "queue_empty": "Nobody is waiting. Ask with !dream bee, or !dream bee + pizza.",
    "queue": "{count} waiting: {items}.",
    "queue_more": "{count} waiting: {items} and {more} more.",
    "position": "{items}.",
    "position_item": "{what} is {place}, in {wait}",
    "position_none": "You have nothing waiting. Ask with !dream bee.",
    "undream": "{what} is taken back.",
    "undream_none": "You have nothing waiting.",
    "vote": "{votes} of {needed} votes to skip.",
    "vote_done": "The vote is for something new.",
    "classes": "I can dream {count} things, such as {items}.",
    "classes_found": "I can dream {items}.",
    "classes_none": "I can dream nothing like that.",
    "help": "!dream bee · !dream bee + pizza · !dream pizza left + volcano right · !dream random · !queue · !now",
    "skip": "Skipped {what}.",
    "clear": "Requests forgotten: {count}.",
    "pause": "Paused. !resume goes on.",
    "resume": "Going on.",
    "promote": "{what} is next.",
    "no_such": "Nothing waiting fits that.",
    "remove": "Requests removed: {count}.",
    "block": "Blocked.",
    "unblock": "Unblocked.",
    "block_what": "Say whom or what: !block NAME.",
    "limit_set": "Waiting requests for each viewer: {count}.",
    "hold_set": "Each request is shown for {wait}.",
    "number": "Say a number from {low} to {high}.",
    "control_none": "That cannot be changed in this show.",
}

_NO_NAME = re.compile(r"[^\w -]+")
_LONGEST_NAME = 25


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


def name_of(who: str) -> str:
    """A viewer's name as the bot may repeat it: letters, digits, spaces, _ and - only, so that it can hold no link."""
    kept = " ".join(_NO_NAME.sub("", who[: 4 * _LONGEST_NAME]).split())
    return kept[:_LONGEST_NAME].strip() or "somebody"
