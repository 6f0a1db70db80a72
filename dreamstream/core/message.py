"""What chat sources and the bot hand to each other. Plain data.

This is the bus between reading chat and keeping the queue. In one process a source calls `Bot.receive` directly, always
on the asyncio loop's thread; in two processes the same dataclasses travel as JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from dreamstream.core.drawing import Drawing


class Role(IntEnum):
    """How far a viewer is trusted; each role may do what those below it may.

    Anonymous Twitch chat tells subscribers, VIPs, moderators and the broadcaster by their badges, but never followers;
    plain IRC knows channel operators (moderators) and voiced users (VIPs).
    """

    EVERYONE = 0
    FOLLOWER = 1
    SUBSCRIBER = 2
    VIP = 3
    MODERATOR = 4
    BROADCASTER = 5


@dataclass(frozen=True)
class Paid:
    """What a viewer gave to be heard first.

    kind: "points" or "bits". amount: how many. reward: the title of what was redeemed. handle: what the source needs to
    give it back or to call it done, "" when it can do neither (bits are never returned).
    """

    kind: str
    amount: int = 0
    reward: str = ""
    handle: str = ""


@dataclass(frozen=True)
class Settled:
    """What became of a paid message: done (dreamed), or not to be met, so that the source gives back what was paid."""

    source: str
    handle: str
    done: bool


@dataclass(frozen=True)
class Message:
    """One line somebody said.

    who: the name to show. user: what the source knows them by and does not change with spelling ("" takes `who`).
    source: "twitch", "irc", "page", "console" and so on. id: the source's id of this delivery, "" if it has none.
    roles: names of Role in lower case. at: when it was read, in seconds of the show's clock.
    paid: what was given for it; None for most. drawing: what was drawn, of which the text says what it is, like "cat
    left"; None for what was typed.
    """

    text: str
    who: str
    source: str
    id: str = ""
    roles: frozenset[str] = frozenset()
    at: float = 0.0
    user: str = ""
    paid: Paid | None = None
    drawing: Drawing | None = None

    @property
    def viewer(self) -> str:
        """One person's key across messages: "twitch:ann"."""
        return f"{self.source}:{self.user or self.who.casefold()}"

    @property
    def role(self) -> Role:
        """The highest role held; names that are no role count for nothing."""
        names = {name.upper() for name in self.roles}
        return max((role for role in Role if role.name in names), default=Role.EVERYONE)


@dataclass(frozen=True)
class Purge:
    """A moderator of the source banned `user`, or deleted the message `message_id`; what it asked for is withdrawn."""

    source: str
    user: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Reply:
    """One answer: at most 500 characters on one line.

    to: the name of who is answered ("" for all). message_id: the message it answers, for sources with threads.
    kind: "accepted", "refused" or "info", for pages that show them differently.
    """

    text: str
    to: str = ""
    source: str = ""
    message_id: str = ""
    kind: str = "info"


Receive = Callable[[Message | Purge], list[Reply]]


class Source(Protocol):
    """Something people talk through. `run` reconnects by itself until cancelled, and then ends within a second."""

    name: str

    async def run(self, receive: Receive) -> None:
        """Hand every message to `receive`, and say its replies where the source can speak."""

    def state(self) -> dict[str, object]:
        """What a person should know: {"name", "kind", "state": "connecting|live|waiting|closed", "detail", ...}."""


LONGEST_REPLY = 500


def line(reply: Reply) -> str:
    """The reply as one line of chat, at most LONGEST_REPLY characters: "@ann bee is next." """
    return (f"@{reply.to} {reply.text}" if reply.to else reply.text)[:LONGEST_REPLY]
