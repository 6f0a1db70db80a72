"""A real IRC server, and people on it. Import the fixtures `irc_server` where they are needed."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import need_program
from tests.e2e.conftest import free_port
from tests.polling import until

CONFIG = """
[Global]
Name = irc.example.net
Info = for tests
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
PidFile = {home}/ngircd.pid
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxNickLength = {nick_length}
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
"""


class IrcServer:
    """One ngircd on loopback; stop and start keep its port."""

    def __init__(self, home: Path, nick_length: int = 20, extra: str = "") -> None:
        self.program = need_program("ngircd")[0]
        self.home, self.port = home, free_port()
        self.file = home / "ngircd.conf"
        self.file.write_text(CONFIG.format(port=self.port, home=home, nick_length=nick_length) + extra)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, channel: str = "dream") -> str:
        """The address of a channel as the command line takes it."""
        return f"irc://127.0.0.1:{self.port}/{channel}"

    def start(self) -> None:
        """Run it and wait until it listens."""
        with (self.home / "ngircd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "--nodaemon", "--config", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._listens, 10, "ngircd to listen")

    def stop(self) -> None:
        """End it; everybody on it is disconnected."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.home / "ngircd.log").read_text()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False


class IrcUser:
    """Somebody in a channel with a plain client; every wait has a deadline."""

    def __init__(self, server: IrcServer, nick: str, channel: str = "#dream") -> None:
        self.nick, self.channel = nick, channel
        self.lines: list[str] = []
        self._rest = b""
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.wait_for(lambda line: " 001 " in line)
        self.send(f"JOIN {channel}")
        self.wait_for(lambda line: " 366 " in line)

    def send(self, *lines: str) -> None:
        """Send raw lines."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def say(self, text: str) -> None:
        """Speak in the channel."""
        self.send(f"PRIVMSG {self.channel} :{text}")

    def wait_for(self, fits: Callable[[str], bool], seconds: float = 10.0) -> str:
        """The next line that fits; lines before it are kept in `lines`."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n" in self._rest:
                raw, _, self._rest = self._rest.partition(b"\n")
                line = raw.decode().strip()
                if line.startswith("PING"):
                    self.send(line.replace("PING", "PONG", 1))
                self.lines.append(line)
                if fits(line):
                    return line
            left = deadline - time.monotonic()
            assert left > 0, f"waited {seconds:g} s; heard {self.lines[-10:]}"
            self._socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                chunk = self._socket.recv(4096)
                assert chunk, "the server closed the connection"
                self._rest += chunk

    def hears(self, text: str, seconds: float = 10.0) -> str:
        """The next message in the channel that contains `text`."""
        return self.wait_for(lambda line: " PRIVMSG " in line and text in line, seconds)

    def leave(self) -> None:
        """Close the connection."""
        self._socket.close()


@pytest.fixture
def irc_server(tmp_path: Path) -> Iterator[IrcServer]:
    """A running IRC server; skipped where ngircd is missing, but not in CI."""
    home = tmp_path / "ngircd"
    home.mkdir()
    server = IrcServer(home)
    server.start()
    yield server
    server.stop()
