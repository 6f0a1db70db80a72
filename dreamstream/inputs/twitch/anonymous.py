"""Twitch chat without any account: IRC over TLS as an anonymous reader, who can listen but not speak."""

from __future__ import annotations

import random
import re
import ssl
from collections.abc import Callable

from dreamstream.core.message import Message, Paid, Purge, Reply
from dreamstream.inputs.irc.connection import Event, Link, LinkSource, Lost, Server
from dreamstream.inputs.irc.lines import IrcLine
from dreamstream.inputs.irc.protocol import IrcProtocol
from dreamstream.support.backoff import Backoff

HOST, PORT = "irc.chat.twitch.tv", 6697

# What a badge makes of its wearer. Followers wear none, so an anonymous reader cannot tell them.
BADGES = {
    "broadcaster": "broadcaster",
    "moderator": "moderator",
    "lead_moderator": "moderator",
    "vip": "vip",
    "subscriber": "subscriber",
    "founder": "subscriber",
}

# Words like Cheer100 are the payment, not the wish.
_CHEER = re.compile(r"[A-Za-z]+[1-9][0-9]{0,6}")


class TwitchProtocol(IrcProtocol):
    """Twitch's dialect: tags with names, badges and ids; bans and deleted messages purge what they asked for."""

    source = "twitch"

    def __init__(self, channel: str, chance: random.Random | None = None) -> None:
        nick = f"justinfan{(chance or random.Random()).randrange(10_000, 100_000)}"
        super().__init__(nick, f"#{channel.lower().lstrip('#')}")

    def start(self) -> None:
        """Ask for tags and commands, and join; Twitch needs no USER and no PASS from anonymous readers."""
        self._send("CAP", "REQ", "twitch.tv/tags twitch.tv/commands")
        self._send("NICK", self.nick)

    def _on_cap(self, line: IrcLine) -> None:
        """Nothing waits for Twitch's answer: without tags there is still text to read."""

    def _on_privmsg(self, line: IrcLine) -> Event | None:
        text = line.param(-1)
        if line.param(0).lower() != self.channel or text.startswith("\x01"):
            return None
        if "reply-parent-msg-id" in line.tags and text.startswith("@"):
            text = text.partition(" ")[2]  # a threaded reply begins with the name it answers
        bits = int(line.tags.get("bits", "") or 0) if line.tags.get("bits", "").isdecimal() else 0
        if bits:
            text = " ".join(word for word in text.split() if not _CHEER.fullmatch(word))
        badges = [badge.partition("/")[0] for badge in line.tags.get("badges", "").split(",")]
        roles = {BADGES[badge] for badge in badges if badge in BADGES}
        roles |= {"moderator"} if line.tags.get("mod") == "1" else set()
        if line.tags.get("source-room-id", "") not in ("", line.tags.get("room-id", "")):
            roles = set()  # said in another channel that shares its chat with ours
        who = line.tags.get("display-name", "").strip() or line.nick
        identity, user = line.tags.get("id", ""), line.nick.lower()
        paid = Paid("bits", bits) if bits else None
        return Message(text, who, self.source, identity, frozenset(roles), self._now, user, paid)

    def _on_clearchat(self, line: IrcLine) -> Purge | None:
        # Without a name the moderator only cleared the screen.
        return Purge(self.source, user=line.param(1).lower()) if len(line.params) > 1 and line.param(1) else None

    def _on_clearmsg(self, line: IrcLine) -> Purge | None:
        message = line.tags.get("target-msg-id", "")
        return Purge(self.source, message_id=message) if message else None

    def _on_roomstate(self, line: IrcLine) -> None:
        self.live = True

    def _on_notice(self, line: IrcLine) -> Lost | None:
        fatal = line.tags.get("msg-id", "") in ("msg_channel_suspended", "msg_banned", "tos_ban")
        failed = "authentication failed" in line.param(-1).lower()
        return Lost(f"Twitch says: {line.param(-1)[:120]}") if fatal or failed else None


class TwitchSource(LinkSource):
    """A Twitch channel, read anonymously. Answers are not said there; the page and the bot's log have them."""

    def __init__(
        self,
        channel: str,
        *,
        host: str = HOST,
        port: int = PORT,
        tls: bool = True,
        due: Callable[[str], list[Reply]] | None = None,
        backoff: Backoff | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        channel = channel.lower().lstrip("#")
        link = Link(
            Server(host, port, tls),
            lambda: TwitchProtocol(channel),
            speaks=False,
            due=due,
            backoff=backoff,
            tls_context=tls_context,
            # Twitch itself pings every five minutes, and a small channel may be quiet for hours.
            silent_after=120.0,
        )
        super().__init__("twitch", channel, link)
