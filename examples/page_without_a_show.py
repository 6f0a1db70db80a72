"""The page with a made-up show behind it: to work on the page, or to put it before something else entirely.

    python examples/page_without_a_show.py 8080

The page needs a `ShowView` (what is on, and somebody to ask) and a `Preview` (encoded video). Here a plasma moves, and
whatever visitors ask for is on at once.
"""

import sys
import threading
import time
from typing import Any

import numpy as np

from dreamstream.core.status import Status
from dreamstream.outputs.browser.preview import Preview
from dreamstream.video import yuv
from dreamstream.video.encoder import Encoder
from dreamstream.web.app import create_app
from dreamstream.web.server import WebServer

SIZE, FPS = (640, 360), 30
NOTHING: dict[str, Any] = {"bounds": (), "counts": (0,), "sum": 0}


class MadeUpShow:
    """One wish that is on for ever, until somebody has another one."""

    wish, who, since, frames = "plasma", "", time.monotonic(), 0

    def status(self) -> Status:
        """Everything that page and monitors show."""
        age = time.monotonic() - self.since
        wish = {"what": self.wish, "emoji": "🌀", "region": "whole", "weight": 1, "who": self.who}
        now = {"title": self.wish, "wishes": [wish], "who": self.who, "since": age, "left": None, "idle": not self.who}
        dream = {"number": 1, "age": 0, "per_second": 30, "seconds": 0, "busy": 0, "cost": {}, "cost_per_second": {}}
        dream |= {"last_cost": {}, "state": "dreaming", "detail": "", "times": NOTHING}
        frames = {"fps": FPS, "sent": self.frames, "late": 0, "on_time": 1, "costs": {}, "lateness": NOTHING}
        told = {"channel": "example", "healthy": True, "ready": True, "picture_age": 0, "viewers": 0, "uptime": age}
        told |= {"memory": 0, "queue": [], "sinks": [], "sources": [], "now": now, "dream": dream, "frames": frames}
        return Status.model_validate(told)

    def ask(self, text: str, who: str, source: str, id: str | None, visitor: str = "") -> str:
        """Show at once whatever is asked for; the answer."""
        self.wish, self.who, self.since = text.removeprefix("!dream "), who, time.monotonic()
        return f"{self.wish} is on."

    def classes(self, query: str, limit: int) -> list[dict[str, Any]]:
        """What the page suggests while somebody types."""
        return [{"name": "plasma", "emoji": "🌀", "aliases": []}]


def plasma(time: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Waves of colour, uint8 [H, W, 3]."""
    x, y = np.meshgrid(np.linspace(-2, 2, SIZE[0]), np.linspace(-1, 1, SIZE[1]))
    wave = np.sin(3 * x + time) + np.sin(4 * np.hypot(x, y) - 2 * time) + np.sin(3 * y - time)
    return np.stack([127.5 + 127.5 * np.sin(wave + shift) for shift in (0, 2, 4)], axis=-1).astype(np.uint8)


def main(port: int = 8080, ended: threading.Event | None = None) -> None:
    """Serve until Ctrl-C, or until `ended`."""
    ended = ended or threading.Event()
    show, encoder = MadeUpShow(), Encoder(SIZE, FPS)
    preview = Preview(encoder.info)
    server = WebServer(create_app(show, preview), port=port)
    server.start()
    print(f"Open {server.url}", flush=True)
    began = time.monotonic()
    try:
        while not ended.wait(max(0.0, began + show.frames / FPS - time.monotonic())):
            for packet in encoder.encode(yuv.from_rgb(plasma(show.frames / FPS)), show.frames):
                preview.put(packet)
            show.frames += 1
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
