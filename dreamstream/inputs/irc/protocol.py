"""Any IRC server: the protocol as pure state, under which `connection.py` is the shell; and the source of a show."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from dreamstream.core.errors import UsageError
from dreamstream.core.message import Message, Purge, Reply
from dreamstream.core.message import line as reply_line
from dreamstream.inputs.irc.connection import Event, Link, LinkSource, Lost, Server
from dreamstream.inputs.irc.lines import IrcLine, LineReader, format_line
from dreamstream.support.backoff import Backoff

# Numerics after which this server, or this channel, does not want us; trying again soon would not help.
_REFUSALS = {"403", "405", "437", "461", "464", "465", "471", "473", "474", "475", "476", "477", "904", "905", "906"}
_MOST_RANKS = 20_000
_ROLES = {"q": "broadcaster", "a": "moderator", "o": "moderator", "h": "moderator", "v": "vip"}


class IrcProtocol:
    """One connection to one channel, as pure state: bytes in, events out; `take` gives the bytes to send.

    account, password: for SASL PLAIN; never shown. live: whether the channel was joined.
    """

    source = "irc"

    def __init__(self, nick: str, channel: str, *, account: str = "", password: str = "") -> None:
        self.nick, self.channel = nick, channel
        self._account, self._password = account, password
        self._reader = LineReader()
        self._out: list[bytes] = []
        self._ranks: dict[str, set[str]] = {}
        self._prefixes = {"@": "o", "+": "v"}
        self._with_argument, self._with_argument_when_set = set("bk"), set("l")
        self._tries = 0
        self._entered = False
        self._now = 0.0
        self.live = False

    @property
    def dropped(self) -> int:
        """How many lines were dropped for being too long, not UTF-8, or no IRC."""
        return self._reader.dropped

    def start(self) -> None:
        """Begin the conversation on a fresh connection."""
        if self._password:
            self._send("CAP", "REQ", "sasl")
        self._send("NICK", self.nick)
        self._send("USER", "dreamstream", "0", "*", "dreamstream")

    def ping(self) -> None:
        """Ask the server for a sign of life."""
        self._send("PING", "dreamstream")

    def say(self, reply: Reply) -> None:
        """Speak in the channel."""
        self._send("PRIVMSG", self.channel, reply_line(reply))

    def quit(self) -> None:
        """Take leave."""
        self._send("QUIT", "the show is over")

    def take(self) -> bytes:
        """What is to be sent now; empty when nothing is."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What the bytes mean; now is the time in seconds that messages are stamped with."""
        self._now = now
        return [event for line in self._reader.feed(data) if (event := self._handle(line))]

    def _send(self, command: str, *params: str) -> None:
        self._out.append(format_line(command, *params))

    def _handle(self, line: IrcLine) -> Event | None:
        if line.command in _REFUSALS:
            return Lost(f"{self.channel} on this server refuses: {line.param(-1)[:120]}")
        handler: Callable[[IrcLine], Event | None] | None = getattr(self, f"_on_{line.command.lower()}", None)
        return handler(line) if handler else None

    def _on_ping(self, line: IrcLine) -> None:
        self._send("PONG", line.param(-1))

    def _on_cap(self, line: IrcLine) -> None:
        answer = line.param(1).upper()
        if answer == "ACK" and "sasl" in line.param(-1).split():
            self._send("AUTHENTICATE", "PLAIN")
        elif answer in ("ACK", "NAK"):
            self._send("CAP", "END")

    def _on_authenticate(self, line: IrcLine) -> None:
        if line.param(0) == "+":
            secret = f"{self._account}\0{self._account}\0{self._password}".encode()
            text = base64.b64encode(secret).decode()
            pieces = [text[start : start + 400] for start in range(0, len(text), 400)]
            for piece in pieces if len(pieces[-1]) < 400 else [*pieces, "+"]:
                self._send("AUTHENTICATE", piece)

    def _on_903(self, line: IrcLine) -> None:
        self._entered = True
        self._send("CAP", "END")

    def _on_001(self, line: IrcLine) -> Lost | None:
        if self._password and not self._entered:
            # Who gave a password wants to be somebody here; going on as nobody would only look as if it worked.
            return Lost("this server does not take passwords with SASL; leave the account and the password out")
        self.nick = line.param(0) or self.nick
        self._send("JOIN", self.channel)
        return None

    def _on_005(self, line: IrcLine) -> None:
        for item in line.params[1:]:
            key, _, value = item.partition("=")
            if key == "PREFIX" and value.startswith("("):
                modes, _, signs = value[1:].partition(")")
                self._prefixes = dict(zip(signs, modes, strict=False))
            elif key == "CHANMODES" and value.count(",") >= 2:
                lists, always, when_set = value.split(",")[:3]
                self._with_argument, self._with_argument_when_set = set(lists + always), set(when_set)

    def _on_432(self, line: IrcLine) -> Lost | None:
        # Many servers allow nine letters and say no more than "erroneous".
        return self._other_nick(self.nick[:9] if len(self.nick) > 9 else f"dream{self._tries}")

    def _on_433(self, line: IrcLine) -> Lost | None:
        return self._other_nick(f"{self.nick[:7]}{self._tries + 1}")

    def _other_nick(self, nick: str) -> Lost | None:
        self._tries += 1
        if self._tries > 20:
            return Lost("the server takes none of our names")
        self.nick = nick
        self._send("NICK", nick)
        return None

    def _on_join(self, line: IrcLine) -> None:
        if self._is_me(line.nick) and line.param(0).lower() == self.channel.lower():
            self.live = True

    def _on_353(self, line: IrcLine) -> None:
        for name in line.param(-1).split():
            signs = name[: len(name) - len(name.lstrip("".join(self._prefixes)))]
            for sign in signs:
                self._rank(name.lstrip("".join(self._prefixes)), self._prefixes[sign], granted=True)

    def _on_mode(self, line: IrcLine) -> None:
        if line.param(0).lower() != self.channel.lower():
            return
        arguments = iter(line.params[2:])
        granted = True
        for mode in line.param(1):
            if mode in "+-":
                granted = mode == "+"
            elif mode in self._prefixes.values():
                if nick := next(arguments, ""):
                    self._rank(nick, mode, granted)
            elif mode in self._with_argument or (granted and mode in self._with_argument_when_set):
                next(arguments, "")

    def _on_nick(self, line: IrcLine) -> None:
        if self._is_me(line.nick):
            self.nick = line.param(0) or self.nick
        if (held := self._ranks.pop(line.nick.lower(), None)) and line.param(0):
            self._ranks[line.param(0).lower()] = held

    def _on_part(self, line: IrcLine) -> Lost | None:
        self._ranks.pop(line.nick.lower(), None)
        return Lost(f"we left {self.channel}") if self._is_me(line.nick) else None

    def _on_quit(self, line: IrcLine) -> None:
        self._ranks.pop(line.nick.lower(), None)

    def _on_kick(self, line: IrcLine) -> Event | None:
        if self._is_me(line.param(1)):
            return Lost(f"we were kicked from {self.channel}")
        self._ranks.pop(line.param(1).lower(), None)
        # Whoever is thrown out has nothing to wish for.
        return Purge(self.source, user=line.param(1).lower())

    def _on_error(self, line: IrcLine) -> Lost:
        return Lost(f"the server closed the link: {line.param(-1)[:120]}")

    def _on_reconnect(self, line: IrcLine) -> Lost:
        return Lost("the server asked us to come back", asked=True)

    def _on_privmsg(self, line: IrcLine) -> Event | None:
        text = line.param(-1)
        if line.param(0).lower() != self.channel.lower() or self._is_me(line.nick) or text.startswith("\x01"):
            return None
        roles = frozenset(_ROLES[mode] for mode in self._ranks.get(line.nick.lower(), ()) if mode in _ROLES)
        identity = line.tags.get("msgid", "")
        return Message(text, line.nick, self.source, identity, roles, self._now, line.nick.lower())

    def _is_me(self, nick: str) -> bool:
        return nick.lower() == self.nick.lower()

    def _rank(self, nick: str, mode: str, granted: bool) -> None:
        ranks = self._ranks.setdefault(nick.lower(), set())
        ranks.add(mode) if granted else ranks.discard(mode)
        if not ranks or len(self._ranks) > _MOST_RANKS:
            self._ranks.pop(nick.lower(), None)


def address_of(url: str) -> tuple[Server, str]:
    """The server and "#channel" that irc://HOST:PORT/CHANNEL or ircs://HOST:PORT/CHANNEL names.

    Raises UserError for anything else.
    """
    parts = urlsplit(url)
    channel = unquote(parts.path.lstrip("/")) or unquote("#" + parts.fragment if parts.fragment else "")
    try:
        port = parts.port
    except ValueError:
        port = -1
    bad = not channel.strip("#&") or any(c in channel for c in " ,\7\0\r\n")
    if parts.scheme not in ("irc", "ircs") or not parts.hostname or port == -1 or bad:
        raise UsageError(f"{url!r} is no IRC address; it must look like irc://HOST:6667/CHANNEL or ircs://HOST/CHANNEL")
    tls = parts.scheme == "ircs"
    return Server(parts.hostname, port or (6697 if tls else 6667), tls), channel if channel[
        0
    ] in "#&+!" else f"#{channel}"


class IrcSource(LinkSource):
    """An IRC channel as a source: reads wishes and answers in the channel. Raises UserError for a wrong address."""

    def __init__(
        self,
        url: str,
        *,
        nick: str = "dreamstream",
        account: str = "",
        password: str = "",
        due: Callable[[str], list[Reply]] | None = None,
        backoff: Backoff | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        address, channel = address_of(url)
        if password and not address.tls:
            raise UsageError("a password is only sent over TLS; write ircs:// in place of irc://")

        def protocol() -> IrcProtocol:
            return IrcProtocol(nick, channel, account=account, password=password)

        link = Link(address, protocol, speaks=True, due=due, backoff=backoff, tls_context=tls_context)
        super().__init__("irc", channel, link)
