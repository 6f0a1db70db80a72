"""The sound under the dreams: silence, or a file played over and over."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from dreamstream.errors import UserError

log = logging.getLogger(__name__)

SAMPLE_RATE = 48000
CHANNELS = 2
# Decoded sound kept ready: 96 blocks of 1024 samples are 2 s and 0.8 MB.
BLOCK = 1024
AHEAD = 96


class Soundtrack:
    """Stereo sound at 48 kHz, float32 in [-1, 1], without end.

    path: any file FFmpeg can decode; None is silence. A file is decoded a little ahead in a thread of its own, so
    memory is bounded however long it is, and a slow disk cannot hold up the frames.
    wait: how many seconds `read` may wait for the decoder before it gives silence; 0 for a live show.
    Raises UserError when the file cannot be opened or has no sound.
    """

    def __init__(self, path: Path | None = None, wait: float = 0.0) -> None:
        self._path = path
        self._wait = wait
        self.underruns = 0
        self._rest: NDArray[np.float32] = np.zeros((CHANNELS, 0), np.float32)
        self._stop = threading.Event()
        self._blocks: queue.Queue[NDArray[np.float32]] = queue.Queue(AHEAD)
        self._thread: threading.Thread | None = None
        if path is None:
            return
        if not path.is_file():
            raise UserError(f"There is no sound file {path}.")
        try:
            first = next(_decode(path), None)
        except av.error.FFmpegError as error:
            raise UserError(f"{path} cannot be read as sound: {error.strerror}.") from None
        if first is None:
            raise UserError(f"{path} has no sound in it.")
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="soundtrack", daemon=True)
        self._thread.start()
        # The first second should be there before the first frame asks for it.
        self._ready.wait(2.0)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self._path is None

    def read(self, samples: int) -> NDArray[np.float32]:
        """The next `samples` samples, float32 [2, samples]; what the decoder has not ready is silence, and counted."""
        if self._thread is None:
            return np.zeros((CHANNELS, samples), np.float32)
        while self._rest.shape[1] < samples:
            try:
                block = self._blocks.get(timeout=self._wait) if self._wait > 0 else self._blocks.get_nowait()
            except queue.Empty:
                self.underruns += 1
                block = np.zeros((CHANNELS, samples - self._rest.shape[1]), np.float32)
            self._rest = np.concatenate((self._rest, block), axis=1)
        out, self._rest = self._rest[:, :samples], self._rest[:, samples:]
        return np.ascontiguousarray(out)

    def close(self) -> None:
        """Stop decoding and join the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        assert self._path is not None
        try:
            while not self._stop.is_set():
                played = 0
                for block in _decode(self._path):
                    if not self._offer(block):
                        return
                    played += block.shape[1]
                if not played:
                    raise ValueError("no sound in it")
        except (OSError, ValueError, av.error.FFmpegError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            log.warning("The sound file %s stopped: %s. The show goes on in silence.", self._path, reason)
        finally:
            self._ready.set()

    def _offer(self, block: NDArray[np.float32]) -> bool:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._blocks.put(block, timeout=0.2)
                return True
            self._ready.set()
        return False


def _decode(path: Path) -> Iterator[NDArray[np.float32]]:
    """The file once from its beginning, as blocks of float32 [2, n] at 48 kHz; damaged parts are left out."""
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE, frame_size=BLOCK)
    with av.open(str(path), "r") as container:
        if not container.streams.audio:
            return
        for packet in container.demux(container.streams.audio[0]):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                # Times that jump would make the resampler fill or drop sound; the order of the samples is enough.
                frame.pts = None
                for part in resampler.resample(frame):
                    yield part.to_ndarray().astype(np.float32, copy=False)
        for part in resampler.resample(None):
            yield part.to_ndarray().astype(np.float32, copy=False)
