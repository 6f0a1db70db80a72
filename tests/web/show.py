"""A show made of plain data, and a live picture for it: what the web tests serve."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dreamstream.core.status import Status
from dreamstream.outputs.browser.preview import Preview
from dreamstream.outputs.browser.stills import Stills
from dreamstream.outputs.status import SinkStatus
from dreamstream.web.app import create_app
from dreamstream.web.connections import Connections
from dreamstream.web.control_room import ControlView
from dreamstream.web.server import WebServer
from dreamstream.web.token import Lock, digest
from tests.video.plasma import Encoder, plasma

WORDS = {
    "bee": ("🐝", ["honeybee", "bumblebee", "insect"]),
    "beer": ("🍺", ["ale", "mug"]),
    "beetle": ("🪲", ["insect", "bug"]),
    "pizza": ("🍕", ["slice"]),
    "tree frog": ("🐸", ["frog", "toad"]),
    "volcano": ("🌋", ["eruption", "lava"]),
    "strawberry": ("🍓", ["fruit", "berry"]),
    "jellyfish": ("🪼", ["medusa"]),
    "analog clock": ("🕰️", ["clock"]),
    "rabbit": ("🐰", ["bunny", "hare"]),
}


@dataclass
class FakeShow:
    """A ShowView that does what it is told and remembers what it was asked."""

    title: tuple[str, ...] = ("bee", "pizza")
    who: str = "ada"
    unwanted: tuple[str, ...] = ()
    queue: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    moving: bool = True
    able: bool = True
    detail: str = ""
    viewers: int = 3
    titled: bool = False
    drawn: str = ""
    per_second: float = 2.6
    things: float = 1.0
    started: float = field(default_factory=time.monotonic)

    def status(self) -> Status:
        """A status with every part of the schema, and in its full form with things that strangers may not see."""
        passed = time.monotonic() - self.started
        wishes = [
            {"what": what, "emoji": WORDS[what][0], "region": "whole", "weight": 1.0, "who": self.who}
            for what in self.title
        ]
        if self.drawn:
            wishes[0]["drawing"] = self.drawn
        wishes = [{**wish, "weight": -1.0 if wish["what"] in self.unwanted else 1.0} for wish in wishes]
        queue = [
            {"id": str(i), "title": title, "emoji": emoji_of(title), "who": who, "eta": 42.0 + 60 * i}
            for i, (title, who) in enumerate(self.queue)
        ]
        empty = {"bounds": (0.1, 1.0), "counts": (2, 1, 0), "sum": 0.5}
        rtmp = SinkStatus("live.example.org", "rtmp", "rtmp://live.example.org/app/***").show(0)
        status = {
            "channel": "main",
            "healthy": self.moving,
            "ready": self.able,
            "now": {
                "title": " + ".join(self.title),
                "wishes": wishes,
                "who": self.who,
                "since": 18 + passed,
                "left": 42.0 if self.queue else None,
                "idle": not self.who,
            },
            "queue": queue,
            "dream": {
                "number": 120,
                "age": 0.31,
                "per_second": self.per_second,
                "things": self.things,
                "cost_per_second": {"steps": 15.6},
                "seconds": 0.38,
                "cost": {"steps": 720.0},
                "last_cost": {"steps": 6.0},
                "trouble": "OSError: /home/ada/cache/model.safetensors",
                "times": empty,
                "busy": 45.6,
                "state": "dreaming" if self.able else "starting",
                "detail": self.detail,
            },
            "frames": {
                "fps": 30.0,
                "sent": 1234,
                "late": 2,
                "on_time": 0.998,
                "costs": {"encode": 3.2},
                "titled": self.titled,
                "lateness": empty,
            },
            "picture_age": 0.02 if self.moving else 7.25,
            "viewers": self.viewers,
            "sinks": [{**rtmp, "state": "live", "detail": "sending to rtmp://live.example.org/app"}],
            "sources": [{"name": "twitch", "kind": "twitch", "state": "live", "detail": "irc.example.org:6697"}],
            "uptime": passed,
            "memory": 400 << 20,
            "disk_free": 40 << 30,
        }
        return Status.model_validate(status)

    def ask(self, text: str, who: str, source: str, id: str | None, visitor: str = "") -> str:
        """Remember the line; a known wish goes to the queue."""
        self.asked.append((text, who, source, id))
        wish = text.removeprefix("!dream ").strip()
        if all(name.strip() in WORDS for name in wish.split("+")):
            self.queue.append((wish, who))
            return f"{wish} is coming, {who}: in about {42 + 60 * (len(self.queue) - 1)} s."
        return f"I cannot dream “{wish}”. Did you mean bee, beetle or beer?"

    def classes(self, query: str, limit: int) -> list[dict[str, Any]]:
        """Words whose name or alias holds the query."""
        query = query.lower()
        found = [
            {"name": name, "emoji": emoji, "aliases": aliases}
            for name, (emoji, aliases) in WORDS.items()
            if query in name or any(query in alias for alias in aliases)
        ]
        return found[:limit]


def emoji_of(title: str) -> str:
    """The emoji of a title's words in a row."""
    return "".join(WORDS[name.strip()][0] for name in title.split("+"))


class Beat:
    """Calls `frame` with 0, 1, 2 and so on, `rate` times a second, in a thread of its own. Use as a context manager."""

    def __init__(self, rate: int, frame: Callable[[int], None]) -> None:
        self._rate, self._frame = rate, frame
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Beat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        start, number = time.monotonic(), 0
        while not self._stop.wait(max(0.0, start + number / self._rate - time.monotonic())):
            self._frame(number)
            number += 1


class Film:
    """Encodes plasma in real time into a preview, from a thread of its own. Use as a context manager."""

    def __init__(
        self, width: int = 320, height: int = 180, fps: int = 30, bitrate: str = "1500k", paused: bool = False
    ) -> None:
        options = {"preset": "ultrafast", "tune": "zerolatency", "b": bitrate}
        self._encoder = Encoder(width, height, fps, gop=2 * fps, options=options)
        self.info = self._encoder.info
        # A loop that goes there and back, for drawing each frame anew costs more than encoding it.
        there = [plasma(width, height, 20 + i / fps) for i in range(2 * fps)]
        self._pictures = there + there[-2:0:-1]
        self.preview, self.stills = Preview(self.info), Stills(self.info)
        self._pause = threading.Event()
        self.pause(paused)
        self._beat = Beat(fps, self._frame)

    def pause(self, stopped: bool) -> None:
        """Stop the pictures, or let them go on."""
        (self._pause.set if stopped else self._pause.clear)()

    def __enter__(self) -> Film:
        self._beat.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._beat.__exit__()
        self.preview.close()
        self.stills.close()
        self._encoder.close()

    def _frame(self, number: int) -> None:
        if not self._pause.is_set():
            for packet in self._encoder.encode(self._pictures[number % len(self._pictures)]):
                self.preview.put(packet)
                self.stills.put(packet)


@contextlib.contextmanager
def serving(
    show: FakeShow,
    preview: Preview,
    port: int = 0,
    control: ControlView | None = None,
    token: str = "",
    visitors: Connections | None = None,
    proxies: Sequence[str] = (),
    **parts: Any,
) -> Iterator[WebServer]:
    """A real server for a show, on loopback. parts: what else create_app takes."""
    lock = Lock(digest(token)) if token else None
    refused = None if visitors is None else visitors.refused
    app = create_app(show, preview, control=control, lock=lock, refused=refused, **parts)
    server = WebServer(app, "127.0.0.1", port, visitors, proxies)
    server.start()
    try:
        yield server
    finally:
        server.close()
