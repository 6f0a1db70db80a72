"""Who may say which command, and what a source cannot know about its people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from dreamstream.chat.commands import COMMANDS
from dreamstream.core.message import Message, Role

# What there is to allow: `!dream` and every other command.
RULED = ("dream", *COMMANDS)

# Roles that a source cannot see. Anonymous Twitch chat shows badges, which followers have none of; plain IRC knows who
# may speak (VIP) and who keeps order (moderator); a page knows nobody.
UNSEEN: Mapping[str, frozenset[Role]] = {
    "twitch": frozenset((Role.FOLLOWER,)),
    "irc": frozenset((Role.FOLLOWER, Role.SUBSCRIBER, Role.BROADCASTER)),
    "page": frozenset(Role) - {Role.EVERYONE},
    "api": frozenset(Role) - {Role.EVERYONE},
}

Verdict = Literal["allowed", "not_allowed", "not_told"]


class Rules:
    """The least role for each command: as the command was declared, but for what `least` says.

    unseen: roles that a source cannot see, where that is not as in UNSEEN (a source with an account sees more).
    """

    def __init__(
        self, least: Mapping[str, Role] | None = None, unseen: Mapping[str, frozenset[Role]] | None = None
    ) -> None:
        usual = {"dream": Role.EVERYONE} | {name: command.least for name, command in COMMANDS.items()}
        self.own = dict(least or {})
        self.least: dict[str, Role] = usual | self.own
        self._unseen = dict(UNSEEN) | dict(unseen or {})

    def can_see(self, source: str, role: Role) -> None:
        """Note that this source can see a role after all."""
        self._unseen[source] = self._unseen.get(source, frozenset()) - {role}

    def judge(self, command: str, message: Message) -> Verdict:
        """Whether who says this may; "not_told" when the source could not tell it even of somebody who may."""
        least = self.least[command]
        if message.role >= least:
            return "allowed"
        return "not_told" if least in self._unseen.get(message.source, ()) else "not_allowed"

    def out_of_sight(self, sources: Iterable[str]) -> list[str]:
        """What a streamer should know of the own rules: a clause for each that one of these sources cannot see met."""
        return [
            f"!{command} is for {least.name.lower()}s, but {source} does not tell who is one"
            for command, least in self.own.items()
            for source in sources
            if least in self._unseen.get(source, ())
        ]
