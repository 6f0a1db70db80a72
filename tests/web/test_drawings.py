"""Drawings over HTTP: taken, refused in a sentence, shown; and nothing of them in a log."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dreamstream.core.drawing import MAX_BYTES, MAX_POINTS
from dreamstream.outputs.browser.preview import Preview
from tests.drawn import CAT
from tests.video.plasma import encode
from tests.web.drawings import FakeDrawings
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)
STROKES = CAT.to_json()


@pytest.fixture
def drawings() -> FakeDrawings:
    return FakeDrawings()


@pytest.fixture
def client(drawings: FakeDrawings) -> Iterator[httpx.Client]:
    with (
        serving(FakeShow(), Preview(INFO), drawings=drawings) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


def test_a_drawing_is_taken(client: httpx.Client, drawings: FakeDrawings) -> None:
    """With what it is of, who drew it, and the delivery's id; the answer names it."""
    body = {"drawing": STROKES, "of": "cat left", "who": " Ann ", "id": "one"}
    answer = client.post("/api/draw", json=body)
    assert answer.json() == {"reply": "drawn cat left is next.", "ok": True, "drawing": CAT.key()}
    assert drawings.drawn == [(CAT, "cat left", "Ann", "one", "/ann")]
    answer = client.post("/api/draw", json={"drawing": STROKES, "of": "spider"})
    assert answer.json() == {"reply": "That one is not dreamed here.", "ok": False, "drawing": None}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "JSON object"),
        (b"[" * 60_000, 400, "JSON object"),
        (b"[1, 2]", 400, "JSON object"),
        ({"drawing": 5}, 400, "must look like"),
        ({"drawing": STROKES, "of": 5}, 400, "of must be a text"),
        ({"drawing": {"strokes": [{"points": [[0.5, 0.5, -1]]}]}}, 400, "seconds must be 0 to 600, not -1"),
        (b'{"drawing": {"strokes": [{"points": [[NaN, 0.5, 0]]}]}}', 400, "x must be 0 to 1, not nan"),
        (b'{"drawing": {"strokes": [{"points": [[1e308, 0.5, 0]]}]}}', 400, r"x must be 0 to 1, not 1e\+308"),
        (b'{"drawing": {"strokes": [{"points": [[' + b"9" * 5000 + b", 0.5, 0]]}]}}", 400, "JSON object"),
        ({"drawing": {"strokes": [{"points": [[0, 0, 0]] * (MAX_POINTS + 1)}]}}, 400, f"at most {MAX_POINTS} points"),
        ({"drawing": {"strokes": [{"points": [[0.25, 0.25, 0]] * 1_000_000}]}}, 413, "at most 135168 bytes"),
    ],
)
def test_hostile_strokes_are_refused_in_a_sentence(
    client: httpx.Client, drawings: FakeDrawings, caplog: pytest.LogCaptureFixture, body: Any, status: int, says: str
) -> None:
    """Bounded before anything is parsed; nothing is drawn, and nothing of it is in the log."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with caplog.at_level(logging.DEBUG, "dreamstream"):
        answer = client.post("/api/draw", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error.endswith(".")
    assert pytest.approx(80, abs=80) == len(error)

    assert re.search(says, error)
    assert not drawings.drawn
    assert not caplog.messages


def test_a_flood_is_held_back(client: httpx.Client, drawings: FakeDrawings) -> None:
    """One address has a few at once; the others are told to wait."""
    codes = [client.post("/api/draw", json={"drawing": STROKES}).status_code for _ in range(12)]
    assert codes[:6] == [200] * 6
    assert codes[-1] == 429
    assert len(drawings.drawn) == codes.count(200) < 12


def test_what_may_be_drawn(client: httpx.Client, drawings: FakeDrawings) -> None:
    """Words with emoji, and the bounds; a show that takes none says so and refuses."""
    about = client.get("/api/drawing").json()
    assert about["words"] == [{"name": "cat", "emoji": "🐱"}, {"name": "tree frog", "emoji": "🐸"}]
    assert about["able"] is True
    assert (about["most"]["bytes"], about["most"]["points"]) == (MAX_BYTES, MAX_POINTS)
    assert drawings.expected == 0
    assert client.get("/api/drawing?soon=1").json() == about
    assert drawings.expected == 1
    drawings.able = False
    assert client.get("/api/drawing").json()["able"] is False
    assert client.post("/api/draw", json={"drawing": STROKES}).status_code == 409


def test_pictures_of_drawings(client: httpx.Client, drawings: FakeDrawings, tmp_path: Path) -> None:
    """The gallery lists those that were filled, and each has a file to keep; no others are found."""
    path = tmp_path / "any.png"
    path.write_bytes(b"\x89PNG")
    drawings.files["0123456789abcdef"] = path
    assert client.get("/api/drawings").json() == {
        "drawings": [{"drawing": "0123456789abcdef", "title": "drawn cat", "who": "ann"}]
    }
    answer = client.get("/drawings/0123456789abcdef.png")
    assert (answer.headers["content-type"], answer.content) == ("image/png", b"\x89PNG")
    drawings.taken_for["0123456789abcdef"] = "pizza"
    about = client.get("/api/drawing?drawing=0123456789abcdef").json()
    assert (about["filled"], about["seen"]) == (True, "pizza")
    assert client.get("/api/drawing?drawing=fedcba9876543210").json()["filled"] is False
    for other in ("fedcba9876543210", "..%2Fsecret", "%2e%2e"):
        assert client.get(f"/drawings/{other}.png").status_code == 404
    assert "Drawings of the evening" in client.get("/drawings").text


def test_a_show_without_drawings() -> None:
    """Its page finds out without an error."""
    with serving(FakeShow(), Preview(INFO)) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/api/drawing").json()["able"] is False
        assert client.post("/api/draw", json={"drawing": STROKES}).status_code == 409
