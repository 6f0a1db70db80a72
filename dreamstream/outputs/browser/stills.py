"""The sink for browsers that can play no live H.264: JPEG pictures, a few a second, made once for all of them.

It works from packets like every sink, in a thread of its own, and only while somebody looks.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext

from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.browser.preview import PreviewFullError
from dreamstream.outputs.packet_queue import PacketQueue

# A second or two of video may wait for the decoder; what is more is dropped to the next key frame.
_QUEUE_BYTES = 2 << 20
_QUALITY = 78


class StillsViewer:
    """One who looks: an async iterator of JPEG files that holds the newest alone. Belongs to one asyncio loop."""

    slow = False  # whoever takes pictures late misses some

    def __init__(self) -> None:
        self._newest: bytes | None = None
        self._ready = asyncio.Event()
        self._closed = False

    def offer(self, picture: bytes) -> None:
        """Put the newest picture in the place of the one before."""
        self._newest = picture
        self._ready.set()

    def close(self) -> None:
        """End the iteration; harmless when repeated."""
        self._closed = True
        self._ready.set()

    def __aiter__(self) -> StillsViewer:
        return self

    async def __anext__(self) -> bytes:
        while self._newest is None:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        picture, self._newest = self._newest, None
        return picture


class Stills:
    """A sink whose pictures are sent as JPEG files, at most `rate` a second and `width` pixels wide.

    on_first: asked for a key frame when somebody begins to look, so that the picture comes at once.
    """

    def __init__(
        self,
        info: StreamInfo,
        on_first: Callable[[], None] = lambda: None,
        *,
        name: str = "stills",
        rate: float = 10.0,
        width: int = 960,
        max_viewers: int = 30,
    ) -> None:
        self.name = name
        self.info = info
        self.rate = min(rate, float(info.fps))
        self.max_viewers = max_viewers
        self.size = _fitted(info.width, info.height, width)
        self.made = 0
        self._on_first = on_first
        self._queue = PacketQueue(_QUEUE_BYTES)
        self._viewers: set[StillsViewer] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._fault = ""

    def put(self, packet: Packet) -> None:
        """Offer one packet; thrown away while nobody looks."""
        if packet.kind == VIDEO and self._viewers:
            self._queue.put(packet)

    def subscribe(self) -> StillsViewer:
        """Somebody who looks from now on. Call it in the loop that will iterate; all belong to one loop.

        Raises PreviewFullError when there are `max_viewers`.
        """
        if self._queue.closed or len(self._viewers) >= self.max_viewers:
            raise PreviewFullError(f"All {self.max_viewers} places for still pictures are taken.")
        self._loop = asyncio.get_running_loop()
        viewer = StillsViewer()
        if not self._viewers:
            self._queue.restart()
        self._viewers.add(viewer)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="stills", daemon=True)
            self._thread.start()
        self._on_first()
        return viewer

    def unsubscribe(self, viewer: StillsViewer) -> None:
        """Let one go; harmless when repeated."""
        self._viewers.discard(viewer)
        viewer.close()

    @property
    def viewers(self) -> int:
        """How many look now."""
        return len(self._viewers)

    def state(self) -> dict[str, object]:
        """The sink's state for status pages."""
        state = "closed" if self._queue.closed else "failed" if self._fault else "live"
        about = {"viewers": self.viewers, "pictures": self.made, "dropped": self._queue.dropped}
        return {"name": self.name, "kind": "stills", "state": state, "detail": self._fault, **about}

    def close(self, timeout: float = 5.0) -> None:
        """End every iteration and join the thread."""
        self._queue.close()
        if self._thread is not None:
            self._thread.join(timeout)
        self._call(self._close_viewers)

    def _run(self) -> None:
        decoder: VideoCodecContext | None = None
        last = -1.0
        while not self._queue.closed:
            for packet in self._queue.wait(1.0):
                if packet.keyframe:
                    # A fresh one at each key frame: whatever was dropped or broken before cannot matter.
                    decoder = self._decoder()
                if decoder is None:
                    continue
                try:
                    frames = decoder.decode(av.Packet(packet.data))
                except av.error.FFmpegError as error:
                    self._fault = f"A picture could not be decoded ({type(error).__name__})."
                    decoder = None
                    continue
                now = time.monotonic()
                # A little early is on time: frames come a few milliseconds before or after their moment.
                if frames and now - last >= 0.9 / self.rate:
                    last = now
                    self._hand_out(frames[-1])

    def _decoder(self) -> VideoCodecContext:
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = self.info.video_extradata
        decoder.thread_count = 1
        decoder.flags |= av.codec.context.Flags.low_delay
        return decoder

    def _hand_out(self, frame: av.VideoFrame) -> None:
        width, height = self.size
        picture = np.asarray(frame.to_ndarray(width=width, height=height, format="bgr24"), np.uint8)
        made, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if made:
            self._fault = ""
            self.made += 1
            self._call(self._offer, jpeg.tobytes())

    def _offer(self, jpeg: bytes) -> None:
        for viewer in tuple(self._viewers):
            viewer.offer(jpeg)

    def _close_viewers(self) -> None:
        for viewer in tuple(self._viewers):
            self.unsubscribe(viewer)

    def _call(self, what: Callable[..., None], *arguments: bytes) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(what, *arguments)
            except RuntimeError:  # The loop has ended, and those who looked with it.
                self._viewers.clear()


def _fitted(width: int, height: int, widest: int) -> tuple[int, int]:
    """The size of a smaller picture of the same shape, with even sides."""
    if width <= widest:
        return width, height
    return widest // 2 * 2, max(2, round(height * widest / width / 2) * 2)
