"""The page behind a real nginx that is set up as docs/page.md says: who asks too much, and who tries to hide it."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from dreamstream.outputs.browser.preview import Preview
from dreamstream.web.connections import Connections, Proxies
from tests.conftest import need_program
from tests.e2e.conftest import free_port
from tests.polling import until
from tests.video.plasma import encode
from tests.web.show import FakeShow, serving

DOCS = Path(__file__).parents[2] / "docs" / "page.md"


@contextlib.contextmanager
def behind_nginx(home: Path, show: FakeShow, proxies: list[str], refused: Counter[str]) -> Iterator[str]:
    """A show's server, and nginx before it with the configuration of the docs; the page's address at nginx."""
    (nginx,) = need_program("nginx")
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    visitors = Connections(refused, proxies=Proxies(proxies))
    with serving(show, Preview(encode(4)[0]), visitors=visitors, proxies=proxies) as server:
        port = free_port()
        assert "http://127.0.0.1:8080/" in found[1]
        location = found[1].replace("http://127.0.0.1:8080/", f"http://127.0.0.1:{server.port}/")
        folders = "".join(
            f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (home / "nginx.conf").write_text(
            f"pid {home}/pid; daemon off; master_process off; error_log {home}/error.log; events {{}}\n"
            f"http {{ access_log off; {folders} server {{ listen 127.0.0.1:{port};\n{location}}} }}\n"
        )
        process = subprocess.Popen(
            [nginx, "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
        )
        try:
            url = f"http://127.0.0.1:{port}/dreams/"

            def answers() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return httpx.get(url).status_code == 200
                return False

            until(answers, 10, "nginx")
            yield url
        finally:
            process.kill()
            process.wait(10)


@pytest.mark.parametrize("proxies", [["127.0.0.1"], []], ids=["trusted", "not trusted"])
def test_a_visitors_own_word_about_the_address_frees_from_no_limit(tmp_path: Path, proxies: list[str]) -> None:
    """Whatever address a visitor claims, asking too much is answered with 429, whether nginx is trusted or not."""
    refused: Counter[str] = Counter()
    with behind_nginx(tmp_path, FakeShow(), proxies, refused) as url:
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as client:

            def ask(number: int) -> int:
                claims = {"x-forwarded-for": f"203.0.113.{number}", "x-real-ip": f"203.0.113.{number}"}
                return client.post(f"{url}api/ask", json={"text": "bee"}, headers=claims).status_code

            answers = Counter(ask(number) for number in range(60))
        assert answers[429] >= 40
        assert answers[200] + answers[429] == 60
        with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.3")) as other:
            answer = other.post(f"{url}api/ask", json={"text": "bee"}).status_code
        # Only a trusted proxy tells one visitor from the next.
        assert answer == (200 if proxies else 429)
        assert refused["rate"] >= 40


def test_page_and_websockets_work_under_a_path(tmp_path: Path) -> None:
    """The page's own relative addresses lead through nginx."""
    with behind_nginx(tmp_path, FakeShow(), ["127.0.0.1"], Counter()) as url:
        page = httpx.get(url)
        assert page.status_code == 200
        for link in re.findall(r'(?:src|href)="([^"]*)"', page.text):
            assert httpx.get(url + link).status_code == 200
        origin = Origin(url.removesuffix("/dreams/"))
        for path in ("ws", "ws/video"):
            with connect(f"{url.replace('http', 'ws', 1)}{path}", origin=origin, proxy=None) as socket:
                assert socket.recv(timeout=10)
