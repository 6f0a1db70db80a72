"""IRC lines: bytes to plain data and back. Pure; what is not a line is dropped and counted, never raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Twitch sends up to 8191 bytes of tags before the 512 of the line itself; nothing honest is longer.
LONGEST_LINE = 16 * 1024
LONGEST_SENT = 510

_UNESCAPED = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


@dataclass(frozen=True)
class IrcLine:
    """One message of the protocol. prefix: who sent it ("nick!user@host"); params: the last one may hold spaces."""

    command: str
    params: tuple[str, ...] = ()
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """The nick in the prefix, or the server's name."""
        return self.prefix.partition("!")[0]

    def param(self, place: int) -> str:
        """A parameter, "" where there is none."""
        return self.params[place] if -len(self.params) <= place < len(self.params) else ""


class LineReader:
    """Cuts a byte stream into lines. dropped: how many were too long, not UTF-8, or no IRC."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False
        self.dropped = 0

    def feed(self, data: bytes) -> list[IrcLine]:
        """The lines that `data` completes. Keeps at most LONGEST_LINE bytes of an unfinished one."""
        pieces = (self._rest + data).split(b"\n")
        self._rest = pieces.pop()
        lines: list[IrcLine] = []
        for piece in pieces:
            if self._skipping:  # the end of a line whose beginning was thrown away
                self._skipping = False
                continue
            piece = piece.rstrip(b"\r")
            if not piece:
                continue
            line = parse_line(piece) if len(piece) <= LONGEST_LINE else None
            if line is None:
                self.dropped += 1
            else:
                lines.append(line)
        if len(self._rest) > LONGEST_LINE:
            self.dropped += not self._skipping
            self._skipping, self._rest = True, b""
        return lines


def parse_line(data: bytes) -> IrcLine | None:
    """One line without its end; None when it is not UTF-8 or has no command."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    tags: dict[str, str] = {}
    prefix = ""
    if text.startswith("@"):
        raw, _, text = text[1:].partition(" ")
        for item in raw.split(";"):
            key, _, value = item.partition("=")
            tags[key] = _unescape(value)
        text = text.lstrip(" ")
    if text.startswith(":"):
        prefix, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
    head, colon, trailing = text.partition(" :")
    words = head.split()
    if not words or not words[0].isalnum() or not words[0].isascii():
        return None
    params = (*words[1:], trailing) if colon else tuple(words[1:])
    return IrcLine(words[0].upper(), params, prefix, tags)


def format_line(command: str, *params: str) -> bytes:
    """One line with its end, at most 512 bytes; line breaks within become spaces, and a text too long is cut."""
    words = [" ".join(param.replace("\0", "").split()) for param in params]
    if words and (" " in words[-1] or not words[-1] or words[-1].startswith(":") or command == "PRIVMSG"):
        words[-1] = ":" + words[-1]
    data = " ".join([command, *words]).encode("utf-8", "replace")
    return data[:LONGEST_SENT].decode("utf-8", "ignore").encode() + b"\r\n"


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    answer, place = [], 0
    while place < len(value):
        if value[place] == "\\":
            place += 1
            if place < len(value):
                answer.append(_UNESCAPED.get(value[place], value[place]))
        else:
            answer.append(value[place])
        place += 1
    return "".join(answer)
