"""The frame thread: at every deadline of the clock it makes a frame, encodes it and hands the packets to the hub."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.histogram import LATENESS, Histogram
from dreamstream.core.packet import Packet
from dreamstream.video.clock import ClockStats, FrameClock

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]
# A stage that fails at every frame is logged this often, in seconds.
COMPLAIN_EVERY = 10.0
STAGES = ("tween", "overlay", "encode", "publish")


class FrameEncoder(Protocol):
    """What the loop needs of an encoder."""

    def encode(self, frame: Picture, index: int, keyframe: bool = False) -> list[Packet]:
        """The packets that frame `index` gives."""

    def flush(self) -> list[Packet]:
        """The packets still inside."""


class Stopwatch:
    """What each stage costs: total seconds by name, and how many frames were measured."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.frames = 0

    def milliseconds(self) -> dict[str, float]:
        """The mean per frame."""
        return {name: 1000 * total / max(1, self.frames) for name, total in self.seconds.items()}


class FrameThread:
    """Owns the frame thread.

    tween: the picture at a show time. overlay: what is drawn over it. publish: takes each packet.
    on_overload: is told the share of a frame's time that frames take when that has gone on being too much, and 0 when
    it is no longer; answers with a sentence for people. on_fatal: is told, in a sentence, when encoding fails, for then
    there is no show.
    A tween or overlay that raises costs its own work only: the frame is sent without it.
    """

    def __init__(
        self,
        clock: FrameClock,
        tween: Callable[[float], Picture],
        overlay: Callable[[Picture, float], Picture],
        encoder: FrameEncoder,
        publish: Callable[[Packet], None],
        on_fatal: Callable[[str], None] = lambda reason: None,
        on_overload: Callable[[float], str] = lambda share: "",
    ) -> None:
        self._clock = clock
        self._tween = tween
        self._overlay = overlay
        self._encoder = encoder
        self._publish = publish
        self._on_fatal = on_fatal
        self._on_overload, self._overload = on_overload, Overload(clock.fps)
        self.trouble = ""
        self._stop = threading.Event()
        self._last: Picture | None = None
        self._last_sent: float | None = None
        self._complained = -COMPLAIN_EVERY
        self.failures = 0
        self.stopwatch, self.lateness = Stopwatch(), Histogram(LATENESS)
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)

    @property
    def stats(self) -> ClockStats:
        """The clock's figures."""
        return self._clock.stats

    @property
    def picture_age(self) -> float | None:
        """Seconds since the last frame was sent; None before the first."""
        return None if self._last_sent is None else time.monotonic() - self._last_sent

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End after the frame in the making and flush the encoder; returns whether it did so in time."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._clock.wait()):
                self._frame()
            for packet in self._encoder.flush():
                self._publish(packet)
        except Exception as error:
            log.exception("The frame thread ended.")
            self._on_fatal(f"Pictures cannot be encoded ({type(error).__name__}); see the log.")

    def _frame(self) -> None:
        index = self._clock.begin()
        marks = [time.perf_counter()]
        show_time = self._clock.time(index)
        picture = self._tweened(show_time)
        marks.append(time.perf_counter())
        picture = self._overlaid(picture, show_time)
        marks.append(time.perf_counter())
        packets = self._encoder.encode(picture, index)
        marks.append(time.perf_counter())
        for packet in packets:
            self._publish(packet)
        marks.append(time.perf_counter())
        self._clock.sent()
        self.lateness.observe(self._clock.lateness)
        self._last_sent = time.monotonic()
        for name, begun, ended in zip(STAGES, marks, marks[1:], strict=False):
            self.stopwatch.seconds[name] += ended - begun
        self.stopwatch.frames += 1
        share = self._overload.note(marks[-1] - marks[0])
        if share is not None:
            self.trouble = self._on_overload(share)

    def _tweened(self, show_time: float) -> Picture:
        try:
            self._last = self._tween(show_time)
        except Exception:
            self._complain("A frame could not be made; the one before is shown again.")
            if self._last is None:
                raise  # not even a first picture: a fault of the program, not of a moment
        return self._last

    def _overlaid(self, picture: Picture, show_time: float) -> Picture:
        try:
            return self._overlay(picture, show_time)
        except Exception:
            self._complain("The titles could not be drawn; the frame is sent without them.")
            return picture

    def _complain(self, sentence: str) -> None:
        self.failures += 1
        if time.monotonic() - self._complained >= COMPLAIN_EVERY:
            self._complained = time.monotonic()
            log.exception(sentence)


# A machine that is too slow for a few seconds, as while it compiles, is no reason to change anything for good.
WINDOW, WINDOWS = 2.0, 3
FULL = 0.95


class Overload:
    """Watches what frames take: enough, or too much after WINDOWS full windows, until as many in a row are not full.

    fps: the frame rate. A window of frames is full when they took nearly all the time that they had.
    """

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._most = max(1, round(WINDOW * fps))
        self._seconds = 0.0
        self._frames = 0
        self._full = 0
        self._free: int | None = None  # windows in a row that were not full since it was too much; None: it is not

    def note(self, seconds: float) -> float | None:
        """Take what one frame took; says the share of a frame's time that is taken when that has gone on for too long.

        Then it begins anew, so that what is done about it can show. Says 0 once when it is too much no longer.
        """
        self._seconds += seconds
        self._frames += 1
        if self._frames < self._most:
            return None
        share = self._seconds * self._fps / self._frames
        self._seconds, self._frames = 0.0, 0
        full = share > FULL
        self._full = self._full + 1 if full else 0
        if self._full == WINDOWS:
            self._full = self._free = 0
            return share
        if self._free is not None:
            self._free = 0 if full else self._free + 1
            if self._free == WINDOWS:
                self._free = None
                return 0.0
        return None
