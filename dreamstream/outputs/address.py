"""RTMP addresses: checking them, and keeping the stream key out of everything that is shown or written."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, unquote, urlsplit

from dreamstream.core.errors import UsageError, UserError

HIDDEN = "***"
_ADDRESS = re.compile(r"rtmp[a-z]*://[^\s'\"<>|]+", re.IGNORECASE)


def check(url: str) -> str:
    """The address without surrounding blanks.

    Raises UserError, without the key, when it is not rtmp(s)://host[:port]/app/key.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise UserError("The RTMP address has a port or host that cannot be; write rtmp://host:port/app/key.") from None
    if parts.scheme.lower() not in ("rtmp", "rtmps"):
        kind = f"not {parts.scheme}://" if parts.scheme else "and this one begins with neither"
        raise UserError(f"An RTMP address begins with rtmp:// or rtmps://, {kind}; write rtmp://host/app/key.")
    if not parts.hostname or not port_fits or re.search(r"[\x00-\x20\x7f]", url):
        raise UserError("The RTMP address has no host or has blanks in it; write rtmp://host/app/key.")
    if len([step for step in parts.path.split("/") if step]) < 2:
        raise UserError("The RTMP address lacks its application or its stream key; write rtmp://host/app/key.")
    return url


def hide(url: str) -> str:
    """The address with the key, query and any user and password hidden: rtmp://host/app/***."""
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    host = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{host}" + (f"/{steps[0]}" if steps else "")
    return shown + (f"/{HIDDEN}" if len(steps) > 1 or parts.query or parts.fragment else "")


def scrub(text: str, url: str = "") -> str:
    """`text` with every RTMP address in it hidden, and every secret part of `url` wherever else it stands."""
    for secret in _secrets(url):
        text = text.replace(secret, HIDDEN)
    return _ADDRESS.sub(lambda match: hide(match.group()), text)


def secrets(url: str) -> list[str]:
    """The words of an address that may appear in no log line.

    A short key, like "show" at home, counts only where it ends an address: it may be a common word.
    """
    parts = urlsplit(url)
    key = parts.path.rpartition("/")[2]
    found = [f"/{key}" if len(key) < 6 else key] if key else []
    return found + [secret for secret in (parts.query, parts.password) if secret]


def _secrets(url: str) -> list[str]:
    """The parts of an address nobody may see, the longest first, also as they look quoted and unquoted."""
    if not url:
        return []
    parts = urlsplit(url)
    steps = [step for step in parts.path.split("/") if step]
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    found = {"/".join(steps[1:]), *steps[1:], parts.query, parts.fragment, user, password}
    found |= {pair.partition("=")[2] for pair in parts.query.split("&")}
    found |= {form for one in tuple(found) for form in (unquote(one), quote(one, safe=""))}
    return sorted((one for one in found if len(one) >= 3), key=len, reverse=True)


STDOUT = "-"


def check_mpegts(target: str) -> str:
    """The target, if it is "-", udp://HOST:PORT or a path. Raises UserError otherwise."""
    if "://" in target:
        try:
            parts = urlsplit(target)
            good = parts.scheme.lower() == "udp" and bool(parts.hostname) and bool(parts.port)
            ttl = int(parse_qs(parts.query).get("ttl", ["1"])[0])
        except ValueError:
            good, ttl = False, 1
        if not good or not 0 <= ttl <= 255:
            raise UsageError(f"MPEG-TS goes to udp://HOST:PORT, a file, a named pipe or -, not to {target}.")
    elif not target:
        raise UsageError("MPEG-TS needs a target: udp://HOST:PORT, a file, a named pipe or -.")
    return target
