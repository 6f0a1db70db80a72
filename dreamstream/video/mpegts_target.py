"""Where an MPEG transport stream may go: checking what a person wrote."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from dreamstream.errors import UserError

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
            raise UserError(f"MPEG-TS goes to udp://HOST:PORT, a file, a named pipe or -, not to {target}.", 2)
    elif not target:
        raise UserError("MPEG-TS needs a target: udp://HOST:PORT, a file, a named pipe or -.", 2)
    return target
