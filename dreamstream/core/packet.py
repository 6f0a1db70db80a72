"""A packet, the one thing that leaves the encoder; the sinks that take packets; and how H.264 is read in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

VIDEO = "video"
AUDIO = "audio"


@dataclass(frozen=True)
class Packet:
    """One encoded access unit (H.264 in AVCC or Annex B as the encoder gives it, or one raw AAC frame).

    kind: VIDEO or AUDIO. pts, dts and duration are counted in time_base.
    keyframe: whether a decoder may start here (always true for audio).
    """

    kind: str
    data: bytes
    pts: int
    dts: int
    duration: int
    time_base: Fraction
    keyframe: bool


@dataclass(frozen=True)
class StreamInfo:
    """What a muxer must know before the first packet: size, rate, and the two codecs' extradata.

    video_extradata: the H.264 SPS and PPS as the encoder gives them with GLOBAL_HEADER (Annex B).
    audio_extradata: the AAC AudioSpecificConfig; empty when there is no audio.
    """

    width: int
    height: int
    fps: int
    video_extradata: bytes
    audio_extradata: bytes
    sample_rate: int = 48000
    channels: int = 2


class Sink(Protocol):
    """Something that takes packets.

    put() never blocks and never raises; a slow or dead sink drops to the next key frame.
    """

    name: str

    def put(self, packet: Packet) -> None:
        """Offer one packet; called from the frame thread."""

    def state(self) -> dict[str, object]:
        """What a person should know, without secrets.

        {"name", "kind", "state": "starting|live|waiting|failed|closed", "detail", ...}
        """

    def close(self, timeout: float = 5.0) -> None:
        """Flush, close files and join threads within `timeout` seconds."""


SPS, PPS, DELIMITER = 7, 8, 9
# Profiles whose sequence parameter sets have the fields for chroma formats and scaling lists (H.264, 7.3.2.1.1).
HIGH_PROFILES = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 144, 244))
_START = re.compile(b"\x00\x00\x00?\x01")


def units(data: bytes) -> list[bytes]:
    """The NAL units of a stream in Annex B, without start codes and padding."""
    return [unit for piece in _START.split(data)[1:] if (unit := piece.rstrip(b"\x00"))]


def parameter_sets(data: bytes) -> list[bytes]:
    """The sequence and picture parameter sets in Annex B data; two encoders with the same can follow one another."""
    return [unit for unit in units(data) if unit[0] & 31 in (SPS, PPS)]


class ParameterBits:
    """Reads a parameter set bit by bit, without the bytes against false start codes (H.264, 7.4.1)."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(plain, "big")
        self._left = 8 * len(plain)

    def read(self, count: int) -> int:
        """The next bits as a number. Raises ValueError at the end."""
        if count > self._left:
            raise ValueError("the parameter set ends too soon")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def exp(self) -> int:
        """An unsigned Exp-Golomb number (H.264, 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)
