"""Who may be connected: the policy by itself, and the attacks on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web import connections
from dreamstream.web.connections import Connections, Proxies
from dreamstream.web.rate_limit import Places, RateLimit
from dreamstream.web.server import OnceAMinute, WebServer, hear_accept_errors
from tests.polling import until
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)


class Transport(asyncio.Transport):
    """Only notes that it was aborted."""

    aborted = False

    def abort(self) -> None:
        """Note it."""
        self.aborted = True


def test_one_address_has_so_many_connections_and_others_still_find_room() -> None:
    """An IPv6 /64 is one address; trusted proxies are not counted; what leaves makes room."""
    visitors = Connections(each=2, proxies=Proxies(["10.0.0.0/8"]))
    kept = [Transport() for _ in range(2)]
    assert [visitors.enter(each, "203.0.113.5") for each in kept] == [True, True]
    assert not visitors.enter(Transport(), "203.0.113.5")
    assert visitors.enter(Transport(), "203.0.113.6")
    assert [visitors.enter(Transport(), f"2001:db8::{n}") for n in range(3)] == [True, True, False]
    assert all(visitors.enter(Transport(), address) for address in ("10.1.2.3", "127.0.0.1") for _ in range(9))
    visitors.leave(kept[0])
    visitors.leave(kept[0])
    assert visitors.enter(Transport(), "203.0.113.5")
    assert not visitors.enter(Transport(), "203.0.113.5")
    assert visitors.refused == {"connections": 3}


def test_the_longest_silent_makes_place_and_who_is_served_never_does() -> None:
    """When all places are taken by those who are served, newcomers are refused."""
    visitors = Connections(most=3)
    first, second, third, fourth = (Transport() for _ in range(4))
    for each in (first, second, third):
        assert visitors.enter(each, "203.0.113.5")
    visitors.serves(first)
    assert visitors.enter(fourth, "203.0.113.6")
    assert [each.aborted for each in (first, second, third, fourth)] == [False, True, False, False]
    assert len(visitors) == 3
    visitors.serves(third)
    visitors.serves(fourth)
    assert not visitors.enter(Transport(), "203.0.113.7")
    visitors.waits(third)
    assert visitors.enter(Transport(), "203.0.113.7")
    assert third.aborted


def test_the_log_hears_of_each_reason_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """With how many there were."""
    now = 0.0
    visitors = Connections(each=1, clock=lambda: now)
    visitors.enter(Transport(), "203.0.113.5")
    for second in range(120):
        now = float(second)
        visitors.enter(Transport(), "203.0.113.5")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "The page: 203.0.113.5 has 1 connections; more are refused (1 so far).",
        "The page: 203.0.113.5 has 1 connections; more are refused (61 so far).",
    ]


def test_places_are_given_back() -> None:
    """And nothing is remembered of who has none."""
    places = Places(2)
    assert [places.take("203.0.113.5") for _ in range(3)] == [True, True, False]
    places.leave("203.0.113.5")
    places.leave("203.0.113.5")
    assert len(places) == 0


def test_whether_tries_are_spent_is_known_without_a_try() -> None:
    """They come back with time."""
    now = 100.0
    limit = RateLimit(rate=0.5, burst=2, clock=lambda: now)
    assert not limit.spent("203.0.113.5")
    assert limit.allows("203.0.113.5")
    assert not limit.spent("203.0.113.5")
    assert limit.allows("203.0.113.5")
    assert limit.spent("203.0.113.5")
    now += 2.0
    assert not limit.spent("203.0.113.5")


def test_lines_of_libraries_are_said_once_a_minute_and_strangers_faults_never() -> None:
    """What was left out is counted in the next line."""
    now = 0.0
    once = OnceAMinute(lambda: now)

    def said(text: str) -> str | None:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, text, (), None)
        return record.getMessage() if once.filter(record) else None

    assert said("Exception in ASGI application\n") == "Exception in ASGI application\n"
    assert [said("Exception in ASGI application\n") for _ in range(5)] == [None] * 5
    assert said("something else") == "something else"
    assert said("opening handshake failed") is None
    now = 61.0
    assert said("Exception in ASGI application\n") == "Exception in ASGI application  (and 5 more like it)"


def test_connections_without_a_descriptor_are_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """What asyncio would say of each with a traceback; other errors of the loop are still said in full."""
    loop, visitors = asyncio.new_event_loop(), Connections()
    try:
        hear_accept_errors(loop, visitors)
        for _ in range(1000):
            loop.call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open files")}
            )
        loop.call_exception_handler({"message": "something else", "exception": RuntimeError("a fault")})
    finally:
        loop.close()
    assert visitors.refused == {"descriptors": 1000}
    said, fault = caplog.records
    assert (said.exc_info, fault.exc_info is None) == (None, False)
    assert "no more connections" in said.getMessage()


@pytest.mark.parametrize(
    ("networks", "address", "trusted"),
    [
        (["127.0.0.1"], "127.0.0.1", True),
        (["127.0.0.1"], "::ffff:127.0.0.1", True),
        (["127.0.0.1"], "127.0.0.2", False),
        (["172.16.0.0/12"], "172.17.0.1", True),
        (["::1"], "::1", True),
        (["::1"], "nonsense", False),
        ([], "127.0.0.1", False),
    ],
)
def test_exactly_the_proxies_named_are_trusted(networks: list[str], address: str, trusted: bool) -> None:
    """By address or by network."""
    assert (address in Proxies(networks)) == trusted


# -- attacks on a real server ----------------------------------------------------------------------------------


@pytest.fixture
def refused() -> Counter[str]:
    return Counter()


@contextlib.contextmanager
def attacked(refused: Counter[str], **limits: Any) -> Iterator[WebServer]:
    """A server that counts loopback like any other address."""
    visitors = Connections(refused, uncounted=lambda _: False, **limits)
    with serving(FakeShow(), Preview(INFO), visitors=visitors) as server:
        yield server


def silent(server: WebServer, first: bytes = b"") -> socket.socket:
    """A connection that says `first` and no more."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    sock.sendall(first)
    return sock


def ended(sock: socket.socket) -> bool:
    """Whether the server has closed it."""
    sock.settimeout(0.01)
    try:
        return sock.recv(4096) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_silent_connections_do_not_close_the_page(refused: Counter[str], caplog: pytest.LogCaptureFixture) -> None:
    """300 where 100 fit: those who come with a request are served at once, and the log stays short."""
    with attacked(refused, most=100, each=1000) as server, contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(silent(server))
        began = time.monotonic()
        assert httpx.get(f"{server.url}/api/status", timeout=10).status_code == 200
        assert time.monotonic() - began < 2
        until(lambda: refused["connections"] >= 200, 10, "the silent ones being closed")
        assert len([record for record in caplog.records if record.name.startswith("dreamstream")]) == 1


def test_one_address_cannot_have_more_than_its_share(refused: Counter[str]) -> None:
    """Further connections are dropped; when others end there is room again."""
    with attacked(refused, each=5) as server:
        held = [silent(server, b"GET / HTTP/1.1\r\n") for _ in range(5)]
        extra = silent(server)
        until(lambda: ended(extra), 5, "the sixth being dropped")
        assert not any(ended(sock) for sock in held)
        for sock in (*held, extra):
            sock.close()

        def served() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{server.url}/healthz").status_code == 200
            return False

        until(served, 5, "room again")


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n",
        b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\nx",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    ],
)
def test_a_whole_request_has_a_deadline(refused: Counter[str], first: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that drips a byte now and then is closed all the same."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 1.0)
    with attacked(refused) as server, silent(server, first) as sock:
        began, gone = time.monotonic(), False
        while not gone and time.monotonic() - began < 30:
            with contextlib.suppress(OSError):
                sock.sendall(b"x")
            sock.settimeout(0.2)
            try:
                gone = sock.recv(4096) == b""
            except TimeoutError:
                pass
            except OSError:
                gone = True
        assert gone
        assert time.monotonic() - began < 15


def test_broken_aborted_and_refused_requests_leave_no_traceback(
    refused: Counter[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each kind many times: counted, one line at most, and the page goes on."""
    ask = b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
    upgrade = b"GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    shake = b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    texts = [
        ask,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n\x00\x01\x02 nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 9000 + b"\r\n",
        upgrade + b"\r\n",
        upgrade + b"sec-websocket-version: 8\r\nsec-websocket-key: x\r\n\r\n",
        upgrade + shake + b"origin: https://evil.example\r\n\r\n",
        upgrade + shake + b"\r\n",
        upgrade.replace(b"/ws", b"/nothing") + shake + b"\r\n",
        upgrade.replace(b"/ws", b"/ws\xff") + shake + b"\r\n",
        upgrade.replace(b"websocket", b"h2c") + b"\r\n",
    ]
    with attacked(refused) as server:
        for text in texts:
            for _ in range(5):
                with contextlib.suppress(OSError), silent(server, text):
                    pass
                with contextlib.suppress(OSError), silent(server, text) as sock:
                    sock.settimeout(0.05)
                    sock.recv(9)
        assert httpx.get(f"{server.url}/api/status").status_code == 200
        until(lambda: refused["aborted"] >= 5, 5, "the aborted requests being counted")
    assert refused["broken"] >= 10
    assert refused["upgrade"] >= 5
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert len(lines) == len(set(lines)) <= 6, lines


def test_one_visitor_behind_a_proxy_takes_a_third_of_the_places_at_most(refused: Counter[str]) -> None:
    """Of moving pictures, and of all connections what the limit says; the next visitor finds room."""
    preview = Preview(INFO, max_viewers=9)
    visitors = Connections(refused, proxies=Proxies(["127.0.0.1"]))
    with (
        serving(FakeShow(), preview, visitors=visitors, proxies=["127.0.0.1"], connections_per_address=5) as server,
        contextlib.ExitStack() as stack,
    ):

        def watch(visitor: str, path: str = "/ws/video") -> Any:
            url, headers = f"ws://127.0.0.1:{server.port}{path}", {"x-forwarded-for": visitor}
            return stack.enter_context(connect(url, additional_headers=headers, proxy=None, compression=None))

        seen = [watch("203.0.113.5") for _ in range(3)]
        assert all("codec" in str(socket.recv(timeout=10)) for socket in seen)
        with pytest.raises(ConnectionClosed):
            watch("203.0.113.5").recv(timeout=10)
        assert "codec" in str(watch("203.0.113.6").recv(timeout=10))
        for _ in range(2):
            assert "state" in str(watch("203.0.113.5", "/ws").recv(timeout=10))
        with pytest.raises(InvalidStatus):
            watch("203.0.113.5", "/ws")
