"""The sound under the dreams: silence, or files played over and over."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from dreamstream.core.errors import UserError
from dreamstream.core.status import SoundStatus

log = logging.getLogger(__name__)

SAMPLE_RATE = 48000
CHANNELS = 2
# Decoded sound kept ready: 96 blocks of 1024 samples are 2 s and 0.8 MB.
BLOCK = 1024
AHEAD = 96
# When nothing can be played any more, how many seconds of silence before the next attempt.
RETRY = 10.0

# What is beyond these is no music, and converting it could take any memory: a second at 1 Hz is 48000 samples from one.
LEAST_RATE, MOST_RATE, MOST_CHANNELS = 1000, 768_000, 8
# Of a folder full of what is no sound, so many names are told.
MOST_TOLD = 20

Sound = NDArray[np.float32]


class Soundtrack:
    """Stereo sound at 48 kHz, float32 in [-1, 1], without end.

    path: any file FFmpeg can decode, or a folder of them, played in the order of their names; both begin anew at their
    end, without a gap. None is silence. Mono and other rates are converted. What cannot be played, for whatever reason,
    is left out with a warning. It is decoded a little ahead in a thread of its own, so memory is bounded however long
    it is, and a slow disk cannot hold up the frames.
    wait: how many seconds `read` may wait for the decoder before it gives silence; 0 for a live show.
    Raises UserError when there is nothing that can be played.
    """

    def __init__(self, path: Path | None = None, wait: float = 0.0) -> None:
        self._path = path
        self._wait = wait
        self._gaps = 0
        self._playing = ""
        self._rest: Sound = np.zeros((CHANNELS, 0), np.float32)
        self._stop = threading.Event()
        self._blocks: queue.Queue[Sound] = queue.Queue(AHEAD)
        self._thread: threading.Thread | None = None
        self._left_out: set[Path] = set()
        if path is None:
            return
        self._check(path)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="soundtrack", daemon=True)
        self._thread.start()
        # The first second should be there before the first frame asks for it.
        self._ready.wait(2.0)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self._path is None

    def read(self, samples: int) -> Sound:
        """The next `samples` samples, float32 [2, samples]; what the decoder has not ready is silence, and counted."""
        if self._thread is None:
            return np.zeros((CHANNELS, samples), np.float32)
        while self._rest.shape[1] < samples:
            try:
                block = self._blocks.get(timeout=self._wait) if self._wait > 0 else self._blocks.get_nowait()
            except queue.Empty:
                self._gaps += 1
                block = np.zeros((CHANNELS, samples - self._rest.shape[1]), np.float32)
            self._rest = np.concatenate((self._rest, block), axis=1)
        out, self._rest = self._rest[:, :samples], self._rest[:, samples:]
        return np.ascontiguousarray(out)

    def state(self) -> SoundStatus:
        """What plays now, and what does not."""
        if self._path is None:
            return SoundStatus(state="silence")
        playing = self._playing
        return SoundStatus(
            state="playing" if playing else "waiting", file=playing, left_out=len(self._left_out), gaps=self._gaps
        )

    def close(self) -> None:
        """Stop decoding and join the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _check(self, path: Path) -> None:
        """Raise UserError unless there is something to play."""
        files = _files(path)
        if not files:
            raise UserError(f"There is no sound file {path}." if not path.is_dir() else f"{path} has no files in it.")
        reason = "it has no sound in it"
        for file in files:
            try:
                list(_Blocks().of_frame(next(_frames(file))))
                return
            except StopIteration:
                reason = "it has no sound in it"
            except Exception as error:  # whatever a library does with whatever a file holds
                reason = _reason(error)
        what = "cannot be read as sound" if len(files) == 1 else f"has no sound among its {len(files)} files"
        raise UserError(f"{path} {what}: {reason}.")

    def _run(self) -> None:
        try:
            for block in self._endless():
                if not self._offer(block):
                    return
        finally:
            self._ready.set()

    def _endless(self) -> Iterator[Sound]:
        """The sound of all files, one after the other, again and again; no file can end it."""
        assert self._path is not None
        blocks, silent = _Blocks(), False
        while not self._stop.is_set():
            played, fresh = False, 0
            for file in _files(self._path):
                try:
                    for block in blocks.of_file(file):
                        played, self._playing = True, file.name
                        yield block
                    played = True
                    self._left_out.discard(file)
                except Exception as error:  # whatever a library does with whatever a file holds
                    blocks = _Blocks()
                    if file not in self._left_out:
                        self._left_out.add(file)
                        fresh += 1
                        if fresh <= MOST_TOLD:
                            log.warning("The sound file %s is left out: %s. The show goes on.", file, _reason(error))
                if self._stop.is_set():
                    return
            if fresh > MOST_TOLD:
                log.warning("%d more sound files of %s are left out.", fresh - MOST_TOLD, self._path)
            if not played:
                if not silent:
                    log.warning(
                        "Nothing in %s can be played any more; there is silence until it can.",
                        self._path,
                    )
                self._playing = ""
                self._ready.set()
                self._stop.wait(RETRY)
            silent = not played

    def _offer(self, block: Sound) -> bool:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._blocks.put(block, timeout=0.2)
                return True
            self._ready.set()
        return False


def _files(path: Path) -> list[Path]:
    """The file itself, or a folder's files by name; hidden ones are nobody's music."""
    with contextlib.suppress(OSError):
        if not path.is_dir():
            return [path] if path.is_file() else []
        return sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
    return []


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _frames(path: Path) -> Iterator[AudioFrame]:
    """The sound of one file from its beginning; damaged parts are left out. Raises what FFmpeg raises."""
    # Titles in another alphabet than UTF-8 are no reason not to play it.
    with av.open(f"file:{path}", "r", metadata_errors="replace") as container:
        if not container.streams.audio:
            raise ValueError("it has no sound in it")
        for packet in container.demux(container.streams.audio[0]):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            yield from frames


class _Blocks:
    """Frames of any kind as float32 [2, BLOCK] at 48 kHz.

    One resampler goes on over the ends of files as long as they are of one kind, so that there is neither a gap nor a
    click, and no rounding that adds up.
    """

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None

    def of_file(self, path: Path) -> Iterator[Sound]:
        """One file's sound. Raises ValueError, or whatever FFmpeg raises, for one that cannot be played."""
        heard = False
        for frame in _frames(path):
            heard = heard or frame.samples > 0
            yield from self.of_frame(frame)
        if not heard:
            raise ValueError("nothing in it can be decoded")

    def of_frame(self, frame: AudioFrame) -> Iterator[Sound]:
        """What one frame completes. Raises like of_file."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or kind != self._kind:
            _check_kind(frame)
            if self._resampler is not None:
                yield from _arrays(self._resampler, None)
            self._resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE, frame_size=BLOCK)
            self._kind = kind
        # Times that jump would make the resampler fill or drop sound; the order of the samples is enough.
        frame.pts = None
        yield from _arrays(self._resampler, frame)


def _check_kind(frame: AudioFrame) -> None:
    channels, rate = frame.layout.nb_channels, frame.sample_rate
    if not 1 <= channels <= MOST_CHANNELS:
        raise ValueError(f"it has {channels} channels, and {MOST_CHANNELS} is the most that can be mixed")
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise ValueError(f"its rate is {rate} Hz, and {LEAST_RATE} to {MOST_RATE} is what can be played")


def _arrays(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Sound]:
    for part in resampler.resample(frame):
        yield part.to_ndarray().astype(np.float32, copy=False)
