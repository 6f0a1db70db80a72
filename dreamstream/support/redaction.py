"""What nobody may see is hidden from log lines, states and error texts: one rule and one mask."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

HIDDEN = "***"
_ADDRESS = re.compile(r"rtmp[a-z]*://[^\s'\"<>|]+", re.IGNORECASE)
# A word of fewer letters than this may stand anywhere by chance.
_SHORT = 6

# Secrets that came up while the program ran, such as tokens that Twitch renews. Logging itself is one for the process,
# so is this; the newest are kept, for old tokens are worth nothing.
_late: deque[str] = deque(maxlen=64)


def hide(*secrets: str) -> None:
    """Keep these out of all that is redacted from now on, but for what has less than 8 characters and may be a word."""
    for secret in secrets:
        if len(secret) >= 8 and secret not in _late:
            _late.append(secret)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with these secrets, all that `hide` was told, and the key of every RTMP address in it replaced."""
    # Longest first: a key may hold another one.
    for secret in sorted({*secrets, *_late} - {""}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _ADDRESS.sub(lambda match: hide_key(match.group()), text)


def hide_key(url: str) -> str:
    """An RTMP address with the key, query and any user and password hidden: rtmp://host/app/***."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    host = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{host}" + (f"/{steps[0]}" if steps else "")
    return shown + (f"/{HIDDEN}" if len(steps) > 1 or parts.query or parts.fragment else "")


def secrets_of(url: str, shortest: int = _SHORT) -> list[str]:
    """The parts of an RTMP address that nobody may see, also as they look quoted and unquoted.

    shortest: a step of the path with fewer letters, like "show" at home, is a word but behind its slash.
    """
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step][1:]
    path = {"/".join(steps), *steps}
    others = {parts.query, parts.fragment, parts.password or ""}
    others |= {pair.partition("=")[2] for pair in parts.query.split("&")}
    forms = {form for one in path for form in _forms(one) if len(form) >= shortest}
    forms |= {f"/{one}" for one in path if 0 < len(one) < shortest}
    return sorted(forms | {form for one in others for form in _forms(one) if len(form) >= 3}, key=len, reverse=True)


def _forms(text: str) -> tuple[str, str, str]:
    return text, unquote(text), quote(text, safe="")
