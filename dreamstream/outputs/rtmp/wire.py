"""Packets and stream descriptions as bytes, for a pipe between two processes of this program."""

from __future__ import annotations

import base64
import json
import struct
from fractions import Fraction
from typing import BinaryIO

from dreamstream.core.packet import AUDIO, VIDEO, Packet, StreamInfo

# kind, key frame, pts, dts, duration, time base (numerator, denominator), number of bytes that follow
_HEADER = struct.Struct("<BBqqqIII")
_KINDS = (VIDEO, AUDIO)
MAX_BYTES = 64 << 20


def pack(packet: Packet) -> bytes:
    """One packet with its length before it."""
    base = packet.time_base
    return (
        _HEADER.pack(
            _KINDS.index(packet.kind),
            packet.keyframe,
            packet.pts,
            packet.dts,
            packet.duration,
            base.numerator,
            base.denominator,
            len(packet.data),
        )
        + packet.data
    )


def read(stream: BinaryIO) -> Packet | None:
    """The next packet of a blocking binary stream; None at its end, also in the middle of a packet.

    Raises ValueError for bytes that are no packet.
    """
    head = stream.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return None
    kind, key, pts, dts, duration, numerator, denominator, size = _HEADER.unpack(head)
    if kind >= len(_KINDS) or not denominator or size > MAX_BYTES:
        raise ValueError("these bytes are no packet")
    data = stream.read(size)
    if len(data) < size:
        return None
    return Packet(_KINDS[kind], data, pts, dts, duration, Fraction(numerator, denominator), bool(key))


def info_to_json(info: StreamInfo) -> dict[str, object]:
    """A stream description as plain JSON values."""
    return {
        "width": info.width,
        "height": info.height,
        "fps": info.fps,
        "video_extradata": base64.b64encode(info.video_extradata).decode(),
        "audio_extradata": base64.b64encode(info.audio_extradata).decode(),
        "sample_rate": info.sample_rate,
        "channels": info.channels,
    }


def info_from_json(text: str) -> StreamInfo:
    """The stream description that `info_to_json` made, from JSON text."""
    values = json.loads(text)
    for key in ("video_extradata", "audio_extradata"):
        values[key] = base64.b64decode(values[key])
    return StreamInfo(**values)
