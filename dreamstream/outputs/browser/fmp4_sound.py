"""Fragmented MP4 for one AAC track, one fragment per AAC frame, in a stream of its own beside the picture's.

Source: ISO/IEC 14496-12 (boxes), 14496-14 (mp4a, esds), 14496-1 (descriptors), 14496-3 (AudioSpecificConfig).
"""

from __future__ import annotations

import struct
from fractions import Fraction

from dreamstream.core.packet import Packet, StreamInfo
from dreamstream.outputs.browser.fmp4 import FormatError, box, full_box, init_segment, one_sample

TRACK = 2
_EVERY_SAMPLE_ALONE = 0x02000000
_AAC, _AUDIO_STREAM = 0x40, 0x15


class SoundFragmenter:
    """Turns the audio packets of one stream into MP4 fragments; not thread-safe.

    init: the initialisation segment (ftyp + moov). codec: the RFC 6381 name. Ticks are samples.
    """

    def __init__(self, info: StreamInfo) -> None:
        """Raises FormatError when `info` has no AudioSpecificConfig."""
        config = info.audio_extradata
        if len(config) < 2:
            raise FormatError("The stream has no AAC AudioSpecificConfig.")
        self.codec = f"mp4a.40.{config[0] >> 3}"
        self._rate = info.sample_rate
        entry = box(b"mp4a", struct.pack(">6xH8xHH4xI", 1, info.channels, 16, info.sample_rate << 16), _esds(config))
        self.init = init_segment(TRACK, b"soun", entry, full_box(b"smhd", 0, 0, bytes(4)), info.sample_rate)
        self._sequence = 0

    def fragment(self, packet: Packet) -> bytes:
        """One moof + mdat holding `packet`, on the same time line as the picture's."""
        samples: Fraction = packet.time_base * self._rate
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        # The encoder's run-in lies before the first picture, where a decode time cannot be.
        start, duration = max(0, round(packet.pts * samples)), max(1, round(packet.duration * samples))
        return one_sample(TRACK, self._sequence, start, duration, _EVERY_SAMPLE_ALONE, 0, packet.data)


def _esds(config: bytes) -> bytes:
    specific = _descriptor(5, config)
    decoder = _descriptor(4, struct.pack(">BB3xII", _AAC, _AUDIO_STREAM, 0, 0) + specific)
    return full_box(b"esds", 0, 0, _descriptor(3, struct.pack(">HB", TRACK, 0) + decoder + _descriptor(6, b"\x02")))


def _descriptor(tag: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise FormatError(f"An AudioSpecificConfig of {len(body)} bytes is too long.")
    return bytes([tag, len(body)]) + body
