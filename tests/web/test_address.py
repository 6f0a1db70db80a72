"""Where others find the page: what is told, and what is not believed."""

from __future__ import annotations

import httpx
import pytest

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web import address as module
from dreamstream.web.address import PageAddress, code, is_loopback
from dreamstream.web.thumbnails import sheet_for
from dreamstream.wishes.vocabulary import Vocabulary
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

INFO, _ = encode(1)


@pytest.mark.parametrize(
    ("host", "public", "seen", "header", "told"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8080/", "127.0.0.1:8080", ""),
        ("127.0.0.1", "", "", "localhost:8080", ""),
        ("127.0.0.1", "https://dreams.example/", "", "x", "https://dreams.example/"),
        ("127.0.0.1", "", "https://dreams.example/show/", "dreams.example", "https://dreams.example/show/"),
        ("127.0.0.1", "", "https://evil.example/", "dreams.example", ""),
        ("127.0.0.1", "", "javascript:alert(1)//dreams.example", "dreams.example", ""),
        ("127.0.0.1", "", "https://a@dreams.example/", "a@dreams.example", ""),
        ("127.0.0.1", "", "https://dreams.example/" + "x" * 300, "dreams.example", ""),
        ("127.0.0.1", "", "http://[::1", "[::1", ""),
        ("0.0.0.0", "", "http://localhost:8080/", "localhost:8080", "http://192.168.7.8:8080/"),
        ("::", "", "", "x", "http://192.168.7.8:8080/"),
        ("10.0.0.5", "", "", "x", "http://10.0.0.5:8080/"),
        ("fd00::5", "", "", "x", "http://[fd00::5]:8080/"),
    ],
)
def test_the_address_that_others_are_told(
    monkeypatch: pytest.MonkeyPatch, host: str, public: str, seen: str, header: str, told: str
) -> None:
    """What the operator says, else where the asking page really was found, else this machine's own address."""
    monkeypatch.setattr(module, "lan_address", lambda: "192.168.7.8")
    assert PageAddress(host, 8080, public).page(seen, header) == told


def test_a_machine_in_no_network_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound to all addresses, but there is no network: nothing is promised."""
    monkeypatch.setattr(module, "lan_address", lambda: "")
    assert PageAddress("0.0.0.0", 8080).page("", "localhost") == ""


def test_what_is_loopback() -> None:
    """Names and addresses that only this machine can reach."""
    assert all(map(is_loopback, ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "10.0.0.5", "dreams.example", "localhost.example", "::")))


def test_the_code_is_read_back_by_a_decoder() -> None:
    """OpenCV reads the address from the code that the server draws."""
    import re

    import cv2
    import numpy as np
    import segno

    url = "http://192.168.1.20:8080/"
    svg = code(url).decode()
    assert svg.startswith("<?xml")
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert found
    made = segno.make(url, error="m", micro=False)
    assert int(found[1]) == made.symbol_size(border=0)[0]
    # The rows of dark modules that the SVG draws, as a picture.
    modules = np.array([[255 * (1 - cell) for cell in row] for row in made.matrix], np.uint8)
    drawn = np.pad(modules, 4, constant_values=255).repeat(8, axis=0).repeat(8, axis=1)
    assert cv2.QRCodeDetector().detectAndDecode(drawn)[0] == url
    with pytest.raises(ValueError, match="too long"):
        code("http://" + "x" * 300)


def test_the_server_tells_address_code_and_pictures() -> None:
    """/api/address, /qr.svg, /kiosk, /api/pictures and the sheet, each also where there is nothing to give."""
    words = [word.name for word in Vocabulary.builtin()]
    sheet = sheet_for(words)
    assert sheet is not None
    there = PageAddress("127.0.0.1", 1, "https://dreams.example/")
    with (
        serving(FakeShow(), Preview(INFO), sheet=sheet, address=there) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        assert client.get("/api/address").json() == {"url": "https://dreams.example/"}
        assert client.get("/qr.svg").headers["content-type"] == "image/svg+xml"
        assert "unsafe" not in client.get("/kiosk").headers["content-security-policy"]
        about = client.get("/api/pictures").json()
        assert about["names"] == list(sheet.names)
        answer = client.get("/" + about["sheet"])
        assert (answer.headers["content-type"], answer.content[8:12]) == ("image/webp", b"WEBP")
        assert len(answer.content) < 700_000
    with serving(FakeShow(), Preview(INFO)) as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/api/address", params={"at": server.url + "/"}).json() == {"url": None}
        assert client.get("/qr.svg").status_code == client.get("/dreams.webp").status_code == 404
        assert client.get("/api/pictures").json() == {"sheet": None}


def test_pictures_are_only_for_the_words_that_they_show() -> None:
    """Another network's words get no pictures of this one's."""
    words = [word.name for word in Vocabulary.builtin()]
    assert sheet_for(words[::-1]) is not None
    assert sheet_for(words[:-1]) is None
    assert sheet_for([word.name for word in Vocabulary.imagenet()]) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://localhost:80/"),
        ("::1", "http://[::1]:80/"),
        ("::", "http://localhost:80/"),
    ],
)
def test_the_address_of_the_page(host: str, url: str) -> None:
    """What a person types into the browser."""
    assert PageAddress(host, 80).here == url
