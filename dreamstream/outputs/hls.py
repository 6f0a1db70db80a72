"""HLS: a folder with playlists and a rolling window of segments, for browsers and players behind any web server.

Segments are fragmented MP4. Every file is written under another name and renamed, so that whoever reads finds it whole.
Source: RFC 8216 (HTTP Live Streaming).
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from dreamstream.core.errors import UserError
from dreamstream.core.packet import VIDEO, Packet, StreamInfo
from dreamstream.outputs.browser.fmp4 import Boxes, avcc, codec_string
from dreamstream.outputs.kind import OutputKind
from dreamstream.outputs.mux import Muxer
from dreamstream.outputs.thread_sink import Mishap, ThreadSink
from dreamstream.support import files
from dreamstream.support.backoff import Backoff

log = logging.getLogger(__name__)

MASTER, MEDIA = "index.m3u8", "media.m3u8"
# Key frames come every 2 s, and now and then between; a segment ends at the first one after so many seconds, so that
# none is longer than 2.45 s, which counts as 2 (RFC 8216, 4.3.3.1).
SHORTEST = 0.45
LONGEST = 2
# A player begins three segments before the end (6.3.3) and some fail where there are fewer.
FEWEST = 4
# Segments are numbered from this Unix time on, so that no number needs more than 31 bits for thirty years.
EPOCH = 1.75e9
# How many segments the playlist names, and how many older ones stay for players that are behind.
WINDOW, SPARE = 6, 4
_OURS = re.compile(r"(dream-\d+\.m4s|init-\d+\.mp4)|\.(dream-\d+|init-\d+|index|media)\.\d+\.part\.(m4s|mp4|m3u8)")
OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof+cmaf", "flush_packets": "1"}


@dataclass(frozen=True)
class Segment:
    """One segment's file name, length in seconds, and the wall-clock time at which it begins (Unix time)."""

    name: str
    seconds: float
    at: float


def media_playlist(segments: list[Segment], number: int, init: str, ended: bool) -> str:
    """The media playlist of a window that begins with segment `number`."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{LONGEST}", f"#EXT-X-MEDIA-SEQUENCE:{number}"]
    lines += ["#EXT-X-INDEPENDENT-SEGMENTS", f'#EXT-X-MAP:URI="{init}"']
    for segment in segments:
        at = datetime.fromtimestamp(segment.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{segment.seconds:.5f},", segment.name]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else []), ""])


def master_playlist(info: StreamInfo, peak: int) -> str:
    """The master playlist: what the stream is made of, so that a player knows whether it can. peak: bits per second."""
    codecs = codec_string(avcc(info.video_extradata)) + (",mp4a.40.2" if info.audio_extradata else "")
    about = f'BANDWIDTH={peak},CODECS="{codecs}",RESOLUTION={info.width}x{info.height},FRAME-RATE={info.fps}.000'
    return f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:{about}\n{MEDIA}\n"


class HlsSink(ThreadSink):
    """Keeps an HLS stream in a folder: index.m3u8 names media.m3u8, which names the last segments.

    A file that cannot be written ends the session with a warning, and another is begun later. Segments and playlists
    of an earlier show are replaced. Raises UserError for a place that can be no folder.
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
        except OSError as error:
            raise UserError(f"The HLS folder {folder} cannot be made: {error.strerror}.") from None
        super().__init__(name or self.kind, str(folder), self.QUEUE_BYTES, backoff)
        self._start()

    def _farewell(self) -> str:
        return f"ended; its last {WINDOW} segments are in {self.folder}"

    def _session(self) -> None:
        window = _Window(self.folder, self._info, self._wall)
        try:
            for packets in self._batches():
                for packet in packets:
                    window.put(packet)
                self.status.sent(window.take_written())
                if len(window.segments) >= FEWEST and self.status.state != "live":
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
        # Sequence numbers that players have seen must not come again after a restart.
        self._number = int((wall() - EPOCH) / SHORTEST)
        self._init = f"init-{self._number}.mp4"
        self._peak = 0
        self._written = 0
        self.segments: deque[Segment] = deque()
        self._gone: deque[str] = deque()
        self._boxes = Boxes()
        self._header = b""
        self._parts: list[bytes] = []
        self._starts: deque[Fraction] = deque()
        self._length = Fraction(0)
        self._last = Fraction(0)
        self._old = [path for path in folder.iterdir() if _is_ours(path.name)]
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
        """Write what is there, and say in the playlist that no more comes."""
        self._muxer.close()
        if self._parts:
            self._segment()
        if self.segments:
            self._playlist(ended=True)

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
        name, data, seconds = (
            f"dream-{self._number + len(self.segments)}.m4s",
            b"".join(self._parts),
            float(self._length),
        )
        self._parts, self._length = [], Fraction(0)
        self._save(name, data)
        self.segments.append(Segment(name, seconds, self._wall() - seconds))
        while len(self.segments) > WINDOW:
            self._gone.append(self.segments.popleft().name)
            self._number += 1
        if len(self.segments) >= FEWEST:
            self._playlist(ended=False)
        peak = math.ceil(8 * len(data) / max(seconds, 0.1) * 1.1)
        if peak > self._peak:
            self._peak = peak
            self._save(MASTER, master_playlist(self._info, peak).encode())
        while len(self._gone) > SPARE:
            (self._folder / self._gone.popleft()).unlink(missing_ok=True)
        while self._old:
            self._old.pop().unlink(missing_ok=True)

    def _playlist(self, ended: bool) -> None:
        self._save(MEDIA, media_playlist(list(self.segments), self._number, self._init, ended).encode())

    def _save(self, name: str, data: bytes) -> None:
        files.write(self._folder / name, data)
        self._written += len(data)


def _is_ours(name: str) -> bool:
    """Whether a file is a segment or header of an earlier session, or what one that was killed left behind."""
    return _OURS.fullmatch(name) is not None


KIND = OutputKind(
    name="hls",
    example="hls:FOLDER",
    open=lambda target, stream, name: HlsSink(Path(target), stream.info, name),
)
