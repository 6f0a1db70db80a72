"""HLS playlists as data and as text. Pure. Source: RFC 8216 (HTTP Live Streaming).

A media playlist is a window on segments numbered without a gap. Segments with different headers (`init`) belong to
different sessions; between them stands a discontinuity. What slides out of the window is counted, so that players that
look now and then know where they are. No end is ever written: the stream goes on whenever the show does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from dreamstream.core.packet import StreamInfo
from dreamstream.outputs.browser.fmp4 import avcc, codec_string

MASTER, MEDIA = "index.m3u8", "media.m3u8"
# Seconds that no segment is longer than, when rounded (4.3.3.1).
LONGEST = 2
_SEGMENT, _INIT = re.compile(r"dream-\d+\.m4s"), re.compile(r"init-\d+\.mp4")


@dataclass(frozen=True)
class Segment:
    """One segment's file name, length in seconds, the wall-clock time of its begin (Unix time), and its header."""

    name: str
    seconds: float
    at: float
    init: str


@dataclass(frozen=True)
class Playlist:
    """A window on the segments: the number of its first one, and how many discontinuities came before it."""

    number: int
    segments: tuple[Segment, ...] = ()
    discontinuities: int = 0

    @property
    def next(self) -> int:
        """The number of the segment that comes next."""
        return self.number + len(self.segments)

    def followed_by(self, segment: Segment) -> Playlist:
        """This playlist with one segment more."""
        return Playlist(self.number, (*self.segments, segment), self.discontinuities)

    def last(self, count: int) -> Playlist:
        """The window on the last `count` segments."""
        left_out = max(0, len(self.segments) - count)
        breaks = sum(a.init != b.init for a, b in zip(self.segments[:left_out], self.segments[1:], strict=False))
        return Playlist(self.number + left_out, self.segments[left_out:], self.discontinuities + breaks)

    def text(self) -> str:
        """As a player reads it."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{LONGEST}"]
        lines += [f"#EXT-X-MEDIA-SEQUENCE:{self.number}", f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuities}"]
        lines += ["#EXT-X-INDEPENDENT-SEGMENTS"]
        init = ""
        for segment in self.segments:
            if segment.init != init:
                lines += ["#EXT-X-DISCONTINUITY"] if init else []
                lines += [f'#EXT-X-MAP:URI="{segment.init}"']
                init = segment.init
            at = datetime.fromtimestamp(segment.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{segment.seconds:.5f},", segment.name]
        return "\n".join([*lines, ""])

    @staticmethod
    def read(text: str) -> Playlist:
        """The playlist that `text` wrote. Raises ValueError for any other, as one cut short."""
        tags, segments = dict[str, str](), list[Segment]()
        if not text.endswith("\n"):
            raise ValueError("the playlist is cut short")
        for line in text.splitlines():
            if line.startswith("#"):
                name, _, value = line.partition(":")
                tags[name] = value
                continue
            segment = Segment(
                line,
                float(tags["#EXTINF"].rstrip(",")),
                datetime.fromisoformat(tags["#EXT-X-PROGRAM-DATE-TIME"]).timestamp(),
                tags["#EXT-X-MAP"].removeprefix('URI="').removesuffix('"'),
            )
            if not _SEGMENT.fullmatch(segment.name) or not _INIT.fullmatch(segment.init):
                raise ValueError("the playlist names other files")
            segments.append(segment)
        number, before = int(tags["#EXT-X-MEDIA-SEQUENCE"]), int(tags["#EXT-X-DISCONTINUITY-SEQUENCE"])
        if number < 0 or before < 0:
            raise ValueError("the playlist has negative numbers")
        return Playlist(number, tuple(segments), before)


def master_playlist(info: StreamInfo, peak: int) -> str:
    """The master playlist: what the stream is made of, so that a player knows whether it can. peak: bits per second."""
    codecs = codec_string(avcc(info.video_extradata)) + (",mp4a.40.2" if info.audio_extradata else "")
    about = f'BANDWIDTH={peak},CODECS="{codecs}",RESOLUTION={info.width}x{info.height},FRAME-RATE={info.fps}.000'
    return f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:{about}\n{MEDIA}\n"
