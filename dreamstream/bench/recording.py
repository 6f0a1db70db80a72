"""A viewer that keeps the video as it came, to be looked at frame by frame once nothing is measured any more."""

from __future__ import annotations

import contextlib
import io
import threading
import time
from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

# Bytes that are kept: ten minutes of a small show.
MOST = 512 << 20


class Recording:
    """Takes a show's video from its websocket until it is closed.

    lost: why there is no more of it, "" while there is. Frames are found by when they came, on the monotonic clock.
    """

    def __init__(self, url: str) -> None:
        self.lost = ""
        self._url = url
        self._parts: list[tuple[float, bytes]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave."""
        self._closing.set()
        self._thread.join(5)

    def times(self, since: float, until: float) -> list[float]:
        """When each frame of this span came."""
        return [at for at, _ in self._parts[1:] if since <= at <= until]

    def frames(self, spans: list[tuple[float, float]]) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """The frames of these spans, uint8 [H, W, 3] RGB, with when each came; the whole video is decoded."""
        last = max((until for _, until in spans), default=0.0)
        parts = [(at, part) for at, part in self._parts if at <= last]
        if len(parts) < 2:
            return
        times = [at for at, _ in parts[1:]]
        with av.open(io.BytesIO(b"".join(part for _, part in parts)), mode="r", format="mp4") as video:
            # Each part but the first is one frame, in the order in which they are seen.
            for at, frame in zip(times, video.decode(video=0), strict=False):
                if any(since <= at <= until for since, until in spans):
                    yield at, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)

    def _run(self) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        size = 0
        try:
            with connect(self._url, compression=None, max_size=None) as socket:
                while not self._closing.is_set():
                    with contextlib.suppress(TimeoutError):
                        part = socket.recv(timeout=0.5)
                        if isinstance(part, bytes) and size < MOST:
                            self._parts.append((time.monotonic(), part))
                            size += len(part)
        except (OSError, WebSocketException) as error:
            self.lost = str(error)
