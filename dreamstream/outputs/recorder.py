"""Recording to files that are playable up to their last seconds, whatever ends the program."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from dreamstream.core.errors import UsageError, UserError
from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.kind import OutputKind
from dreamstream.outputs.mux import Muxer
from dreamstream.outputs.rotation import Rotation
from dreamstream.outputs.status import LIVE
from dreamstream.outputs.thread_sink import Mishap, ThreadSink, explain
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

# Each fragment (MP4) or cluster (Matroska) is complete in itself, so what is on the disk can always be played.
FORMATS = {
    ".mp4": ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}),
    ".mkv": ("matroska", {"cluster_time_limit": "2000", "flush_packets": "1"}),
}
# A part stays open for this many seconds of the next one, for sound that comes after the pictures of its time.
SOUND_LAGS = 0.5


def claim(path: Path, numbered: bool = False) -> Path:
    """Create an empty file at `path`, or at the next free name (show-1.mp4, show-2.mp4, ...), and return its path.

    numbered: begin at show-0001.mp4, for parts that are to sort by name.
    A recording never overwrites another. Raises OSError when the folder cannot be written.
    """
    number = 1 if numbered else 0
    while True:
        ending = f"-{number:04d}" if numbered else f"-{number}" if number else ""
        chosen = path.with_stem(path.stem + ending)
        try:
            os.close(os.open(chosen, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return chosen
        except FileExistsError:
            number += 1


class _Part:
    """One file of a recording, open for writing; writes pass through Python, which lets other threads go on."""

    def __init__(self, path: Path, info: StreamInfo) -> None:
        self.path = path
        self.first: Fraction | None = None
        self.last = Fraction(0)
        self.written = 0
        self._file = path.open("r+b", buffering=0)
        self._identity = os.fstat(self._file.fileno())
        format, options = FORMATS[path.suffix.lower()]
        try:
            self._muxer = Muxer(self, info, format, options)
        except BaseException:
            self._file.close()
            raise

    @property
    def seconds(self) -> float:
        return 0.0 if self.first is None else float(self.last - self.first)

    def put(self, packet: Packet) -> bool:
        if not self._muxer.write(packet):
            return False
        if packet.kind == VIDEO:
            self.last = packet.dts * packet.time_base
            self.first = self.last if self.first is None else self.first
        return True

    def check(self) -> None:
        """Raise OSError when the file is no longer where it was, for then nobody would ever find it."""
        try:
            same = os.path.samestat(self.path.stat(), self._identity)
        except OSError:
            same = False
        if not same:
            raise OSError(f"{self.path.name} has been taken away")

    def close(self) -> None:
        """End the file; one that holds no picture is removed."""
        try:
            self._muxer.close()
        finally:
            self._file.close()
            if self.first is None:
                self.path.unlink(missing_ok=True)

    # -- what the muxer calls

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            count = self._file.write(view) or 0
            self.written += count
            view = view[count:]
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class Recorder(ThreadSink):
    """Writes packets into MP4 or Matroska files, in a thread of its own.

    path: ends in .mp4 or .mkv; where that file exists already, the next free name is taken and said (`path`).
    rotation: when to go on in a new file; the parts are then show-0001.mp4, show-0002.mp4 and so on, each playable by
    itself, and no frame is lost between them.
    A full disk, a folder taken away, or any other error ends the file with a warning; another is tried later. Nothing
    else notices.
    Raises UserError for another ending, or a place that cannot be written.
    """

    kind = "recording"
    # About a minute at 3000 kb/s: a disk may spin up, or a network drive hang a while.
    QUEUE_BYTES = 24 << 20

    def __init__(
        self,
        path: Path,
        info: StreamInfo,
        rotation: Rotation | None = None,
        name: str | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if path.suffix.lower() not in FORMATS:
            raise UsageError(f"A recording ends in .mp4 or .mkv, not {path.suffix or 'nothing'!r}: {path}")
        self._wanted, self._info = path, info
        self._rotation = rotation or Rotation()
        self._clock = clock
        self._files = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._look_ahead()
        except OSError as error:
            raise UserError(f"The recording {path} cannot be written: {error.strerror}.") from None
        if self.path != path and not self._rotation:
            log.warning("%s exists already; recording to %s.", path, self.path)
        super().__init__(name or path.name, str(path), self.QUEUE_BYTES, backoff or Backoff(2.0, 60.0))
        self._start()

    def _claim(self) -> Path:
        self.path = claim(self._wanted, bool(self._rotation))
        return self.path

    def _look_ahead(self) -> None:
        """See that the folder can be written; no file stays before there is something to record. Raises OSError."""
        self._claim().unlink(missing_ok=True)

    def _more(self) -> dict[str, object]:
        return {"path": str(self.path), "files": self._files}

    def _farewell(self) -> str:
        return f"recorded to {self.path}"

    def _session(self) -> None:
        part: _Part | None = None
        old: _Part | None = None
        self._look_ahead()
        checked = self._clock()
        try:
            for packets in self._batches():
                if part is not None and self._clock() - checked > 2.0:
                    part.check()
                    checked = self._clock()
                for packet in packets:
                    if part is None:
                        if packet.kind != VIDEO or not packet.keyframe:
                            continue
                        part = self._open()
                    elif self._is_turn(part, packet):
                        _ended(old)
                        part, old = self._open(), part
                    if old is not None and not self._belongs(packet, part):
                        self._put(old, packet)
                    else:
                        self._put(part, packet)
                    if old is not None and part.seconds > SOUND_LAGS:
                        _ended(old)
                        old = None
        except Mishap:
            for each in filter(None, (old, part)):
                _abandon(each)
            raise
        _ended(old)
        _ended(part)

    def _is_turn(self, part: _Part, packet: Packet) -> bool:
        """Whether another file begins with this packet."""
        if packet.kind != VIDEO or not packet.keyframe or part.first is None:
            return False
        return self._rotation.due(float(packet.dts * packet.time_base - part.first), part.written)

    @staticmethod
    def _belongs(packet: Packet, part: _Part) -> bool:
        """Whether a packet is of the newer part: the sound of a moment comes a little after its picture."""
        return packet.kind == VIDEO or (part.first is not None and packet.dts * packet.time_base >= part.first)

    def _put(self, part: _Part, packet: Packet) -> None:
        before, fresh = part.written, part.first is None
        if part.put(packet) and fresh:
            self._files += 1
            if self.status.state != LIVE:
                self.status.connected(f"recording to {part.path}")
        self.status.sent(part.written - before)

    def _open(self) -> _Part:
        path = self._claim()
        try:
            return _Part(path, self._info)
        except Mishap:
            path.unlink(missing_ok=True)
            raise


def _ended(part: _Part | None) -> None:
    """End a part, if there is one."""
    if part is not None:
        part.close()


def _abandon(part: _Part) -> None:
    try:
        part.close()
    except Mishap as error:
        log.debug("%s was not ended properly: %s", part.path, explain(error))


KIND = OutputKind(
    name="recording",
    example="a file that ends in .mp4 or .mkv",
    open=lambda target, stream, name: Recorder(Path(target), stream.info, stream.rotation, name),
    endings=tuple(FORMATS),
)
