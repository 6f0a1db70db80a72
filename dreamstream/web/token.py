"""The control room's token: made once, shown once, kept as a hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_BYTES = 24


def new_token() -> str:
    """A token that nobody guesses: 24 random bytes as 32 letters, digits, - and _."""
    return secrets.token_urlsafe(_BYTES)


def digest(token: str) -> str:
    """What is kept of a token: its SHA-256 in hex. A token is random and long, so a slow hash would add nothing."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def is_digest(kept: object) -> bool:
    """Whether something read from a disk is what `digest` gives."""
    return isinstance(kept, str) and re.fullmatch(r"[0-9a-f]{64}", kept) is not None


class Lock:
    """Opens for one token, of which it knows only the digest; without one it opens for nobody."""

    def __init__(self, kept: str = "") -> None:
        self._kept = kept

    def opens(self, token: str) -> bool:
        """Whether this is the token; takes the same time for every wrong one."""
        return hmac.compare_digest(digest(token[:200]), self._kept or digest(new_token()))
