"""HLS: a folder with playlists and a rolling window of segments, for browsers and players behind any web server.

Segments are fragmented MP4. Every file is written under another name and renamed, so that whoever reads finds it whole.
Source: RFC 8216 (HTTP Live Streaming).

A session (from the start, or from another attempt) begins with what an earlier one left in the folder, whatever ended
that: its playlist and segments stay, and after a discontinuity come ours, numbered on from its last.
Invariants: a segment is there before the playlist names it, and stays for SPARE segments after; a number stands for one
segment for ever; only one show writes into the folder, for as long as it holds the lock in it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import filelock

from dreamstream.core.errors import UserError
from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.browser.fmp4 import Boxes
from dreamstream.outputs.hls_playlist import MASTER, MEDIA, Playlist, Segment, master_playlist
from dreamstream.outputs.kind import OutputKind
from dreamstream.outputs.mux import Muxer
from dreamstream.outputs.thread_sink import Mishap, ThreadSink
from dreamstream.support import files
from dreamstream.support.backoff import Backoff
from dreamstream.support.folder_lock import FolderLock

log = logging.getLogger(__name__)

# Key frames come every 2 s, and now and then between; a segment ends at the first one after so many seconds, so that
# none is longer than 2.45 s, which counts as LONGEST.
SHORTEST = 0.45
# A player begins three segments before the end (6.3.3) and some fail where there are fewer.
FEWEST = 4
# In a folder without segments they are numbered from this Unix time on, so that numbers rise also when the folder was
# emptied in between, and none needs more than 31 bits for thirty years.
EPOCH = 1.75e9
LOCK = ".dreamstream.lock"
# How many segments the playlist names, and how many older ones stay for players that are behind.
WINDOW, SPARE = 6, 4
_OURS = re.compile(r"(dream-\d+\.m4s|init-\d+\.mp4)|\.(dream-\d+|init-\d+|index|media)\.\d+\.part\.(m4s|mp4|m3u8)")
OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof+cmaf", "flush_packets": "1"}


class HlsSink(ThreadSink):
    """Keeps an HLS stream in a folder: index.m3u8 names media.m3u8, which names the last segments.

    A file that cannot be written ends the session with a warning, and another is begun later, which goes on from what
    is there. Raises UserError for a place that can be no folder, and for one that another show writes into.
    """

    kind = "hls"
    QUEUE_BYTES = 24 << 20

    def __init__(
        self,
        folder: Path,
        info: StreamInfo,
        name: str | None = None,
        backoff: Backoff | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._info, self._wall = folder, info, wall
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(folder / LOCK)
            self._lock.hold()
        except filelock.Timeout:
            raise UserError(f"Another show writes into the HLS folder {folder}; choose another folder.") from None
        except OSError as error:
            raise UserError(f"The HLS folder {folder} cannot be written: {error.strerror}.") from None
        super().__init__(name or self.kind, str(folder), self.QUEUE_BYTES, backoff)
        self._start()

    def _farewell(self) -> str:
        return f"ended; its last {WINDOW} segments are in {self.folder}"

    def close(self, timeout: float = 5.0) -> None:
        """End the stream within `timeout` seconds, and let another show have the folder."""
        super().close(timeout)
        self._lock.release()

    def _session(self) -> None:
        try:
            self._lock.hold()  # the folder may be another one of the same name by now
        except filelock.Timeout:
            raise OSError(f"another show writes into {self.folder}") from None
        window = _Window(self.folder, self._info, self._wall)
        try:
            for packets in self._batches():
                for packet in packets:
                    window.put(packet)
                self.status.sent(window.take_written())
                if window.listed and self.status.state != "live":
                    self.status.connected(f"in {self.folder / MASTER}")
        except Mishap:
            with contextlib.suppress(*Mishap):
                window.close()
            raise
        window.close()
        self.status.sent(window.take_written())


class _Window:
    """One session's files; the muxer writes into it, and it cuts what comes into segments."""

    def __init__(self, folder: Path, info: StreamInfo, wall: Callable[[], float]) -> None:
        self._folder, self._info, self._wall = folder, info, wall
        self._peak = 0
        self._written = 0
        self.listed = False  # whether the playlist names segments of this session
        self.playlist = _left_in(folder, max(0, int((wall() - EPOCH) / SHORTEST)))
        self._init = f"init-{self.playlist.next}.mp4"
        self._gone: deque[Segment] = deque()
        self._boxes = Boxes()
        self._header = b""
        self._parts: list[bytes] = []
        self._starts: deque[Fraction] = deque()
        self._length = Fraction(0)
        self._last = Fraction(0)
        named = {name for segment in self.playlist.segments for name in (segment.name, segment.init)}
        self._old = [path for path in folder.iterdir() if _OURS.fullmatch(path.name) and path.name not in named]
        self._muxer = Muxer(self, info, "mp4", OPTIONS)

    def put(self, packet: Packet) -> None:
        if packet.kind == VIDEO:
            if packet.keyframe:
                self._starts.append(packet.dts * packet.time_base)
            self._last = (packet.dts + packet.duration) * packet.time_base
        self._muxer.write(packet)

    def take_written(self) -> int:
        written, self._written = self._written, 0
        return written

    def close(self) -> None:
        """Write what is there."""
        self._muxer.close()
        if self._parts:
            self._segment()
        if not self.listed and self.playlist.segments:
            self._list()

    # -- what the muxer calls

    def write(self, data: bytes) -> int:
        for kind, box in self._boxes.feed(bytes(data)):
            if kind in (b"ftyp", b"moov"):
                self._header += box
                if kind == b"moov":
                    self._save(self._init, self._header)
            elif kind == b"moof":
                # One moof for each key frame: the frames before it are complete.
                self._begin_fragment()
                self._parts.append(box)
            elif kind == b"mdat" and self._parts:
                self._parts.append(box)
        return len(data)

    def _begin_fragment(self) -> None:
        start = self._starts.popleft() if self._starts else self._last
        if self._parts and self._length >= SHORTEST:
            self._segment()
        self._length += (self._starts[0] if self._starts else self._last) - start

    def _segment(self) -> None:
        data, seconds = b"".join(self._parts), float(self._length)
        self._parts, self._length = [], Fraction(0)
        name = f"dream-{self.playlist.next}.m4s"
        self._save(name, data)
        longer = self.playlist.followed_by(Segment(name, seconds, self._wall() - seconds, self._init))
        self.playlist = longer.last(WINDOW)
        self._gone.extend(longer.segments[: -len(self.playlist.segments)])
        if len(self.playlist.segments) >= FEWEST:
            self._list()
        peak = math.ceil(8 * len(data) / max(seconds, 0.1) * 1.1)
        if peak > self._peak:
            self._peak = peak
            self._save(MASTER, master_playlist(self._info, peak).encode())
        while len(self._gone) > SPARE:
            old = self._gone.popleft()
            (self._folder / old.name).unlink(missing_ok=True)
            if old.init not in {each.init for each in (*self._gone, *self.playlist.segments)}:
                (self._folder / old.init).unlink(missing_ok=True)
        while self._old:
            self._old.pop().unlink(missing_ok=True)

    def _list(self) -> None:
        self._save(MEDIA, self.playlist.text().encode())
        self.listed = True

    def _save(self, name: str, data: bytes) -> None:
        files.write(self._folder / name, data)
        self._written += len(data)


def _left_in(folder: Path, first: int) -> Playlist:
    """What an earlier session left: its last segments that are whole, or where to number on from; else `first`."""
    try:
        before = Playlist.read((folder / MEDIA).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError):
        names = [path.stem.removeprefix("dream-") for path in folder.glob("dream-*.m4s")]
        return Playlist(max((int(name) + 1 for name in names if name.isdecimal()), default=first))
    there = 0
    for segment in reversed(before.segments):
        if not ((folder / segment.name).is_file() and (folder / segment.init).is_file()):
            break
        there += 1
    return before.last(there)


KIND = OutputKind(
    name="hls",
    example="hls:FOLDER",
    open=lambda target, stream, name: HlsSink(Path(target), stream.info, name),
)
