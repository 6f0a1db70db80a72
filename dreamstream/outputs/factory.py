"""What an output's address means, and the sink that is made of it. Plain data; nothing is opened by parsing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dreamstream.core.errors import UsageError
from dreamstream.core.packet import Sink, StreamInfo
from dreamstream.outputs.address import check as check_rtmp
from dreamstream.outputs.address import check_mpegts
from dreamstream.outputs.hls import HlsSink
from dreamstream.outputs.mpegts import MpegTsSink
from dreamstream.outputs.recorder import FORMATS, Recorder
from dreamstream.outputs.rotation import Rotation
from dreamstream.outputs.rtmp.sink import RtmpSink, RtmpTimeouts
from dreamstream.support.redaction import hide_key

RTMP, RECORDING, HLS, MPEGTS = "rtmp", "recording", "hls", "mpegts"
KINDS = (RTMP, RECORDING, HLS, MPEGTS)


@dataclass(frozen=True)
class Output:
    """An address taken apart: the kind of sink, and what that sink is given. `target` may hold a stream key."""

    kind: str
    target: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The target as anyone may see it."""
        return hide_key(self.target) if self.kind == RTMP else self.target

    @property
    def name(self) -> str:
        """What it is called unless told otherwise: an RTMP server's host, or the file's name."""
        if self.kind == RTMP:
            return urlsplit(self.target).hostname or RTMP
        return (self.kind != MPEGTS and Path(self.target).name) or self.kind


def parse_output(address: str) -> Output:
    """The output meant by rtmp://..., rtmps://..., udp://HOST:PORT (MPEG-TS), or a file ending in .mp4 or .mkv.

    A word of KINDS with a colon before it says the kind: recording:show.mp4, hls:FOLDER, mpegts:PIPE, mpegts:-.
    Raises UserError (without any stream key) for anything else.
    """
    address = address.strip()
    kind, _, rest = address.partition(":")
    if kind in KINDS and rest and not rest.startswith("//"):
        check = {RTMP: check_rtmp, MPEGTS: check_mpegts}.get(kind, str)
        return Output(kind, check(rest))
    if kind.lower() == "udp":
        return Output(MPEGTS, check_mpegts(address))
    if re.match(r"rtmp", address, re.IGNORECASE):
        return Output(RTMP, check_rtmp(address))
    if Path(address).suffix.lower() in FORMATS and "://" not in address:
        return Output(RECORDING, address)
    raise UsageError(
        "An output is rtmp://HOST/APP/KEY, rtmps://HOST/APP/KEY, udp://HOST:PORT, hls:FOLDER, mpegts:PIPE, or a file "
        "that ends in .mp4 or .mkv.",
    )


@dataclass(frozen=True)
class SinkMaker:
    """Makes the sinks of one show.

    info: the stream. request_keyframe: asks the encoder for one. rotation: of recordings. patience: with RTMP servers.
    """

    info: StreamInfo
    request_keyframe: Callable[[], None]
    rotation: Rotation = field(default_factory=Rotation)
    patience: RtmpTimeouts = field(default_factory=RtmpTimeouts)

    def __call__(self, output: Output, name: str) -> Sink:
        """A sink that works from now on. Raises UserError when the output cannot be opened."""
        if output.kind == RTMP:
            return RtmpSink(output.target, self.info, self.request_keyframe, name, self.patience)
        if output.kind == HLS:
            return HlsSink(Path(output.target), self.info, name)
        if output.kind == MPEGTS:
            return MpegTsSink(output.target, self.info, name)
        return Recorder(Path(output.target), self.info, self.rotation, name)
