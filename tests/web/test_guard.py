"""Who is answered: Host, Origin, and rates by address."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.guard import HostRule, host_name
from dreamstream.web.rate_limit import RateLimit
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, _ = encode(1)


@pytest.mark.parametrize(
    ("bound", "allowed", "host", "answered"),
    [
        ("127.0.0.1", (), "127.0.0.1:8080", True),
        ("127.0.0.1", (), "localhost", True),
        ("127.0.0.1", (), "LOCALHOST.:80", True),
        ("127.0.0.1", (), "show.localhost:8080", True),
        ("127.0.0.1", (), "[::1]:8080", True),
        ("127.0.0.1", (), "evil.example", False),
        ("127.0.0.1", (), "127.0.0.1.evil.example", False),
        ("127.0.0.1", (), "192.168.1.5", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), "localhost@evil.example", False),
        ("127.0.0.1", (), "evil.example/localhost", False),
        ("127.0.0.1", (), "localhost:port", False),
        ("127.0.0.1", (), "localhost, evil.example", False),
        ("127.0.0.1", ("show.example",), "show.example", True),
        ("192.168.1.5", (), "192.168.1.5:8080", True),
        ("192.168.1.5", (), "192.168.1.6:8080", False),
        ("0.0.0.0", (), "anything.example", False),
        ("0.0.0.0", (), "localhost:8080", True),
        ("0.0.0.0", (), "192.168.1.5:8080", True),
        ("0.0.0.0", (), "studio:8080", True),
        ("0.0.0.0", (), "Studio.local.", True),
        ("0.0.0.0", (), "studio.example", False),
        ("192.168.1.5", (), "studio", False),
        ("::", (), "[fe80::1]:8080", True),
        ("0.0.0.0", ("show.example",), "show.example:443", True),
        ("0.0.0.0", ("show.example",), "192.168.1.5:8080", True),
        ("0.0.0.0", ("show.example",), "other.example", False),
    ],
)
def test_hosts(bound: str, allowed: tuple[str, ...], host: str, answered: bool) -> None:
    """Loopback, the bound address and allowed names; bound to all addresses, also any IP address and own names."""
    assert HostRule(bound, allowed, own="studio").admits(host) is answered


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("https://show.example", "show.example", True),
        ("https://show.example", "show.example:443", True),
        ("http://localhost", "localhost:80", True),
        ("http://localhost:3000", "localhost:8080", False),
        ("http://127.0.0.1:8080", "localhost:8080", False),
        ("http://evil.example", "127.0.0.1:8080", False),
        ("https://allowed.example", "127.0.0.1:8080", True),
        ("null", "127.0.0.1:8080", False),
        ("", "127.0.0.1:8080", False),
        ("file://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("http://127.0.0.1:99999", "127.0.0.1:8080", False),
        ("http://[", "127.0.0.1:8080", False),
    ],
)
def test_origins(origin: str, host: str, same: bool) -> None:
    """An origin is ours when it names the very host and port that was asked, or an allowed host."""
    assert HostRule("127.0.0.1", ("allowed.example",)).same_origin(origin, host) is same


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_crashes_the_rule(origin: str, host: str) -> None:
    """Whatever stands in the headers, the rule answers yes or no."""
    rule = HostRule("127.0.0.1")
    assert rule.admits(host) in (True, False)
    assert rule.same_origin(origin, host) in (True, False)
    assert isinstance(host_name(host), str)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with (
        serving(FakeShow(), Preview(INFO)) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        yield client


def refusal(client: httpx.Client, path: str, host: str = "", origin: str | None = None) -> int:
    """The HTTP status with which a websocket under this Host and Origin is refused; 101 when it is not."""
    here = client.base_url
    with socket.create_connection(("127.0.0.1", here.port or 80), timeout=5) as sock:
        try:
            with connect(f"ws://{host or here.netloc.decode()}{path}", sock=sock, origin=origin, proxy=None) as link:  # type: ignore[arg-type]
                link.recv(timeout=5)
        except InvalidStatus as error:
            return error.response.status_code
    return 101


def counted(client: httpx.Client, reason: str) -> int:
    """How many refusals the server has counted for a reason."""
    found = re.search(rf'web_refused_total.*reason="{reason}".* (\d+)', client.get("/metrics").text)
    return int(found[1]) if found else 0


def test_a_rebound_name_reads_nothing(client: httpx.Client) -> None:
    """A request under a foreign name gets no page, no data and no socket; the refusal is fenced in too."""
    for path in ("/", "/api/status", "/static/main.js", "/metrics"):
        answer = client.get(path, headers={"host": "evil.example"})
        assert answer.status_code == 421
        assert "content-security-policy" in answer.headers
    for path in ("/ws", "/ws/video"):
        assert refusal(client, path, host="evil.example") == 403
    assert counted(client, "host") == 6


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_can_neither_ask_nor_listen(client: httpx.Client, origin: str) -> None:
    """With a foreign Origin a POST and both websockets are refused; reading a page is not."""
    answer = client.post("/api/ask", json={"text": "bee"}, headers={"origin": origin})
    assert answer.status_code == 403
    for path in ("/ws", "/ws/video"):
        assert refusal(client, path, origin=origin) == 403
    assert client.get("/", headers={"origin": origin}).status_code == 200
    assert counted(client, "origin") == 3


def test_a_cross_site_post_without_origin_is_refused(client: httpx.Client) -> None:
    """Browsers that say where a request comes from are believed when they say "from another site"."""
    answer = client.post("/api/ask", json={"text": "bee"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_our_own_page_and_plain_programs_are_served(client: httpx.Client) -> None:
    """The same origin, and clients that send none, may ask and listen."""
    here = str(client.base_url).rstrip("/")
    for origin in (here, None):
        headers = {"origin": origin} if origin else {}
        assert client.post("/api/ask", json={"text": "bee"}, headers=headers).status_code == 200
        assert refusal(client, "/ws", origin=origin) == 101
        assert refusal(client, "/ws/video", origin=origin) == 101


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """Tokens come back with time, never more than the burst; addresses do not share."""
    clock = Clock()
    limit = RateLimit(rate=2, burst=3, clock=clock)
    assert [limit.allows("10.0.0.1") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("10.0.0.2")
    clock.now = 0.5
    assert [limit.allows("10.0.0.1") for _ in range(2)] == [True, False]
    clock.now = 1000
    assert [limit.allows("10.0.0.1") for _ in range(4)] == [True, True, True, False]


def test_one_ipv6_customer_is_one_address() -> None:
    """Addresses of one /64 share a bucket; an IPv4-mapped address is its IPv4 one."""
    limit = RateLimit(rate=0, burst=1, clock=Clock())
    assert limit.allows("2001:db8::1")
    assert not limit.allows("2001:db8::2")
    assert limit.allows("2001:db8:0:1::1")
    assert limit.allows("::ffff:10.0.0.1")
    assert not limit.allows("10.0.0.1")


@given(st.lists(st.text(max_size=80), max_size=50))
def test_the_table_is_bounded(addresses: list[str]) -> None:
    """However many addresses come, and whatever they look like, few are remembered."""
    limit = RateLimit(rate=1, burst=1, capacity=8, clock=Clock())
    for address in addresses:
        limit.allows(address)
        assert len(limit) <= 8


def test_pages_may_play_the_overflow_and_nothing_else_from_elsewhere() -> None:
    """Its origin alone stands in the content policy, and there only for media and its playlist."""
    with serving(FakeShow(), Preview(encode(4)[0]), overflow="https://cdn.example:8443/hls/show.m3u8") as server:
        policy = httpx.get(server.url).headers["content-security-policy"]
    assert policy.count("cdn.example") == 2
    assert "connect-src 'self' https://cdn.example:8443;" in policy
    assert "media-src 'self' https://cdn.example:8443 blob:;" in policy
