"""The sink for browsers: every frame is wrapped once, and the same bytes go to every viewer.

put() runs in the frame thread and only appends; everything per viewer happens in the asyncio loop of the viewers.

Memory: one GOP and each viewer's queue are at most MAX_BYTES and MAX_FRAMES, the hand-over queue at most MAX_FRAMES.
They all hold references to the same bytes, so only a viewer that lags keeps anything alive that nobody else needs.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.browser.fmp4 import FormatError, Fragmenter
from dreamstream.outputs.browser.fmp4_sound import SoundFragmenter

# A GOP past these is not kept, so newcomers wait for the next key frame; a viewer whose queue is past them skips to it.
# Encoders here make a key frame every 2 s; this is 5 s at 60 fps, and 10 s at 3 Mb/s.
MAX_FRAMES = 300
MAX_BYTES = 4 << 20


class PreviewFullError(Exception):
    """There are as many viewers as allowed; the message says how many."""


@dataclass(frozen=True)
class Fragment:
    """One frame, or a moment of sound, as a piece of MP4; frames' numbers count up without gaps over the life of the
    sink.
    """

    number: int
    data: bytes
    keyframe: bool
    sound: bool = False


class Viewer:
    """One viewer's queue: an async iterator of fragments that begins at a key frame. Belongs to one asyncio loop.

    dropped: frames this viewer did not get. slow: whether it was closed for being slow too long.
    sound: whether it is given the sound too; set it through Preview.listen.
    """

    def __init__(self, patience: float, clock: Callable[[], float]) -> None:
        self.dropped = 0
        self.slow = False
        self.sound = False
        self.closed = asyncio.Event()
        self._queue: deque[Fragment] = deque()
        self._bytes = 0
        self._skipping = True
        self._last = -1
        self._slow_since: float | None = None
        self._ready = asyncio.Event()
        self._patience = patience
        self._clock = clock

    def offer(self, fragment: Fragment) -> None:
        """Queue a fragment; when the queue is full, empty it and wait for the next key frame."""
        if self.closed.is_set() or (fragment.number <= self._last and not fragment.sound):
            return
        if fragment.sound:
            # Sound is never worth dropping pictures for.
            if self.sound and not self._skipping and len(self._queue) < MAX_FRAMES:
                self._append(fragment)
            return
        self._last = fragment.number
        if self._slow_since is not None and self._clock() - self._slow_since > self._patience:
            self.slow = True
            self.close()
            return
        if self._skipping and not fragment.keyframe:
            self.dropped += 1
            return
        full = len(self._queue) >= MAX_FRAMES or self._bytes + len(fragment.data) > MAX_BYTES
        # A lone fragment larger than the bound passes: it is the only one, and refusing it would starve the viewer.
        if full and self._queue:
            self.skip()
            if not fragment.keyframe:
                self.dropped += 1
                return
        self._skipping = False
        self._append(fragment)

    def _append(self, fragment: Fragment) -> None:
        self._queue.append(fragment)
        self._bytes += len(fragment.data)
        self._ready.set()

    def skip(self) -> None:
        """Forget what is queued, and go on at the next key frame."""
        self.dropped += len(self._queue)
        self._queue.clear()
        self._bytes = 0
        self._skipping = True
        if self._slow_since is None:
            self._slow_since = self._clock()

    def close(self) -> None:
        """End the iteration; harmless when repeated."""
        self._queue.clear()
        self._bytes = 0
        self.closed.set()
        self._ready.set()

    def __aiter__(self) -> Viewer:
        return self

    async def __anext__(self) -> bytes:
        while not self._queue:
            if self.closed.is_set():
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        fragment = self._queue.popleft()
        self._bytes -= len(fragment.data)
        if not self._queue and not self._skipping:
            # It has caught up, so an earlier stumble is forgiven.
            self._slow_since = None
        return fragment.data


class Preview:
    """A sink whose packets are watched in browsers.

    init, codec: what a viewer needs before the first fragment (see Fragmenter). sound: the same for the sound, or None.
    """

    def __init__(
        self,
        info: StreamInfo,
        *,
        name: str = "preview",
        max_viewers: int = 300,
        patience: float = 15.0,
        sound: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """patience: seconds that a viewer may stay behind before it is closed. sound: whether the stream's sound is
        offered, if it has one.

        Raises FormatError for a bad `info`.
        """
        self.name = name
        self.info = info
        self._fragmenter = Fragmenter(info)
        self.init = self._fragmenter.init
        self.codec = self._fragmenter.codec
        self.sound = SoundFragmenter(info) if sound and info.audio_extradata else None
        self.max_viewers = max_viewers
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._gop: list[Fragment] = []
        self._gop_bytes = 0
        self._number = 0
        self._handover: deque[Fragment] = deque()
        self._scheduled = False
        self._overrun = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._viewers: set[Viewer] = set()
        self._listeners = 0
        self._closed = False
        self._fault = ""
        self._joined = self._closed_slow = self._dropped = 0

    def put(self, packet: Packet) -> None:
        """Offer one packet to all viewers; sound goes to those who listen."""
        if self._closed or (packet.kind != VIDEO and (self.sound is None or not self._listeners)):
            return
        try:
            if packet.kind == VIDEO or self.sound is None:
                fragment = Fragment(self._number, self._fragmenter.fragment(packet), packet.keyframe)
                self._number += 1
            else:
                fragment = Fragment(self._number, self.sound.fragment(packet), True, sound=True)
        except FormatError as error:
            self._fault = str(error)
            return
        self._fault = ""
        with self._lock:
            if not fragment.sound:
                self._keep(fragment)
            if self._loop is None:
                return
            if len(self._handover) >= MAX_FRAMES:
                self._handover.clear()
                self._overrun = True
            self._handover.append(fragment)
            if self._scheduled:
                return
            try:
                # One call a frame whatever the number of viewers: each writes to the loop's wake-up pipe.
                self._loop.call_soon_threadsafe(self._deliver)
                self._scheduled = True
            except RuntimeError:  # The loop has ended, and its viewers with it.
                self._loop = None
                self._handover.clear()
                self._viewers.clear()

    def subscribe(self) -> Viewer:
        """A new viewer, which starts at once with the current GOP. Call it in the loop that will iterate.

        All viewers belong to one loop. Raises PreviewFullError when there are `max_viewers`.
        """
        loop = asyncio.get_running_loop()
        if self._closed or len(self._viewers) >= self.max_viewers:
            raise PreviewFullError(
                f"All {self.max_viewers} places are taken." if not self._closed else "The show has ended."
            )
        viewer = Viewer(self._patience, self._clock)
        with self._lock:
            if self._loop is not loop:
                self._loop = loop
                self._viewers.clear()
                self._handover.clear()
                self._scheduled = False
            current = list(self._gop)
        for fragment in current:
            viewer.offer(fragment)
        viewer.dropped = 0
        self._viewers.add(viewer)
        self._joined += 1
        return viewer

    def listen(self, viewer: Viewer, on: bool) -> None:
        """Give a viewer the sound too, or no more; in the viewers' loop."""
        viewer.sound = on and self.sound is not None
        self._listeners = sum(each.sound for each in self._viewers)

    def unsubscribe(self, viewer: Viewer) -> None:
        """Let a viewer go; harmless when repeated."""
        self.listen(viewer, False)
        if viewer in self._viewers:
            self._viewers.discard(viewer)
            self._dropped += viewer.dropped
            self._closed_slow += viewer.slow
        viewer.close()

    @property
    def viewers(self) -> int:
        """How many watch now."""
        return len(self._viewers)

    def state(self) -> dict[str, object]:
        """The sink's state for status pages; counts are since the start."""
        state = "closed" if self._closed else "failed" if self._fault else "live" if self._number else "starting"
        return {
            "name": self.name,
            "kind": "preview",
            "state": state,
            "detail": self._fault,
            "viewers": self.viewers,
            "frames": self._number,
            "joined": self._joined,
            "dropped": self._dropped + sum(viewer.dropped for viewer in tuple(self._viewers)),
            "closed_slow": self._closed_slow,
        }

    def close(self, timeout: float = 5.0) -> None:
        """End every viewer's iteration; does not wait, since their sockets belong to the web server."""
        self._closed = True
        with self._lock:
            self._gop.clear()
            self._handover.clear()
            loop, self._loop = self._loop, None
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._close_viewers)
            except RuntimeError:  # The loop has ended, and its viewers with it.
                self._viewers.clear()

    def _keep(self, fragment: Fragment) -> None:
        if fragment.keyframe:
            self._gop.clear()
            self._gop_bytes = 0
        elif not self._gop:
            return
        self._gop.append(fragment)
        self._gop_bytes += len(fragment.data)
        if self._gop_bytes > MAX_BYTES or len(self._gop) > MAX_FRAMES:
            self._gop.clear()

    def _deliver(self) -> None:
        with self._lock:
            fragments = list(self._handover)
            self._handover.clear()
            self._scheduled = False
            overrun, self._overrun = self._overrun, False
        for viewer in tuple(self._viewers):
            if overrun:
                viewer.skip()
            for fragment in fragments:
                viewer.offer(fragment)

    def _close_viewers(self) -> None:
        for viewer in tuple(self._viewers):
            self.unsubscribe(viewer)
