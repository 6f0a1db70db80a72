"""Frames into a video file that is not written live: constant quality, as slowly as it takes."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Self

from dreamstream.core.errors import Interrupted, UsageError
from dreamstream.outputs.mux import Muxer
from dreamstream.support.files import replacing
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.yuv import Picture

# Constant quality and a careful preset: nobody waits for a frame here.
QUALITY, ENCODER_PRESET = 17.0, "medium"
FORMATS = {".mp4": ("mp4", {"movflags": "faststart"}), ".mkv": ("matroska", {})}


def check_format(path: Path) -> None:
    """Raise UsageError unless the name is that of a video."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"The video's name must end in {' or '.join(FORMATS)}, but it is {path}.")


def write_video(
    path: Path,
    frames: Iterable[Picture],
    size: tuple[int, int],
    fps: int,
    advance: Callable[[int], object],
    audio: Soundtrack | None = None,
    repeatable: bool = False,
) -> None:
    """Write planar YUV frames of `size` (width, height) to a file; what fails leaves none of this name.

    advance: is called with 1 after each frame. repeatable: see `Encoder`. Ctrl-C closes the file with the frames that
    there are, and raises Interrupted; a second one, or one before the first frame, leaves none.
    """
    format, options = FORMATS[path.suffix.lower()]
    iter_frames = iter(frames)
    with replacing(path) as partial:
        encoder = Encoder(
            size, fps, preset=ENCODER_PRESET, codec="libx264", quality=QUALITY, audio=audio, repeatable=repeatable
        )
        # The prefix keeps FFmpeg from taking a name with a colon for a network address.
        with Muxer(f"file:{partial}", encoder.info, format, options) as muxer:
            with _Stop() as stop:
                count = 0
                while not stop.asked and (frame := stop.waiting_for(iter_frames)) is not None:
                    for packet in encoder.encode(frame, count):
                        muxer.write(packet)
                    count += 1
                    advance(1)
            if stop.asked and not count:
                raise KeyboardInterrupt
            for packet in encoder.flush():
                muxer.write(packet)
    if stop.asked:
        raise Interrupted(f"stopped; {path} keeps the first {count / fps:g} s.")


class _AskedError(Exception):
    """Ctrl-C while a frame was being made."""


class _Stop:
    """Ctrl-C: obeyed at once where a frame is waited for, noted where a file is written; a second one is Python's."""

    def __init__(self) -> None:
        self.asked = self._waiting = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def waiting_for(self, frames: Iterator[Picture]) -> Picture | None:
        """The next frame, or None at the end and when Ctrl-C comes before it is made."""
        with contextlib.suppress(_AskedError):
            self._waiting = True
            try:
                return next(frames, None)
            finally:
                self._waiting = False
        return None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._before)
        if self._waiting:
            raise _AskedError
