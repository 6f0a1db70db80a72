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

from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.browser.fmp4 import FormatError, Fragmenter
from dreamstream.outputs.browser.fmp4_sound import SoundFragmenter
from dreamstream.outputs.browser.viewer import MAX_BYTES, MAX_FRAMES, Fragment, Viewer


class PreviewFullError(Exception):
    """There are as many viewers as allowed; the message says how many."""


class Preview:
    """A sink whose packets are watched in browsers.

    init, codec: what a viewer needs before the first fragment (see Fragmenter). sound: the same for the sound, or None
    where there is none, or it is not to be offered. patience: seconds that a viewer may stay behind before it is
    closed. Raises FormatError for a bad `info`.
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
