"""A real `dreamstream serve`, started as a person starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.polling import until

# A terminal belongs to the first program of a session that takes it. Taken by the new process itself, for JAX's threads
# in this one forbid a preexec_fn.
TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)

# Opens the control room of every show that is started here.
TOKEN = "a token for the tests"


class Served:
    """One show in a process of its own, on a free port; killed at the end if it still runs."""

    def __init__(
        self,
        home: Path,
        *options: str,
        name: str = "show",
        terminal: int | None = None,
        descriptors: int | None = None,
    ) -> None:
        """home: for state, cache and log. options: further flags. terminal: descriptor of one to be typed into.

        descriptors: how many files it may have open at most, by the system's hard limit.
        """
        self.home = home
        self._log = home / f"{name}.log"
        (home / "none.toml").touch()
        command = [sys.executable, "-m", "dreamstream", "serve", "--port", "0", "--size", "640x360", "--fps", "20"]
        command += ["--seed", "1", "--state", str(home / "state"), "--cache", str(home / "cache")]
        command += ["--config", str(home / "none.toml"), *options]
        if descriptors is not None:
            command = ["sh", "-c", f'ulimit -n {descriptors} && exec "$@"', "sh", *command]
        self.began = time.monotonic()
        with self._log.open("ab") as log:
            if terminal is not None:
                command = [sys.executable, "-c", TAKE_TERMINAL, *command]
            stdin = subprocess.DEVNULL if terminal is None else terminal
            self.process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "DREAMSTREAM_CONTROL_TOKEN": TOKEN},
                start_new_session=terminal is not None,
            )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+/", self.process.stdout.readline())
        assert found, f"it did not start: {self.log}"
        self.url = found[0]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        if error is not None:
            print(self.log)

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    def get(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the server answers to whoever has the control room's token, as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def status(self) -> dict[str, Any]:
        """The state of the show."""
        status: dict[str, Any] = self.get("api/status")
        return status

    def ask(self, text: str, who: str) -> str:
        """Ask over the API; the reply."""
        return str(self.get("api/ask", {"text": text, "who": who})["reply"])

    def until_dreaming(self, seconds: float = 120.0) -> None:
        """Wait for the first dream, which a cold start has to compile for."""

        def dreaming() -> bool:
            assert self.process.poll() is None, f"it ended: {self.log}"
            return bool(self.status()["dream"]["state"] == "dreaming")

        until(dreaming, seconds, "the first dream", 0.2)

    def sink(self, kind: str) -> dict[str, Any]:
        """What the control room is told of the first sink of a kind."""
        return next(sink for sink in self.get("api/control")["sinks"] if sink["kind"] == kind)

    def end(self, by: signal.Signals = signal.SIGTERM, seconds: float = 20.0) -> tuple[int, float]:
        """End it with a signal; its exit code, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(by)
        code = self.process.wait(seconds)
        return code, time.monotonic() - began
