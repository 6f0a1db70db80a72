"""What Twitch's EventSub events mean to the bot. Pure: twitchio's payloads in, plain data out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dreamstream.core.message import Message, Paid
from dreamstream.inputs.twitch.anonymous import BADGES

if TYPE_CHECKING:
    import twitchio

# A threaded reply begins with the name it answers.
_ANSWERED = re.compile(r"^@\S+\s+")


def message_of(event: twitchio.ChatMessage, now: float) -> Message:
    """A chat message. Roles come from badges; in a chat shared with other channels, their badges count for nothing."""
    cheered = event.cheer.bits if event.cheer is not None else 0
    if cheered:
        text = "".join(piece.text for piece in event.fragments if piece.type != "cheermote").strip()
    else:
        text = event.text
    if event.reply is not None:
        text = _ANSWERED.sub("", text, count=1)
    elsewhere = event.source_broadcaster is not None and event.source_broadcaster.id != event.broadcaster.id
    badges = () if elsewhere else event.badges
    roles = frozenset(BADGES[badge.set_id] for badge in badges if badge.set_id in BADGES)
    login = (event.chatter.name or "").lower()
    who = event.chatter.display_name or login
    paid = Paid("bits", cheered) if cheered else None
    return Message(text, who, "twitch", event.id, roles, now, login, paid)
