"""Who may talk to the server: Host and Origin checks, and the headers that fence the pages in.

A page from anywhere can make a browser send requests to 127.0.0.1. The Origin check stops it from asking or reading
through a websocket; the Host check stops a name that was re-pointed to this machine (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from dreamstream.web.address import is_loopback
from dreamstream.web.rate_limit import Places

log = logging.getLogger(__name__)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'; require-trusted-types-for 'script'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class HostRule:
    """Which Host headers are answered, given the address the server is bound to.

    Bound to one address: that address, loopback names, and `allowed`. Bound to all addresses: also this machine's own
    names, and any plain IP address (which cannot be re-pointed). own: this machine's name.
    """

    def __init__(self, bound: str, allowed: Sequence[str] = (), own: str = "") -> None:
        self._bound = _plain(bound)
        self.allowed = {_plain(name) for name in allowed}
        own = _plain(own or socket.gethostname())
        self._own = {own, own.partition(".")[0], f"{own.partition('.')[0]}.local"} - {"", ".local"}
        self._everywhere = bound in ("", "*") or _is_unspecified(self._bound)

    def admits(self, header: str) -> bool:
        """Whether a request with this Host header is answered."""
        name = host_name(header)
        if not name:
            return False
        if name in self.allowed or name == self._bound or name == "localhost" or name.endswith(".localhost"):
            return True
        address = _address(name)
        if address is not None and (address.is_loopback or self._everywhere):
            return True
        return self._everywhere and name in self._own

    def same_origin(self, origin: str, header: str) -> bool:
        """Whether a browser page of `origin` may act here: it came from this very host, or an allowed one."""
        try:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                return False
            if parts.hostname in self.allowed:
                return True
            here = urlsplit(f"//{header}")
            default = 443 if parts.scheme == "https" else 80
            return (parts.hostname, parts.port or default) == (here.hostname, here.port or default)
        except ValueError:
            return False


class Guard:
    """ASGI middleware that refuses foreign hosts and origins, counts them, and adds the security headers.

    each: how many websockets one visitor may have open; who is at this machine itself is not counted. media: an address
    on another server from which pages may play video.
    """

    def __init__(self, app: ASGIApp, rule: HostRule, refused: Counter[str], each: int, media: str = "") -> None:
        self._app = app
        self._rule = rule
        self._refused = refused
        self._open = Places(each)
        self._warned = False
        self._headers = HEADERS
        if media:
            parts = urlsplit(media)
            origin = f"{parts.scheme}://{parts.netloc}"
            policy = _POLICY.replace("media-src 'self'", f"media-src 'self' {origin}")
            policy = policy.replace("connect-src 'self'", f"connect-src 'self' {origin}")
            self._headers = {**HEADERS, "content-security-policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._rule.admits(host):
            self._refused["host"] += 1
            reason = "This server does not answer to that name; its owner can add it with --allowed-host."
            await _refuse(scope, receive, fenced, 421, reason)
            return
        acts = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        foreign = origin is not None and not self._rule.same_origin(origin, host)
        if acts and (foreign or (origin is None and headers.get("sec-fetch-site") == "cross-site")):
            self._refused["origin"] += 1
            await _refuse(scope, receive, fenced, 403, "Only this server's own pages may do that from a browser.")
            return
        client = scope.get("client") or ("", 0)
        address = "" if is_loopback(client[0]) else client[0]
        if not address and "x-forwarded-for" in headers:
            self._warn(client[0])
        if scope["type"] != "websocket":
            await self._serve(scope, receive, fenced)
        elif not address:
            await self._serve(scope, receive, send)
        elif self._open.take(address):
            try:
                await self._serve(scope, receive, send)
            finally:
                self._open.leave(address)
        else:
            self._refused["connections"] += 1
            await _refuse(scope, receive, send, 429, "Too many connections from one address.")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except (ClientDisconnect, WebSocketDisconnect):
            # Who leaves in the middle of a request or an upgrade is no error of the program.
            self._refused["aborted"] += 1

    def _warn(self, address: str) -> None:
        if not self._warned:
            self._warned = True
            log.warning(
                "A reverse proxy on this machine names its visitors, but is not trusted: all of them count as one. "
                "If it is yours, start with --trusted-proxy %s.",
                address,
            )


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
    else:
        await PlainTextResponse(reason + "\n", status)(scope, receive, send)


def host_name(header: str) -> str:
    """The host of a Host header in lower case, without port, brackets and final dot; "" when it is malformed."""
    if not header or any(character in header for character in "/\\@?# \t,"):
        return ""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # Raises for a port that is no number.
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".")


def _plain(name: str) -> str:
    return name.strip().strip("[]").rstrip(".").lower()


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_unspecified(name: str) -> bool:
    address = _address(name)
    return address is not None and address.is_unspecified
