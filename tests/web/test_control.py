"""The control room's API and events on a real server: closed to all but the token, and strict with what it is told."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dreamstream.core.drawing import Drawing
from dreamstream.core.errors import UserError
from dreamstream.core.status import BlockedStatus, HeldStatus, RoomStatus, SoundStatus
from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.control_actions import ACTIONS, Action, Preset, read
from dreamstream.web.server import WebServer
from dreamstream.web.token import Lock, digest, new_token
from tests.drawn import CAT
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)
TOKEN = "a token of the right length"


class FakeRoom:
    """Remembers what it was told to do, and cannot do "preset"."""

    def __init__(self) -> None:
        self.done: list[tuple[str, dict[str, Any]]] = []

    def state(self) -> RoomStatus:
        """Something that changes with what was done."""
        return RoomStatus(
            paused=False,
            hold=30,
            limit=2,
            controls=(),
            preset="vivid",
            presets=("vivid",),
            outputs=(),
            blocked=BlockedStatus(viewers=(), classes=()),
            held=(HeldStatus(drawing=CAT.key(), title="drawn cat", who="ann"),),
            sound=SoundStatus(state="silence"),
            chat={"messages": len(self.done)},
            errors=(),
        )

    def drawing(self, key: str) -> Drawing | None:
        """One."""
        return CAT if key == CAT.key() else None

    async def act(self, action: Action) -> str:
        """Note it."""
        if isinstance(action, Preset):
            raise UserError("There is no such look.")
        self.done.append((type(action).__name__.lower(), action.model_dump()))
        return f"{type(action).__name__.lower()} done"


@pytest.fixture
def room() -> FakeRoom:
    return FakeRoom()


@pytest.fixture
def server(room: FakeRoom) -> Iterator[WebServer]:
    with serving(FakeShow(), Preview(INFO), control=room, token=TOKEN) as server:
        yield server


@pytest.fixture
def owner(server: WebServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


def test_the_lock_opens_for_its_token_alone() -> None:
    """No other token, no empty one, and nobody where no token was set."""
    token = new_token()
    assert len(token) == 32
    assert token != new_token()
    assert Lock(digest(token)).opens(token)
    assert Lock(digest(token)).opens(f" {token}\n")
    for wrong in ("", token[:-1], token + "x", token.swapcase(), digest(token)):
        assert not Lock(digest(token)).opens(wrong)
    for given_token in ("", token):
        assert not Lock().opens(given_token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_nothing_is_told_or_done_without_the_token(server: WebServer, room: FakeRoom, header: str | None) -> None:
    """State and every action answer 401 and do nothing."""
    headers = {} if header is None else {"authorization": header}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        assert client.get("/api/control").status_code == 401
        assert client.post("/api/control/skip", json={}).status_code == 401
        assert "paused" not in client.get("/api/control").text
    assert not room.done


def test_guessing_is_slowed_down_and_counted(server: WebServer, owner: httpx.Client) -> None:
    """After five wrong tokens an address hears 429, also to the right one, by request and by websocket alike."""
    wrong = {"authorization": "Bearer guess"}
    codes = [httpx.get(f"{server.url}/api/control", headers=wrong).status_code for _ in range(8)]
    assert codes == [401] * 5 + [429] * 3
    assert owner.get("/api/control").status_code == 429
    assert owner.post("/api/control/skip", json={}).status_code == 429
    url = f"ws://127.0.0.1:{server.port}/ws/control"
    with connect(url, proxy=None, compression=None) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    assert 'web_refused_total{channel="main",reason="token"} 10.0' in httpx.get(f"{server.url}/metrics").text


def test_guesses_by_websocket_count_too(server: WebServer, owner: httpx.Client) -> None:
    """Sockets opened beforehand guess no more than others."""
    with contextlib.ExitStack() as stack:
        url = f"ws://127.0.0.1:{server.port}/ws/control"
        sockets = [stack.enter_context(connect(url, proxy=None, compression=None)) for _ in range(8)]
        for number, socket in enumerate(sockets):
            socket.send(json.dumps({"token": "guess" if number < 5 else TOKEN}))
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=10)
    assert owner.get("/api/control").status_code == 429


def test_actions_reach_the_show_with_checked_arguments(owner: httpx.Client, room: FakeRoom) -> None:
    """Each with its arguments and no others; an answer in words."""
    for action, arguments in (
        ("skip", {}),
        ("move", {"id": "x", "place": 2}),
        ("set", {"name": "zoom", "value": 1.08}),
        ("hold", {"seconds": 20}),
    ):
        answer = owner.post(f"/api/control/{action}", json=arguments)
        assert (answer.status_code, answer.json()) == (200, {"reply": f"{action} done"})
        assert room.done[-1] == (action, arguments)
    bare = owner.post("/api/control/pause", headers={"content-type": "application/json"})
    assert bare.status_code == 200


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("fly", {}, 404),
        ("preset", {"name": "loud"}, 409),
        ("skip", {"now": 1}, 400),
        ("skip", [], 400),
        ("move", {"id": "x"}, 400),
        ("move", {"id": "x", "place": 1.5}, 400),
        ("move", {"id": "x", "place": True}, 400),
        ("move", {"id": "x", "place": -1}, 400),
        ("move", {"id": "", "place": 1}, 400),
        ("hold", {"seconds": 1e9}, 400),
        ("hold", {"seconds": "20"}, 400),
        ("remove", {"id": "x" * 201}, 400),
        ("block", {"name": None}, 400),
        ("hold", {"seconds": 10**400}, 400),
        ("set", {"name": "zoom", "value": 10**400}, 400),
        ("set", {"name": "zoom", "value": -(10**400)}, 400),
        ("move", {"id": "x", "place": 10**400}, 400),
        ("limit", {"count": 10**400}, 400),
        ("ask", {"text": " \t "}, 400),
    ],
)
def test_wrong_arguments_are_a_sentence(owner: httpx.Client, room: FakeRoom, action: str, body: Any, code: int) -> None:
    """Nothing is done."""
    answer = owner.post(f"/api/control/{action}", json=body)
    assert answer.status_code == code
    assert answer.json()["error"].endswith(".")
    assert not room.done


def test_foreign_pages_types_and_sizes_are_refused(owner: httpx.Client, room: FakeRoom) -> None:
    """Also with the right token."""
    path = "/api/control/skip"
    assert owner.post(path, json={}, headers={"origin": "https://evil.example"}).status_code == 403
    assert owner.post(path, data={"a": "b"}).status_code == 415
    assert owner.post(path, content=b"x" * 70_000, headers={"content-type": "application/json"}).status_code == 413
    assert owner.post(path, content=b"[" * 9000, headers={"content-type": "application/json"}).status_code == 400
    assert owner.get(path).status_code == 405
    assert not room.done


@given(
    st.sampled_from(sorted(ACTIONS)),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=8,
    ).filter(lambda body: isinstance(body, dict)),
)
@settings(max_examples=300)
def test_any_json_is_read_or_refused(action: str, body: Any) -> None:
    """read() raises ValueError with a sentence and nothing else, and returns every argument."""
    said = ""
    try:
        assert set(read(action, body).model_dump()) == set(ACTIONS[action].model_fields)
    except ValueError as error:
        said = str(error)
    assert said == "" or re.fullmatch(r"[^\n]{1,200}\.", said)


@contextlib.contextmanager
def watch(server: WebServer, hello: str) -> Iterator[ClientConnection]:
    """A socket that says `hello` first."""
    with connect(f"ws://127.0.0.1:{server.port}/ws/control", proxy=None, compression=None) as socket:
        socket.send(hello)
        yield socket


def test_events_are_the_whole_state_then_changes(server: WebServer, owner: httpx.Client, room: FakeRoom) -> None:
    """With the public status beside what only the control room sees."""
    with watch(server, json.dumps({"token": TOKEN})) as socket:
        first = json.loads(socket.recv(timeout=10))
        assert first["type"] == "state"
        assert first["state"]["control"] == json.loads(room.state().model_dump_json())
        assert first["state"]["sinks"][0]["url"] == "rtmp://live.example.org/app/***"
        assert first["state"]["now"]["title"] == "bee + pizza"
        owner.post("/api/control/skip", json={})
        while "control" not in (changes := json.loads(socket.recv(timeout=10)).get("changes", {})):
            pass
        assert changes["control"]["chat"]["messages"] == 1


@pytest.mark.parametrize("hello", ["{}", "nonsense", '{"token": "wrong"}', '{"token": 5}', "[" * 5000, ""])
def test_a_socket_without_the_token_hears_nothing(server: WebServer, hello: str) -> None:
    """It is closed with 1008."""
    with watch(server, hello) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_the_page_is_there_and_holds_no_secret(server: WebServer) -> None:
    """Anyone may load it; it is fenced in like the others."""
    page = httpx.get(f"{server.url}/control")
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert digest(TOKEN) not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
