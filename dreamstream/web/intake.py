"""Where what visitors type meets the show: cleaned, limited by address, counted when refused."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import Any, Protocol

from starlette.requests import HTTPConnection

from dreamstream.core.status import Status
from dreamstream.core.text import clean
from dreamstream.web.address import is_loopback
from dreamstream.web.rate_limit import RateLimit, one_visitor

log = logging.getLogger(__name__)

MAX_TEXT = 500
MAX_WHO = 40


class ShowView(Protocol):
    """What the web needs of a show. All of it is called in the web server's event loop and must return at once."""

    def status(self) -> Status:
        """Everything about the show; what strangers may see of it is `Status.public`."""

    def ask(self, text: str, who: str, source: str, id: str | None, visitor: str = "") -> str:
        """Handle one line of chat and return one short reply; the same `id` again changes nothing.

        visitor: what tells its author from others of the same name.
        """

    def classes(self, query: str, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` known classes near `query` (all when it is empty): {"name", "emoji", "aliases"}."""


class Intake:
    """Takes requests for one show.

    refused: what was not served, counted by reason: "host", "origin", "rate", "malformed", "oversized", "utf8",
    "protocol", "token", "full", "aborted", and by connection "connections", "slow", "broken" and "upgrade".
    """

    def __init__(self, show: ShowView, refused: Counter[str] | None = None) -> None:
        self.show = show
        self.refused: Counter[str] = Counter() if refused is None else refused
        self._asks = RateLimit(rate=2, burst=12)
        self._calls = RateLimit(rate=30, burst=120)
        self._notices = RateLimit(rate=0.2, burst=1)

    def may_ask(self, address: str) -> bool:
        """Whether this address may ask now; a refusal is counted."""
        return self._count(self._asks.allows(address))

    def may_call(self, address: str) -> bool:
        """Whether this address may look something up now; a refusal is counted."""
        return self._count(self._calls.allows(address))

    def may_be_told(self, address: str) -> bool:
        """Whether to tell this address that it asks too much: once in five seconds, so that floods draw no replies."""
        return self._notices.allows(address)

    def read(self, message: bytes, key: str, blank: bool = False) -> dict[str, Any] | None:
        """A JSON object with a text under `key`, and texts or nothing as who and id; None, and counted, for others.

        blank: whether a text without a visible character will do; it draws a hint.
        """
        body = parse(message)
        text = body.get(key) if body is not None else None
        if body is not None and isinstance(text, str) and (blank or clean(text, MAX_TEXT)):
            others = [body.get("who"), body.get("id")]
            if all(value is None or isinstance(value, str) for value in others):
                return body
        self.refused["malformed"] += 1
        return None

    def ask(self, message: dict[str, Any], key: str, address: str) -> str:
        """The show's reply to a message from `address` that read() let through."""
        who, identity = message.get("who"), message.get("id")
        name = clean(who, MAX_WHO) if isinstance(who, str) else ""
        line = clean(message[key], MAX_TEXT)
        if not line:
            return "Say what to dream, like bee + pizza."
        # In chat a command needs its mark; in a box made for asking, a bare word is a wish.
        line = line if line.startswith("!") else f"!dream {line}"
        try:
            name = name or "guest"
            visitor = visitor_of(address, name)
            return self.show.ask(line, name, "web", identity[:64] if isinstance(identity, str) else None, visitor)
        except Exception:
            # One request that the show stumbles over must not cost its asker the connection.
            log.exception("a request from the web failed")
            return "Something went wrong with that one. Try another."

    def _count(self, allowed: bool) -> bool:
        if not allowed:
            self.refused["rate"] += 1
        return allowed


def address_of(connection: HTTPConnection) -> str:
    """The peer's address, which a reverse proxy on loopback may have named."""
    return connection.client.host if connection.client else ""


def visitor_of(address: str, name: str) -> str:
    """What tells a visitor of this name from others of the same.

    Anyone may call himself anything: a name stands for the same person only at the same address, and one address is one
    visitor to votes and places. Who sits at this machine itself is known by name alone.
    """
    return f"{'' if is_loopback(address) else one_visitor(address)}/{name.casefold()}"


def parse(message: bytes) -> dict[str, Any] | None:
    """A message that is a JSON object; None for anything else."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
