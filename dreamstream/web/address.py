"""Where a phone in the room finds the page, and the code that it can scan."""

from __future__ import annotations

import io
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno

LONGEST = 200
_WILDCARDS = ("0.0.0.0", "::", "", "*")


@dataclass(frozen=True)
class PageAddress:
    """How one server can be reached: the address it is bound to, and what the operator says the public one is."""

    host: str
    port: int
    public_url: str = ""

    @property
    def here(self) -> str:
        """Where a browser on this machine finds the page; a wildcard can be bound to, but not gone to."""
        return _url("localhost" if self.host in _WILDCARDS else self.host, self.port)

    def page(self, seen: str, host_header: str) -> str:
        """The address to tell others; "" when only this machine can open the page.

        What the operator said comes first; then where the asking page was found itself, for that name worked from
        somewhere; then this machine's address in its network. seen: where the asking page says it is; believed only
        when its host is the one in the request's Host header.
        """
        if self.public_url:
            return self.public_url
        if _http(seen) and urlsplit(seen).netloc == host_header and not is_loopback(urlsplit(seen).hostname or ""):
            return seen
        name = lan_address() if self.host in _WILDCARDS else self.host
        if not name or is_loopback(name):
            return ""
        return _url(name, self.port)


def is_loopback(name: str) -> bool:
    """Whether a host's name or address is this machine as only itself can reach it."""
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def lan_address() -> str:
    """This machine's address in its network; "" when it is in none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            # Connecting a datagram socket only asks the routing table; the address is one set aside for documents.
            sock.connect(("192.0.2.1", 9))
            address = str(sock.getsockname()[0])
        except OSError:
            return ""
    return "" if is_loopback(address) or address in _WILDCARDS else address


def code(url: str) -> bytes:
    """The QR code of an address as an SVG file, dark on transparent. Raises ValueError when the address is too long."""
    if len(url) > LONGEST:
        raise ValueError(f"an address of {len(url)} characters is too long")
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=0, omitsize=True, dark="#0b0910")
    return out.getvalue()


def _url(name: str, port: int) -> str:
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= LONGEST and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
