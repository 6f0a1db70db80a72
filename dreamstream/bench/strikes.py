"""What befalls a show that runs for weeks, made to happen in an hour: servers die, disks fill, crowds shout.

    waiting -> (its time has come) -> struck -> (it has lasted) -> ended -> (all is well again) -> waiting
One strike at a time; what is measured is how long all takes to be well again after it has ended.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from dreamstream.bench.crowd import Crowd
from dreamstream.bench.taker import PATH

# At speed 1 each kind strikes twice an hour.
USUAL_GAP = 1800.0
# A small disk for the show's state: large enough for what a show keeps, small enough to be filled in a moment.
DISK_MB = 64
FILLER = "filler"
FLOOD, FLOOD_RATE = 10.0, 500.0  # seconds, messages a second


@dataclass(frozen=True)
class Strike:
    """One kind of misfortune. seconds: how long it lasts. begin and end are called once for each time."""

    name: str
    seconds: float
    begin: Callable[[], None]
    end: Callable[[], None] = lambda: None


def schedule(kinds: Sequence[str], seconds: float, speed: float, seed: int = 1) -> list[tuple[float, str]]:
    """When what strikes within `seconds`, in order; each kind by itself, `speed` times two an hour."""
    chance = random.Random(seed)
    planned: list[tuple[float, str]] = []
    for kind in kinds:
        at = chance.expovariate(speed / USUAL_GAP)
        while at < seconds:
            planned.append((at, kind))
            at += chance.expovariate(speed / USUAL_GAP)
    return sorted(planned)


class Taker:
    """The RTMP server that the show streams to."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"rtmp://127.0.0.1:{self._port}/{PATH}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Taker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Take streams."""
        command = [sys.executable, "-m", "dreamstream.bench.taker", str(self._port)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """Die in the middle of a stream."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """A small file system at a new folder while it lasts; yields "" or why there can be none on this machine."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=10)
        why = "" if made.returncode == 0 else "this user may not mount a small disk"
    except (OSError, subprocess.SubprocessError):
        why = "this machine cannot mount a small disk"
    try:
        yield why
    finally:
        if not why:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, timeout=10)


class FullDisk:
    """Fills the file system of a folder to the last byte, and empties it again."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILLER

    def fill(self) -> None:
        """Write until there is no room."""
        with contextlib.suppress(OSError), self._file.open("wb", buffering=0) as file:
            while True:
                # The show may free a little now and then; what it frees is taken with the smallest pieces.
                file.write(bytes(1 << 20))
        with contextlib.suppress(OSError), self._file.open("ab", buffering=0) as file:
            while file.write(bytes(512)):
                pass

    def empty(self) -> None:
        """Give the room back."""
        self._file.unlink(missing_ok=True)


class Looks:
    """Changes the look of the show, one after the other."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}
        self._turn = 0

    def change(self) -> None:
        """To the next look."""
        with httpx.Client(base_url=self._url, headers=self._headers, trust_env=False, timeout=20) as client:
            names = client.get("api/control").json()["control"]["presets"]
            self._turn += 1
            client.post("api/control/preset", json={"name": names[self._turn % len(names)]}).raise_for_status()


def strikes(taker: Taker, crowd: Crowd, looks: Looks, pid: int, disk: FullDisk | None) -> list[Strike]:
    """All kinds that this machine can make happen."""
    found = [
        Strike("server dies", 8.0, taker.kill, taker.start),
        Strike("flood of chat", FLOOD, lambda: _flood(crowd)),
        Strike("another look", 1.0, looks.change),
    ]
    if hasattr(signal, "SIGSTOP"):
        found.append(
            Strike("machine sleeps", 4.0, lambda: os.kill(pid, signal.SIGSTOP), lambda: os.kill(pid, signal.SIGCONT))
        )
    if disk is not None:
        found.append(Strike("disk is full", 20.0, disk.fill, disk.empty))
    return found


def _flood(crowd: Crowd) -> None:
    crowd.talk(FLOOD, FLOOD_RATE)
