"""The page behind nginx, under a path."""

from __future__ import annotations

import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path

from dreamstream.web.address import PageAddress
from dreamstream.web.thumbnails import sheet_for
from dreamstream.wishes.vocabulary import Vocabulary
from tests.conftest import need_program
from tests.e2e.browser import eventually
from tests.e2e.conftest import free_port
from tests.e2e.screen import Open
from tests.web.show import FakeShow, Film, serving


def test_behind_a_reverse_proxy_under_a_path(visit: Open, film: Film, tmp_path: Path) -> None:
    """nginx serves the show under /dreams/: page, video, events, requests, list, kiosk and code work."""
    (nginx,) = need_program("nginx")
    show = FakeShow()
    sheet = sheet_for([word.name for word in Vocabulary.builtin()])
    address = PageAddress("127.0.0.1", 1, "https://gallery.example/dreams/")
    with serving(show, film.preview, stills=film.stills, sheet=sheet, address=address) as server:
        port = free_port()
        (tmp_path / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/log;
            events {{ worker_connections 64; }}
            http {{
              access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p;
              fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
              server {{
                listen 127.0.0.1:{port};
                location /dreams/ {{
                  proxy_pass {server.url}/;
                  proxy_http_version 1.1;
                  proxy_set_header Host $http_host;
                  proxy_set_header Upgrade $http_upgrade;
                  proxy_set_header Connection "upgrade";
                }}
              }}
            }}""")
        process = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
        try:
            eventually(lambda: answers(port), "nginx answering")
            screen = visit(f"http://127.0.0.1:{port}/dreams/")
            screen.becomes("live")
            screen.moves()
            screen.page.fill("#wish", "bee")
            screen.page.press("#wish", "Enter")
            eventually(lambda: show.asked, "the request reaching the show")
            with screen.page.expect_response(re.compile(r"/dreams/dreams\.webp")) as sheet_answer:
                screen.page.click("#browse-open")
            assert sheet_answer.value.ok
            eventually(lambda: screen.page.is_visible("[data-name=bee]"), "the list")
            screen = visit(f"http://127.0.0.1:{port}/dreams/?video=stills")
            screen.becomes("live")
            screen = visit(f"http://127.0.0.1:{port}/dreams/kiosk")
            screen.becomes("live")
            eventually(lambda: screen.page.evaluate("document.querySelector('#qr').naturalWidth") > 0, "the code")
            assert screen.text("#address") == "gallery.example/dreams"
            assert screen.page.evaluate("document.querySelector('#qr').src.includes('/dreams/qr.svg?')")
        finally:
            process.terminate()
            process.wait(10)


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with closing(socket.socket()) as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0
