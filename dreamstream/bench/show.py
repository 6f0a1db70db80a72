"""`dreamstream bench show`: a real show in a process of its own, with one viewer, and what it achieved."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dreamstream.bench import picture
from dreamstream.bench.judge import Judge
from dreamstream.bench.report import DAY, tell
from dreamstream.core.arguments import SMALLEST, within
from dreamstream.core.dreamer import DreamerRequest
from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.dreamers import registry
from dreamstream.support import machine

SIZE, FPS = "640x360", 30
# Of so many words the pictures are measured, unless it is said.
WORDS, MOST_WORDS = 4, 1000
# Dreams per second at least, for the pace at which pictures are made: a show that made none tells none.
SLOWEST = 0.5
# A cold start compiles; on a slow machine that takes a while.
START_TIMEOUT, DREAM_TIMEOUT, STOP_TIMEOUT = 60.0, 300.0, 15.0
# After the first dream of the measured show, so that what is measured is the steady state.
SETTLE = 5.0


def run(
    seconds: float = 60.0,
    output: Path | None = None,
    size: tuple[int, int] = (640, 360),
    preset: str = "auto",
    words: int = WORDS,
    judge: Path | None = None,
    model: str = "builtin",
    dreamer: str = registry.USUAL,
) -> int:
    """Measure for `seconds` and print the figures; `output` also gets them as JSON. Raises UserError.

    size: of the video (width, height). words: of so many the pictures are measured, after the show; 0 leaves them out.
    judge: a file that `python -m benchmarks.judge train` made, to look at them; None: the one that ships. model: what
    is dreamed with. dreamer: what dreams; pictures are only measured of the usual one, whose words they are held
    against.
    """
    within("seconds", seconds, 1, DAY)
    within("words", words, 0, MOST_WORDS)
    request = DreamerRequest(model, machine.canvas_size(*size, SMALLEST), seed=1, preset=preset)
    registry.describe(dreamer, request)
    words = words if dreamer == registry.USUAL else 0
    seen_by = Judge(judge)
    lasts = seconds + 60 + 10 * words
    print(f"Measuring dreamstream {__version__} on {machine.name()}; this takes about {lasts:.0f} s.", flush=True)
    figures = measure(seconds, "{}x{}".format(*size), preset, model, dreamer)
    if words:
        pace = figures["steps_per_dream"], 1 / max(figures["dreams_per_second"], SLOWEST)
        figures["pictures"] = picture.measure(request, size, words, *pace, seen_by)
    return tell(figures, in_words(figures), output)


def measure(
    seconds: float,
    size: str = SIZE,
    preset: str = "auto",
    model: str = "builtin",
    dreamer: str = registry.USUAL,
) -> dict[str, Any]:
    """All figures of the show, ready for JSON: times in seconds, costs in milliseconds, memory in bytes."""
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "size": size, "fps": FPS}
    figures |= {"preset": preset, "model": model, "dreamer": Path(dreamer).name}
    flags = "--preset", preset, "--model", model, "--dreamer", dreamer
    with tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home:
        with MeasuredShow(Path(home), *flags, size=size) as show:
            figures["cold_start"] = show.first_times()
        figures["stop"] = show.stop_seconds
        with MeasuredShow(Path(home), *flags, size=size) as show:
            figures["warm_start"] = show.first_times()
            time.sleep(SETTLE)
            figures |= show.steady(seconds)
    return figures


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    cold, warm, costs = figures["cold_start"], figures["warm_start"], figures["costs"]
    yield f"{'frames on time':<26}{100 * figures['frames_on_time']:.2f} % of {figures['frames']} at {FPS} per second"
    steps = f", {figures['steps_per_dream']:.1f} steps each" if figures["steps_per_dream"] else ""
    yield f"{'dreams':<26}{figures['dreams_per_second']:.2f} per second{steps}"
    if steps:
        yield f"{'steps':<26}{figures['steps_per_second']:.1f} per second"
    yield f"{'first moving picture':<26}{cold['picture']:.1f} s cold, {warm['picture']:.1f} s warm"
    yield f"{'first dream':<26}{cold['dream']:.1f} s cold, {warm['dream']:.1f} s warm"
    memory = figures["memory"]
    yield f"{'memory':<26}{memory['minute'] / 2**20:.0f} MiB after a minute, {memory['end'] / 2**20:.0f} MiB at the end"
    yield f"{'a frame':<26}" + ", ".join(f"{name} {cost:.1f} ms" for name, cost in costs.items() if name != "dream")
    yield f"{'a dream':<26}{costs['dream']:.{0 if costs['dream'] > 20 else 1}f} ms"
    yield f"{'stop':<26}{figures['stop']:.1f} s"
    if "pictures" in figures:
        yield from picture.in_words(figures["pictures"])


class MeasuredShow:
    """A `dreamstream serve` of its own with one viewer of its video.

    flags: more of the command line. fps: frames a second. token: of its control room; "" lets it make one.
    """

    def __init__(self, home: Path, *flags: str, size: str = SIZE, fps: int = FPS, token: str = "") -> None:
        self._home, self._flags, self._size, self._fps, self._token = home, flags, size, fps, token
        self.stop_seconds = 0.0

    def __enter__(self) -> MeasuredShow:
        self._began = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "dreamstream",
            "serve",
            "--port",
            "0",
            "--size",
            self._size,
            "--fps",
            str(self._fps),
        ]
        command += ["--model", "builtin", "--seed", "1", "--state", str(self._home / "state")]
        command += ["--cache", str(self._home / "cache"), "--config", str(self._no_config())]
        command += self._flags
        self._log = (self._home / "log").open("w+")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | ({"DREAMSTREAM_CONTROL_TOKEN": self._token} if self._token else {}),
        )
        try:
            self._url = self._address()
        except BaseException:
            self._process.kill()
            raise
        self._viewer = _Viewer(self._url.replace("http", "ws", 1) + "ws/video")
        return self

    def __exit__(self, *_: object) -> None:
        self._viewer.close()
        began = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT)
        self.stop_seconds = time.monotonic() - began
        self._log.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def url(self) -> str:
        """Where its page is."""
        return self._url

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def first_times(self) -> dict[str, float]:
        """Seconds from the start of the process to the first two frames at the viewer, and to the first dream."""
        self._await(lambda: self._viewer.moving is not None, START_TIMEOUT, "a moving picture")
        assert self._viewer.moving is not None
        picture = self._viewer.moving - self._began
        self._await(lambda: self.status()["dream"]["number"] > 0, DREAM_TIMEOUT, "a dream")
        return {"picture": picture, "dream": time.monotonic() - self._began}

    def steady(self, seconds: float) -> dict[str, Any]:
        """What happens in `seconds` from now on."""
        before, began = self.status(), time.monotonic()
        memory = before["memory"]
        while (passed := time.monotonic() - began) < seconds:
            time.sleep(min(1.0, max(0.0, seconds - passed)))
            status = self.status()
            if time.monotonic() - self._began <= 61:
                memory = status["memory"]
        after, passed = self.status(), time.monotonic() - began
        frames, late = (after["frames"][key] - before["frames"][key] for key in ("sent", "late"))
        dreams, busy = (after["dream"][key] - before["dream"][key] for key in ("number", "busy"))
        steps = after["dream"]["cost"].get("steps", 0.0) - before["dream"]["cost"].get("steps", 0.0)
        return {
            "seconds": passed,
            "frames": frames,
            "frames_on_time": 1 - late / max(1, frames),
            "frames_seen": self._viewer.frames,
            "dreams_per_second": dreams / passed,
            "steps_per_second": steps / passed,
            "steps_per_dream": steps / max(1, dreams),
            "memory": {"minute": memory, "end": after["memory"]},
            "costs": {"dream": 1000 * busy / max(1, dreams), **after["frames"]["costs"]},
        }

    def cpu_seconds(self) -> float:
        """Processor time of the show so far, 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def status(self) -> dict[str, Any]:
        """The show's own status."""
        with urllib.request.urlopen(self._url + "api/status", timeout=10) as answer:
            status: dict[str, Any] = json.load(answer)
        return status

    def _address(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()  # ends with the process, if not with the line
        match = re.search(r"http://\S+/", line)
        if match is None:
            raise UserError(f"The show did not start: {self._said()}")
        return match[0]

    def _await(self, true: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not true():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"The show did not come to {what} within {timeout:.0f} s: {self._said()}")
            time.sleep(0.02)

    def said(self, part: str = "") -> list[str]:
        """The lines of its log that have this part."""
        return [line for line in (self._home / "log").read_text().strip().splitlines() if part in line]

    def _said(self) -> str:
        return next(reversed(self.said()), "it said nothing")

    def _no_config(self) -> Path:
        path = self._home / "config.toml"
        path.touch()
        return path


class _Viewer:
    """Takes the video as a browser does, and throws it away.

    moving: when the second frame was there, on the monotonic clock; None before. frames: how many came.
    """

    def __init__(self, url: str) -> None:
        self.moving: float | None = None
        self.frames = 0
        self._url = url
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="viewer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave."""
        self._closing.set()
        self._thread.join(5)

    def _run(self) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        while not self._closing.is_set():
            with contextlib.suppress(OSError, WebSocketException), connect(self._url, compression=None) as socket:
                binary = 0
                while not self._closing.is_set():
                    with contextlib.suppress(TimeoutError):
                        binary += isinstance(socket.recv(timeout=0.5), bytes)
                    self.frames = max(0, binary - 1)  # the first is the initialisation segment
                    if self.frames >= 2 and self.moving is None:
                        self.moving = time.monotonic()
            self._closing.wait(0.05)
