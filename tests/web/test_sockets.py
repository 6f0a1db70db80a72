"""The two websockets on a real server: what good peers get, and what hostile ones cost."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import av
import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dreamstream.core.errors import UserError
from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.server import WebServer, listen
from tests.e2e.browser import eventually
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, PACKETS = encode(30, gop=10)


@dataclass
class Site:
    """A served show."""

    show: FakeShow
    preview: Preview
    server: WebServer

    def open(self, path: str = "/ws") -> ClientConnection:
        """A websocket to it."""
        return connect(f"ws://127.0.0.1:{self.server.port}{path}", proxy=None, compression=None)

    def refused(self, reason: str) -> int:
        """How many refusals it has counted for a reason."""
        text = httpx.get(f"{self.server.url}/metrics").text
        found = re.search(rf'web_refused_total.*reason="{reason}".* (\d+)', text)
        return int(found[1]) if found else 0


@pytest.fixture
def site() -> Iterator[Site]:
    show, preview = FakeShow(), Preview(INFO)
    with serving(show, preview) as server:
        yield Site(show, preview, server)


def hear(link: ClientConnection, kind: str) -> dict[str, object]:
    """The next event of a kind."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        message: dict[str, object] = json.loads(link.recv(timeout=10))
        if message["type"] == kind:
            return message
    pytest.fail(f"no {kind} within 10 s")


def end_of(link: ClientConnection) -> int:
    """The code with which the server closes the socket, whatever it says before."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            link.recv(timeout=10)
    assert link.close_code is not None
    return link.close_code


def test_events_begin_with_the_state_and_tell_changes_soon(site: Site) -> None:
    """A page knows all at once, and a change within half a second or so."""
    with site.open() as link:
        first = json.loads(link.recv(timeout=5))
        assert (first["type"], first["version"], first["state"]["now"]["title"]) == ("state", 1, "bee + pizza")
        site.show.title = ("volcano",)
        start = time.monotonic()
        while "now" not in (changes := hear(link, "change")["changes"]) or changes["now"]["title"] != "volcano":  # type: ignore[operator,index]
            pass
        assert time.monotonic() - start < 3


def test_asking_over_the_socket_is_answered_there_with_the_same_id(site: Site) -> None:
    """A request reaches the show with its id, and the reply carries it."""
    with site.open() as link:
        link.send(json.dumps({"ask": "!dream bee", "who": "ada", "id": "q1"}))
        reply = hear(link, "reply")
        assert reply["id"] == "q1"
        assert reply["ok"] is True
        assert "bee is coming" in str(reply["text"])
    assert site.show.asked == [("!dream bee", "ada", "web", "q1")]


def test_a_show_that_stumbles_costs_nobody_the_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a request makes the show fail, its asker gets a sentence and can ask again."""
    heard = site.show.ask

    def ask(text: str, who: str, source: str, id: str | None, visitor: str) -> str:
        if "bee" in text:
            raise KeyError("bee")
        return heard(text, who, source, id)

    monkeypatch.setattr(site.show, "ask", ask)
    with site.open() as link:
        link.send(json.dumps({"ask": "bee"}))
        assert "went wrong" in str(hear(link, "reply")["text"])
        link.send(json.dumps({"ask": "volcano"}))
        assert "volcano is coming" in str(hear(link, "reply")["text"])


def test_nonsense_is_dropped_counted_and_draws_no_reply(site: Site) -> None:
    """Malformed messages disappear; the socket stays good for what is well formed."""
    with site.open() as link:
        for message in ("", "{", "[]", '{"ask": 5}', '{"ask": "  "}', "[" * 5000, b"\x00\xff", '{"who": "ada"}'):
            link.send(message)
        link.send(json.dumps({"ask": "bee", "id": "last"}))
        assert hear(link, "reply")["id"] == "last"
    assert site.refused("malformed") == 8
    assert len(site.show.asked) == 1


def test_a_peer_of_nothing_but_nonsense_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many malformed messages the socket is closed."""
    monkeypatch.setattr("dreamstream.web.sockets._PENALTY", 0.0)
    with site.open() as link:
        for _ in range(20):
            link.send("nonsense")
        assert end_of(link) == 1008


def test_invalid_utf8_and_oversized_messages_close_and_are_counted(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaking the protocol ends that one socket, without a traceback in the log."""
    with site.open() as link:
        link.send(b"\xff\xfe{", text=True)
        assert end_of(link) == 1007
    with site.open() as link:
        link.send("x" * 70_000)
        assert end_of(link) == 1009
    eventually(lambda: site.refused("utf8") == 1 and site.refused("oversized") == 1, "counting both")
    assert "Traceback" not in caplog.text
    assert site.show.asked == []


def test_a_flood_draws_one_notice_and_delays_nobody(site: Site) -> None:
    """A flooder is heard at the allowed rate, told once, and slowed; another page is answered meanwhile."""
    begin = time.monotonic()
    with site.open() as link, site.open() as flooder:
        hear(link, "state")
        for _ in range(300):
            flooder.send('{"ask": "bee"}')
        eventually(lambda: site.refused("rate") >= 3, "the flood being noticed")
        site.show.title = ("volcano",)
        start = time.monotonic()
        while "now" not in hear(link, "change")["changes"]:  # type: ignore[operator]
            pass
        assert time.monotonic() - start < 3
        passed = time.monotonic() - begin
        assert 12 <= len(site.show.asked) <= 13 + 2 * passed
        notices = 0
        with contextlib.suppress(TimeoutError):
            while (message := json.loads(flooder.recv(timeout=0.5)))["type"] != "change" or notices == 0:
                notices += message["type"] == "reply" and not message["ok"]
        assert 1 <= notices <= 1 + passed / 5
        # Gone without a goodbye, which would wait behind the flood.
        flooder.socket.shutdown(socket.SHUT_RDWR)


def test_video_is_described_then_streamed_and_decodes(site: Site) -> None:
    """A viewer gets codec and size, the initialisation segment, and from the latest key frame on every frame."""
    for packet in PACKETS[:15]:
        site.preview.put(packet)
    with site.open("/ws/video") as link:
        about = json.loads(link.recv(timeout=5))
        assert about == {"codec": site.preview.codec, "width": 160, "height": 96, "fps": 30}
        data = [link.recv(timeout=5) for _ in range(6)]
        for packet in PACKETS[15:]:
            site.preview.put(packet)
        data += [link.recv(timeout=5) for _ in range(15)]
    with av.open(io.BytesIO(b"".join(part for part in data if isinstance(part, bytes))), "r") as container:
        assert len(list(container.decode(video=0))) == 20
    eventually(lambda: site.preview.viewers == 0, "the place being given back")


def test_one_viewer_too_many_is_told_so() -> None:
    """When all places are taken, the socket is closed with a code and a reason that the page can show."""
    preview = Preview(INFO, max_viewers=1)
    with serving(FakeShow(), preview) as server:
        site = Site(FakeShow(), preview, server)
        with site.open("/ws/video") as first:
            first.recv(timeout=5)
            with site.open("/ws/video") as second, pytest.raises(ConnectionClosed) as closed:
                second.recv(timeout=5)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "All 1 places are taken.")
        assert site.refused("full") == 1


def test_one_viewer_too_many_is_told_where_else_to_look() -> None:
    """The address of the copy comes first, then the reason."""
    preview = Preview(INFO, max_viewers=0)
    url = "https://cdn.example/show.m3u8"
    with serving(FakeShow(), preview, overflow=url) as server:
        site = Site(FakeShow(), preview, server)
        with site.open("/ws/video") as socket:
            assert json.loads(socket.recv(timeout=5)) == {"overflow": url}
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=5)


def test_a_viewer_that_stops_reading_is_dropped_and_the_others_see_every_frame() -> None:
    """A stuck reader loses its place after the patience; a good viewer misses nothing meanwhile."""
    preview = Preview(INFO, patience=1.0)
    big = encode(20, gop=10, width=640, height=360, options={"preset": "ultrafast", "tune": "zerolatency", "qp": "1"})
    info, packets = big
    preview = Preview(info, patience=1.0)
    seen: list[bytes] = []
    with serving(FakeShow(), preview) as server:
        site = Site(FakeShow(), preview, server)
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stuck, site.open("/ws/video") as good:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.sendall(
                b"GET /ws/video HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            eventually(lambda: preview.viewers == 2, "both viewers joining")
            good.recv(timeout=5)
            good.recv(timeout=5)
            deadline = time.monotonic() + 15  # Well before the kernel would cut it off.
            while preview.viewers == 2 and time.monotonic() < deadline:
                for packet in packets:
                    preview.put(packet)
                    fragment = good.recv(timeout=5)
                    assert isinstance(fragment, bytes)
                    seen.append(fragment)
            assert preview.viewers == 1
            state = preview.state()
            assert state["closed_slow"] == 1
            assert len(seen) == state["frames"]
            preview.put(packets[0])
            assert good.recv(timeout=5)


def test_talking_to_the_video_socket_changes_nothing(site: Site) -> None:
    """Messages there are dropped and counted."""
    with site.open("/ws/video") as link:
        link.recv(timeout=5)
        link.send('{"ask": "bee"}')
        eventually(lambda: site.refused("malformed") == 1, "counting")
        site.preview.put(PACKETS[0])
        link.recv(timeout=5)
        assert isinstance(link.recv(timeout=5), bytes)
    assert site.show.asked == []


def test_closing_the_server_says_goodbye_quickly(site: Site) -> None:
    """Open sockets do not hold the server back."""
    with site.open() as events, site.open("/ws/video") as video:
        events.recv(timeout=5)
        video.recv(timeout=5)
        start = time.monotonic()
        site.server.close()
        assert time.monotonic() - start < 4
        assert end_of(events) == end_of(video) == 1012


def test_a_busy_port_is_told_with_the_remedy() -> None:
    """Two servers cannot have one port; the second says what to do."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UserError, match=rf"Port {port} on 127.0.0.1 is already in use.*--port {port + 1}\."):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"), [("203.0.113.7", 8080), ("no.such.name.invalid", 8080), ("127.0.0.1", 70000)]
)
def test_an_impossible_address_is_told_in_a_sentence(host: str, port: int) -> None:
    """An address of another machine, an unknown name and a port that does not exist each give one sentence."""
    with pytest.raises(UserError, match=r"^(Cannot listen on|Port) .*\.$"):
        listen(host, port)
