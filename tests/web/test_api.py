"""The JSON API, health and metrics, through a real server."""

from __future__ import annotations

import math
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web import json_body, metrics
from dreamstream.web.control_actions import ACTIONS
from dreamstream.web.intake import Intake
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, PACKETS = encode(4)


@pytest.fixture
def show() -> FakeShow:
    return FakeShow(queue=[("tree frog", "lin")])


@pytest.fixture
def client(show: FakeShow) -> Iterator[httpx.Client]:
    with serving(show, Preview(INFO), proxies=["127.0.0.1"]) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_status_is_the_shows(client: httpx.Client) -> None:
    """/api/status hands out the show's own status."""
    status = client.get("/api/status").json()
    assert status["version"] == 1
    assert status["now"]["title"] == "bee + pizza"
    assert [request["who"] for request in status["queue"]] == ["lin"]


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ({"text": "!dream bee", "who": "ada", "id": "x1"}, ("!dream bee", "ada", "web", "x1")),
        ({"text": "bee + pizza"}, ("!dream bee + pizza", "guest", "web", None)),
        ({"text": " !queue\n", "who": "  "}, ("!queue", "guest", "web", None)),
        ({"text": "a\u202eb\x00c\u2028d", "who": "x" * 99}, ("!dream abc d", "x" * 40, "web", None)),
        ({"text": "e\u0301" * 900, "who": None, "id": None}, ("!dream " + "\u00e9" * 500, "guest", "web", None)),
        ({"text": "<script>alert(1)</script>"}, ("!dream <script>alert(1)</script>", "guest", "web", None)),
    ],
)
def test_ask_hands_the_show_one_clean_line(
    client: httpx.Client, show: FakeShow, sent: Any, heard: tuple[str, ...]
) -> None:
    """Texts and names are cleaned and cut; a bare word becomes a wish; the id is passed on."""
    answer = client.post("/api/ask", json=sent)
    assert answer.status_code == 200
    assert isinstance(answer.json()["reply"], str)
    assert show.asked == [heard]


def test_only_a_trusted_proxy_says_who_asks(show: FakeShow) -> None:
    """Without trust in it a visitor's own header brings no second limit."""
    with serving(show, Preview(INFO)) as server:

        def ask(number: int) -> int:
            headers = {"x-forwarded-for": f"203.0.113.{number}"}
            return httpx.post(f"{server.url}/api/ask", json={"text": "bee"}, headers=headers).status_code

        assert 429 in [ask(number) for number in range(40)]


def test_a_trusted_proxy_says_who_asks(client: httpx.Client) -> None:
    """Visitors behind it do not share a limit; one of them who asks too much is stopped."""

    def ask(visitor: str) -> int:
        headers = {"x-forwarded-for": visitor}
        return client.post("/api/ask", json={"text": "bee"}, headers=headers).status_code

    assert 429 in [ask("203.0.113.5") for _ in range(40)]
    assert ask("203.0.113.6") == 200


def test_a_blank_line_draws_a_hint(client: httpx.Client, show: FakeShow) -> None:
    """It asks nothing of the show."""
    answer = client.post("/api/ask", json={"text": "  \0 "})
    assert answer.json() == {"reply": "Say what to dream, like bee + pizza."}
    assert show.asked == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"not json", "application/json", 400),
        (b'["text"]', "application/json", 400),
        (b'{"text": 5}', "application/json", 400),
        (b'{"text": "bee", "who": 7}', "application/json", 400),
        (b'{"text": "\xff\xfe"}', "application/json", 400),
        (b"[" * 60000, "application/json", 400),
        (b'{"text": "' + b"x" * 70000 + b'"}', "application/json", 413),
        (b'{"text": "bee"}', "text/plain", 415),
        (b"text=bee", "application/x-www-form-urlencoded", 415),
    ],
)
def test_bad_bodies_are_refused_with_a_sentence(
    client: httpx.Client, show: FakeShow, body: bytes, kind: str, status: int
) -> None:
    """Anything but a small JSON object with a text is answered with a status and one sentence, and asks nothing."""
    answer = client.post("/api/ask", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert show.asked == []


def test_a_flood_of_requests_is_limited_by_address(client: httpx.Client, show: FakeShow) -> None:
    """After the burst comes 429 with Retry-After; the show hears only the burst."""
    answers = [client.post("/api/ask", json={"text": "bee"}) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"]
    assert len(show.asked) == 40 - len(refused) <= 14


def test_classes_are_found_by_name_and_alias(client: httpx.Client) -> None:
    """/api/classes asks the show; limits are checked."""
    assert [each["name"] for each in client.get("/api/classes?q=bee").json()["classes"]] == ["bee", "beer", "beetle"]
    assert [each["emoji"] for each in client.get("/api/classes?q=lava").json()["classes"]] == ["🌋"]
    assert len(client.get("/api/classes?limit=3").json()["classes"]) == 3
    assert client.get("/api/classes?limit=many").status_code == 400


def test_health_is_about_moving_pictures_and_readiness_about_dreaming(client: httpx.Client, show: FakeShow) -> None:
    """/healthz and /readyz answer 503 with a reason when it is not so."""
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    show.moving, show.able, show.detail = False, False, "the network is being compiled"
    still, asleep = client.get("/healthz"), client.get("/readyz")
    assert (still.status_code, asleep.status_code) == (503, 503)
    assert still.json() == {"ok": False, "reason": "The last picture is 7.2 s old."}
    assert "being compiled" in asleep.json()["reason"]


def test_browsers_that_read_no_svg_have_an_icon(client: httpx.Client) -> None:
    """Where they look for one unasked, and by name: a PNG."""
    for path in ("/favicon.ico", "/static/icon.png"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content.startswith(b"\x89PNG")


def test_the_pages_are_fenced_in_and_name_nothing_outside(client: httpx.Client) -> None:
    """Pages carry a strict policy, contain no inline script or style, and refer to relative addresses only."""
    for path in ("/", "/overlay"):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)
        links = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
        assert links
        for link in links:
            assert not re.match(r"/|\w+:", link)
            assert client.get(f"/{link}").status_code == 200


def test_scripts_put_no_text_in_as_markup() -> None:
    """No script of ours writes HTML or evaluates text."""
    from dreamstream.web.app import STATIC

    scripts = list(STATIC.rglob("*.js"))
    assert scripts
    for script in scripts:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script.read_text())


def test_a_body_that_never_ends_is_given_up(
    client: httpx.Client, show: FakeShow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request with a part of its body is told that it took too long, and asks nothing."""
    monkeypatch.setattr(json_body, "TIMEOUT", 0.2)
    head = "POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), 60) as link:
        link.sendall(head.encode() + b'{"text": "be')
        assert link.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert show.asked == []


def test_unknown_paths_and_methods(client: httpx.Client) -> None:
    """Nothing outside the static folder can be had, and a GET asks for nothing."""
    for path in ("/nothing", "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static"):
        assert client.get(path).status_code in (404, 405)
    assert client.get("/api/ask").status_code == 405


def test_openapi_describes_every_route_and_the_whole_status(client: httpx.Client, show: FakeShow) -> None:
    """The document has a path for each JSON route, and what it says of the status is what the status has."""
    document = client.get("/api/openapi.json").json()
    actions = {f"/api/control/{name}" for name in ACTIONS}
    others = {"/api/status", "/api/ask", "/api/classes", "/healthz", "/readyz", "/api/control"}
    others |= {"/api/address", "/api/pictures", "/api/draw", "/api/drawing", "/api/drawings", "/api/lab"}
    others |= {"/api/control/drawings/{key}"}
    assert set(document["paths"]) == actions | others
    schema = {**document["components"]["schemas"]["PublicStatus"], "components": document["components"]}
    jsonschema.validate(client.get("/api/status").json(), schema)


def test_strangers_see_no_path_host_address_or_error(client: httpx.Client, show: FakeShow) -> None:
    """Not in the status, its events, the health probes or the metrics; the show itself knows them."""
    secrets = ("/home/ada", "example.org", "rtmp://")
    everything = show.status().model_dump_json()
    show.able = show.moving = False
    with connect(f"ws://127.0.0.1:{client.base_url.port}/ws", proxy=None, compression=None) as socket:
        seen = [str(socket.recv(timeout=10))]
    seen += [client.get(path).text for path in ("/api/status", "/healthz", "/readyz", "/metrics", "/api/openapi.json")]
    for secret in secrets:
        assert secret in everything
        assert all(secret not in text.replace("rtmp://HOST", "") for text in seen), secret


def test_metrics_are_prometheus_text_with_the_channel(client: httpx.Client, show: FakeShow) -> None:
    """Prometheus' own parser reads it; each sample carries the channel and comes once; histograms add up."""
    client.get("/api/status", headers={"host": "evil.example"})
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    samples = [sample for family in families.values() for sample in family.samples]
    assert all(sample.name.startswith("dreamstream_") for sample in samples)
    assert {sample.labels["channel"] for sample in samples} == {"main"}
    found = {(each.name, *sorted(each.labels.items())[1:]): each.value for each in samples}
    assert len(found) == len(samples)
    assert found["dreamstream_frames_total",] == 1234
    assert found["dreamstream_frame_stage_seconds", ("stage", "encode")] == pytest.approx(0.0032)
    assert found["dreamstream_dreamer_state", ("state", "dreaming")] == 1
    assert found["dreamstream_dream_cost_total", ("unit", "steps")] == 720
    assert found["dreamstream_sink_live", ("kind", "rtmp"), ("name", "rtmp")] == 1
    assert found["dreamstream_web_refused_total", ("reason", "host")] == 1
    assert found["dreamstream_frame_lateness_seconds_bucket", ("le", "1")] == 3
    assert found["dreamstream_frame_lateness_seconds_count",] == 3


def test_metrics_leave_out_what_is_not_known_and_keep_every_output(show: FakeShow) -> None:
    """Unknown figures have no sample; outputs of one name are told apart; odd channels are escaped."""
    status = show.status()
    twin = status.sinks[0].model_copy(update={"state": "failed"})
    dream = status.dream.model_copy(update={"age": None})
    changes = {"channel": 'a"b', "picture_age": math.inf, "dream": dream, "sinks": (status.sinks[0], twin)}
    text, _ = metrics.render(status.model_copy(update=changes), {})
    families = list(text_string_to_metric_families(text.decode()))
    assert not {"dreamstream_picture_age_seconds", "dreamstream_dream_age_seconds"} & {each.name for each in families}
    assert not any(family.name == "dreamstream_web_refused" for family in families)
    (live,) = [family for family in families if family.name == "dreamstream_sink_live"]
    assert {sample.labels["name"]: sample.value for sample in live.samples} == {"rtmp": 1, "rtmp-2": 0}
    assert live.samples[0].labels["channel"] == 'a"b'


def test_openmetrics_is_given_to_who_asks_for_it(client: httpx.Client) -> None:
    """A Prometheus server says which formats it takes."""
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_a_name_stands_for_the_same_person_only_at_one_address() -> None:
    """Two guests at two addresses are two people to the queue's limits; spelling makes no third."""
    seen: list[str] = []

    class Listening(FakeShow):
        def ask(self, text: str, who: str, source: str, id: str | None, visitor: str = "") -> str:
            seen.append(visitor)
            return "ok"

    desk = Intake(Listening())
    asked = [("10.0.0.1", "guest"), ("10.0.0.2", ""), ("10.0.0.1", "Guest"), ("2001:db8:0:1::5", "")]
    for address, who in (*asked, ("127.0.0.1", "")):
        desk.ask({"text": "bee", "who": who}, "text", address)
    assert seen == ["10.0.0.1/guest", "10.0.0.2/guest", "10.0.0.1/guest", "2001:db8:0:1::/64/guest", "/guest"]
