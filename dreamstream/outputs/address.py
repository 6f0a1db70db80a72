"""Addresses of outputs, checked; an error names no stream key."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from dreamstream.core.errors import UsageError, UserError

STDOUT = "-"


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
