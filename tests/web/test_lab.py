"""The laboratory over HTTP: what it tells of a subject, and pictures that are kept, bounded, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.lab import BURST
from tests.video.plasma import encode
from tests.web.lab import FakeLab
from tests.web.show import FakeShow, serving

INFO, _ = encode(4)


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def client(lab: FakeLab) -> Iterator[httpx.Client]:
    with (
        serving(FakeShow(), Preview(INFO), lab=lab) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


def test_what_is_told_of_a_subject(client: httpx.Client) -> None:
    """Its name, its points, and by what its pictures are kept; the page is there."""
    assert client.get("/api/lab").json() == {
        "able": True,
        "subject": "cat",
        "points": list("abcdefgh"),
        "named": ["taco"],
        "film": False,
        "version": "0123456789ab",
        "largest": 999999,
    }
    assert "Between four corners" in client.get("/lab").text


def test_a_picture_is_kept_by_its_address(client: httpx.Client, lab: FakeLab) -> None:
    """Only where that names the subject's version."""
    answer = client.get("/lab/calc%20a%20-%20b%20%2B%20c.jpg?0123456789ab")
    assert (answer.headers["content-type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert "immutable" in answer.headers["cache-control"]
    assert lab.asked == ["calc a - b + c"]
    for picture in ("a.jpg", "a.jpg?ba9876543210", "taco.jpg?0123456789ab"):
        assert client.get(f"/lab/{picture}").headers["cache-control"] == "no-cache"


def test_a_picture_that_is_not_there(client: httpx.Client, lab: FakeLab) -> None:
    """No point, and a show that has enough to do, each with a sentence."""
    answer = client.get("/lab/owl.jpg")
    assert (answer.status_code, answer.json()["error"]) == (404, "That is no point.")
    lab.busy = True
    answer = client.get("/lab/a.jpg")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_the_film_of_a_training(client: httpx.Client, lab: FakeLab, tmp_path: Path) -> None:
    """Whole, or the part that a browser asks for; where there is none, a sentence."""
    answer = client.get("/lab/film.mp4")
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no film of this subject's training.")
    lab.film = tmp_path / "film.mp4"
    lab.film.write_bytes(bytes(range(200)))
    (tmp_path / "recipe.json").write_text("{}")
    assert client.get("/api/lab").json()["film"]
    answer = client.get("/lab/film.mp4")
    assert (answer.headers["content-type"], answer.content) == ("video/mp4", bytes(range(200)))
    part = client.get("/lab/film.mp4", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/200"
    assert client.get("/lab/film.mp4", headers={"range": "bytes=500-"}).status_code == 416
    for other in ("recipe.json", "film", "film.mp4/../recipe.json", "..%2frecipe.json"):
        assert client.get(f"/lab/{other}").status_code == 404


def test_a_flood_is_held_back(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address has two pages at once; the rest is told to wait."""
    monkeypatch.setattr("dreamstream.web.lab.RATE", 0.0)
    with (
        serving(FakeShow(), Preview(INFO), lab=lab) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        codes = [client.get("/lab/a.jpg").status_code for _ in range(BURST + 3)]
    assert codes == [200] * BURST + [429] * 3
    assert len(lab.asked) == BURST


def test_a_show_without_a_subject() -> None:
    """Its page finds out without an error."""
    with serving(FakeShow(), Preview(INFO)) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        about = client.get("/api/lab").json()
        assert (about["able"], about["points"]) == (False, [])
        assert client.get("/lab").status_code == 200
        assert client.get("/lab/a.jpg").status_code == 404
