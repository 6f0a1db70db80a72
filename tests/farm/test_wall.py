"""The wall's API: who may see, who may act, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from dreamstream.farm.wall import Role, Wall, create_wall
from dreamstream.web.server import WebServer
from dreamstream.web.token import Lock, digest
from tests.farm.told_farm import Farm

TOKENS = {"owner": Role.OPERATOR, "operator": Role.OPERATOR, "viewer": Role.VIEWER}


@pytest.fixture
def farm() -> Farm:
    """What the wall is of."""
    return Farm()


@pytest.fixture
def wall(farm: Farm) -> Iterator[httpx.Client]:
    """A client of its wall."""

    async def up(plan: str) -> str:
        farm.orders.append(("up", plan))
        return "up"

    locks = [(Lock(digest(token)), role) for token, role in TOKENS.items()]
    made = Wall(farm, farm, locks, up, lambda: farm.orders.append(("down", "")))
    server = WebServer(create_wall(made, "127.0.0.1"), port=0)
    server.start(60)
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        yield client
    server.close()


def bearer(token: str) -> dict[str, str]:
    """The header of a request that knows a token."""
    return {"authorization": f"Bearer {token}"}


def test_strangers_see_a_gate(wall: httpx.Client) -> None:
    """The page itself, and whether the farm is well; nothing of the channels but figures."""
    assert "The wall is locked" in wall.get("/").text
    assert wall.get("/static/base.css").status_code == 200
    assert wall.get("/wall/wall.js").status_code == 200
    assert wall.get("/healthz").json() == {"ok": True}
    for path in ("/api/farm", "/api/still/owls"):
        assert wall.get(path).status_code == 401
    assert wall.post("/api/farm/stop").status_code == 401
    metrics = wall.get("/metrics").text
    assert 'dreamstream_farm_channel_phase{channel="owls",phase="running"} 1.0' in metrics
    assert 'dreamstream_farm_channel_starts_total{channel="owls"} 2.0' in metrics
    assert "sesame" not in metrics


def test_viewers_look(wall: httpx.Client, farm: Farm) -> None:
    """A viewer's token shows everything but the ways into control rooms, and moves nothing."""
    said = wall.get("/api/farm", headers=bearer("viewer")).json()
    assert said["role"] == "viewer"
    assert said["channels"][0]["name"] == "owls"
    assert said["control"] == {}
    picture = wall.get("/api/still/owls", headers=bearer("viewer"))
    assert (picture.content, picture.headers["content-type"]) == (b"\xff\xd8", "image/jpeg")
    assert wall.get("/api/still/bees", headers=bearer("viewer")).status_code == 404
    refused = wall.post("/api/farm/stop", headers=bearer("viewer"))
    assert refused.status_code == 403
    assert "an operator's" in refused.json()["error"]
    assert farm.orders == []


def test_operators_act(wall: httpx.Client, farm: Farm) -> None:
    """An operator's token does, and says what cannot be done; which plan is read is the owner's alone to say."""
    said = wall.get("/api/farm", headers=bearer("operator")).json()
    assert said["control"] == {"owls": "http://127.0.0.1:8101/control#sesame"}
    assert wall.post("/api/farm/restart", headers=bearer("operator")).json() == {"reply": "done"}
    stop = wall.post("/api/farm/stop", headers=bearer("operator"), json={"channel": "owls"})
    assert stop.json() == {"reply": "done"}
    bees = wall.post("/api/farm/stop", headers=bearer("operator"), json={"channel": "bees"})
    assert (bees.status_code, bees.json()["error"]) == (409, "There is no channel bees. There is owls.")
    assert wall.post("/api/farm/dance", headers=bearer("operator")).status_code == 404
    assert wall.post("/api/farm/stop", headers=bearer("operator"), json={"channel": 3}).status_code == 400
    for order in ("up", "down"):
        assert wall.post(f"/api/farm/{order}", headers=bearer("operator"), json={"plan": "x"}).status_code == 404
    assert farm.orders == [("restart", ""), ("stop", "owls")]
    assert wall.post("/api/farm/up", headers=bearer("owner"), json={"plan": "x"}).json() == {"reply": "up"}
    wall.post("/api/farm/down", headers=bearer("owner"))
    assert farm.orders[2:] == [("up", "x"), ("down", "")]


def test_guesses_are_few(wall: httpx.Client) -> None:
    """After five wrong tokens an address is not heard for a while, even with the right one."""
    for _ in range(5):
        assert wall.get("/api/farm", headers=bearer("guess")).status_code == 401
    assert wall.get("/api/farm", headers=bearer("operator")).status_code == 429


def test_other_names_and_origins_are_refused(wall: httpx.Client, farm: Farm) -> None:
    """A page from elsewhere can neither read nor act, even with a token."""
    assert wall.get("/api/farm", headers={**bearer("viewer"), "host": "evil.example"}).status_code == 421
    foreign = {**bearer("operator"), "origin": "https://evil.example"}
    assert wall.post("/api/farm/stop", headers=foreign).status_code == 403
    assert farm.orders == []


def test_channels_are_moved_by_operators(wall: httpx.Client, farm: Farm) -> None:
    """And nodes drained; a node's name is a short text."""
    operator = bearer(next(token for token, role in TOKENS.items() if role is Role.OPERATOR))
    viewer = bearer(next(token for token, role in TOKENS.items() if role is Role.VIEWER))
    asked = {"channel": "owls", "node": "aaaa"}
    assert wall.post("/api/farm/move", json=asked, headers=viewer).status_code == 403
    assert wall.post("/api/farm/move", json=asked, headers=operator).json() == {"reply": "moved"}
    wall.post("/api/farm/drain", json={"node": "aaaa"}, headers=operator)
    wall.post("/api/farm/drain", json={"node": "aaaa", "undo": True}, headers=operator)
    assert farm.orders == [("owls", "aaaa"), ("drain", "aaaa"), ("back", "aaaa")]
    assert wall.post("/api/farm/move", json={"node": 5}, headers=operator).status_code == 400


def test_jobs_are_the_owners_alone(wall: httpx.Client, farm: Farm) -> None:
    """They read and write files of the farm's machine, so that no page has them, an operator's neither."""
    job = {"command": ["image", "-c", "bee"], "folder": "/f", "output": "/f/bee.png"}
    for token, status in (("viewer", 403), ("operator", 403), ("owner", 200)):
        assert wall.get("/api/farm/jobs", headers=bearer(token)).status_code == status
    assert wall.get("/api/farm/jobs").status_code == 401
    for order in ("submit", "cancel"):
        assert wall.post(f"/api/farm/{order}", json=job | {"job": 3}, headers=bearer("operator")).status_code == 404
    assert farm.orders == []
    assert wall.get("/api/farm/jobs", headers=bearer("owner")).json()["jobs"][0]["state"] == "waiting"
    assert wall.post("/api/farm/submit", json=job, headers=bearer("owner")).json() == {"reply": "submitted"}
    assert farm.orders == [("image -c bee", "/f /f/bee.png")]
    wrongs: tuple[tuple[str, object], ...] = (("command", "image"), ("command", []), ("command", [1]), ("folder", "f"))
    for key, value in (*wrongs, ("output", None)):
        assert wall.post("/api/farm/submit", json={**job, key: value}, headers=bearer("owner")).status_code == 400
    assert wall.post("/api/farm/cancel", json={"job": 3}, headers=bearer("owner")).json() == {"reply": "cancelled"}
    assert wall.post("/api/farm/cancel", json={"job": 4}, headers=bearer("owner")).status_code == 409
    assert wall.post("/api/farm/cancel", json={"job": "3"}, headers=bearer("owner")).status_code == 400
