"""Who may say which command, and what a source cannot know about its people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dreamstream.chat.message import Message, Role
from dreamstream.chat.parse import COMMANDS, MODERATOR_COMMANDS

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
    """The least role for each command: viewers' for everyone, moderators' for moderators, but for what `least` says.

    unseen: roles that a source cannot see, where that is not as in UNSEEN (a source with an account sees more).
    """

    def __init__(
        self, least: Mapping[str, Role] | None = None, unseen: Mapping[str, frozenset[Role]] | None = None
    ) -> None:
        usual = dict.fromkeys(RULED, Role.EVERYONE) | dict.fromkeys(MODERATOR_COMMANDS, Role.MODERATOR)
        self.least: dict[str, Role] = usual | dict(least or {})
        self._unseen = dict(UNSEEN) | dict(unseen or {})

    def judge(self, command: str, message: Message) -> Verdict:
        """Whether who says this may; "not_told" when the source could not tell it even of somebody who may."""
        least = self.least[command]
        if message.role >= least:
            return "allowed"
        return "not_told" if least in self._unseen.get(message.source, ()) else "not_allowed"

    def out_of_sight(self, sources: Mapping[str, str]) -> list[str]:
        """What a streamer should know: a sentence for each rule that some source cannot see met.

        sources: how to call each source, by its name.
        """
        found = []
        for command, least in self.least.items():
            blind = [called for name, called in sources.items() if least in self._unseen.get(name, ())]
            if blind and least > Role.EVERYONE and (command not in MODERATOR_COMMANDS or least < Role.MODERATOR):
                found.append(f"!{command} is for {least.name.lower()}s, whom {' and '.join(blind)} cannot show")
        return found
