"""Recording to a file that is playable up to its last seconds, whatever ends the program."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from pathlib import Path

import av

from dreamstream.errors import UserError
from dreamstream.video.mux import Muxer
from dreamstream.video.packet import Packet, StreamInfo
from dreamstream.video.packet_queue import PacketQueue

log = logging.getLogger(__name__)

# Each fragment (MP4) or cluster (Matroska) is complete in itself, so what is on the disk can always be played.
FORMATS = {
    ".mp4": ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}),
    ".mkv": ("matroska", {"cluster_time_limit": "2000", "flush_packets": "1"}),
}


def claim(path: Path) -> Path:
    """Create an empty file at `path`, or at the next free name (show-1.mp4, show-2.mp4, ...), and return its path.

    A recording never overwrites another. Raises OSError when the folder cannot be written.
    """
    number = 0
    while True:
        chosen = path.with_stem(f"{path.stem}-{number}") if number else path
        try:
            os.close(os.open(chosen, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return chosen
        except FileExistsError:
            number += 1


class Recorder:
    """Writes packets into an MP4 or Matroska file, in a thread of its own.

    path: ends in .mp4 or .mkv; where that file exists already, the next free name is taken and said (`path`).
    A full disk or any other error ends the recording, with a warning; nothing else notices.
    Raises UserError for another ending, or a place that cannot be written.
    """

    kind = "recording"
    # About a minute at 3000 kb/s: a disk may spin up, or a network drive hang a while.
    QUEUE_BYTES = 24 << 20

    def __init__(self, path: Path, info: StreamInfo) -> None:
        if path.suffix.lower() not in FORMATS:
            raise UserError(f"A recording ends in .mp4 or .mkv, not {path.suffix or 'nothing'!r}: {path}", 2)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path = claim(path)
        except OSError as error:
            raise UserError(f"The recording {path} cannot be written: {error.strerror}.") from None
        if self.path != path:
            log.warning("%s exists already; recording to %s.", path, self.path)
        self.name = str(self.path)
        self._info = info
        self._queue = PacketQueue(self.QUEUE_BYTES, max_packets=20000)
        self._state, self._detail = "starting", "waiting for a key frame"
        self._bytes = 0
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"recorder {self.path.name}", daemon=True)
        self._thread.start()

    def put(self, packet: Packet) -> None:
        """Offer one packet; when the disk is too slow, what waits is dropped up to the next key frame."""
        self._queue.put(packet)

    def state(self) -> dict[str, object]:
        """Name, state with its reason, and counters."""
        return {
            "name": self.name,
            "kind": self.kind,
            "state": self._state,
            "detail": self._detail,
            "seconds": round(time.monotonic() - self._since, 1),
            "written_bytes": self._bytes,
            "dropped": self._queue.dropped,
        }

    def close(self, timeout: float = 5.0) -> None:
        """Write what waits, close the file and join the thread within `timeout` seconds."""
        self._queue.close()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._write()
        except (OSError, ValueError, av.error.FFmpegError) as error:
            number = getattr(error, "errno", None)
            reason = "the disk is full" if number == errno.ENOSPC else getattr(error, "strerror", None) or str(error)
            self._state, self._detail = "failed", f"recording stopped: {reason}"
            log.warning("The recording %s stopped: %s. The show goes on.", self.path, reason)
        finally:
            self._queue.close()

    def _write(self) -> None:
        format, options = FORMATS[self.path.suffix.lower()]
        # The prefix keeps FFmpeg from taking a name with a colon for a network address.
        with Muxer(f"file:{self.path}", self._info, format, options) as muxer:
            while True:
                packets = self._queue.wait(1.0)
                if not packets and self._queue.closed:
                    break
                for packet in packets:
                    if muxer.write(packet):
                        self._bytes += len(packet.data)
                        if self._state == "starting":
                            self._state, self._detail = "live", f"recording to {self.path}"
        # An empty file is no recording.
        if not self._bytes:
            self.path.unlink(missing_ok=True)
        self._state, self._detail = "closed", f"recorded to {self.path}"
