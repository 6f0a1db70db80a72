"""Real servers for the end-to-end tests."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing, need_program
from tests.e2e.screen import browser, film, humming, visit
from tests.polling import until

__all__ = ["browser", "film", "humming", "visit"]

MODULES = [
    Path("/usr/lib/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/local/lib/nginx/modules/ngx_rtmp_module.so"),
]
CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log info;
load_module {module};
events {{ worker_connections 256; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    access_log {home}/access.log;
    application live {{ live on; record off; }}
    application closed {{ live on; record off; deny publish all; }}
  }}
}}
"""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class RtmpServer:
    """nginx with its RTMP module on a loopback port of its own; it can be killed and started again there.

    Application `live` takes any key; `closed` refuses everyone.
    """

    def __init__(self, home: Path) -> None:
        (self._nginx,) = need_program("nginx")
        module = next((path for path in MODULES if path.is_file()), None)
        if module is None:
            missing("nginx's RTMP module is not installed")
        self._home = home
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (home / "nginx.conf").write_text(CONFIG.format(home=home, module=module, port=self.port))

    def url(self, key: str, application: str = "live") -> str:
        """The address of a stream."""
        return f"rtmp://127.0.0.1:{self.port}/{application}/{key}"

    @property
    def pid(self) -> int:
        """The number of nginx's only process, for signals."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What nginx has logged about its streams."""
        return (self._home / "error.log").read_text(errors="replace")

    def start(self) -> None:
        """Run nginx and wait until it accepts connections."""
        self._process = subprocess.Popen(
            [self._nginx, "-c", str(self._home / "nginx.conf"), "-p", str(self._home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._home / "stderr.log").open("wb"),
        )
        until(self._answers, 10, "nginx to answer")

    def kill(self) -> None:
        """End nginx at once, as a crash or a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"nginx ended: {(self._home / 'stderr.log').read_text(errors='replace')}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
        except OSError:
            return False
        return True


@pytest.fixture
def rtmp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtmpServer]:
    """A running nginx that takes RTMP streams."""
    server = RtmpServer(tmp_path_factory.mktemp("nginx"))
    server.start()
    yield server
    server.kill()
