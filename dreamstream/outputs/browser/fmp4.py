"""Fragmented MP4 for one H.264 track, one fragment per frame, written by hand.

A muxer that writes a frame when the next one arrives costs one frame of delay; these boxes need no next frame.
Source: ISO/IEC 14496-12 (boxes), 14496-15 (avcC); the Media Source Extensions byte stream format for ISO BMFF.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from dreamstream.core.packet import (
    DELIMITER,
    HIGH_PROFILES,
    PPS,
    SPS,
    Packet,
    ParameterBits,
    StreamInfo,
    parameter_sets,
    units,
)

# Sample flags: "depends on no other sample", and "depends on others and is no sync sample".
_SYNC_SAMPLE, _OTHER_SAMPLE = 0x02000000, 0x01010000
IDENTITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


class FormatError(ValueError):
    """H.264 data that is neither Annex B nor length-prefixed, or whose parameter sets are missing."""


def avcc(extradata: bytes) -> bytes:
    """The AVCDecoderConfigurationRecord ("avcC") of H.264 extradata in Annex B; an avcC comes back as it is.

    Raises FormatError when the SPS or the PPS is missing.
    """
    if extradata[:1] == b"\x01" and len(extradata) >= 7:
        return extradata
    sets = parameter_sets(extradata)
    sps = [unit for unit in sets if unit[0] & 31 == SPS and len(unit) >= 4]
    pps = [unit for unit in sets if unit[0] & 31 == PPS]
    if not sps or not pps:
        raise FormatError(
            f"H.264 extradata of {len(extradata)} bytes holds {len(sps)} SPS and {len(pps)} PPS; need both."
        )
    record = bytes([1]) + sps[0][1:4] + bytes([0xFF, 0xE0 | len(sps)])
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in sps)
    record += bytes([len(pps)]) + b"".join(struct.pack(">H", len(unit)) + unit for unit in pps)
    if sps[0][1] in HIGH_PROFILES:  # their avcC ends with chroma format and bit depths (14496-15, 5.3.3.1.2)
        chroma, luma_depth, chroma_depth = _chroma_and_depths(sps[0])
        record += bytes([0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0])
    return record


def codec_string(record: bytes) -> str:
    """The RFC 6381 name of an avcC, such as "avc1.64001e"."""
    return "avc1." + record[1:4].hex()


def length_prefixed(data: bytes) -> bytes:
    """An access unit with 4-byte lengths before its NAL units, from Annex B or from itself.

    Parameter sets and delimiters are left out: in an "avc1" track they live in the avcC alone.
    Raises FormatError for anything else.
    """
    prefixed = _length_prefixed_units(data)
    pictures = [
        unit for unit in (units(data) if prefixed is None else prefixed) if unit[0] & 31 not in (SPS, PPS, DELIMITER)
    ]
    if not pictures:
        raise FormatError(f"An access unit of {len(data)} bytes holds no picture in Annex B or length-prefixed form.")
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in pictures)


class Fragmenter:
    """Turns the video packets of one stream into MP4 fragments; not thread-safe.

    init: the initialisation segment (ftyp + moov). codec: the RFC 6381 name. timescale: ticks per second.
    """

    def __init__(self, info: StreamInfo) -> None:
        """Raises FormatError when `info.video_extradata` has no SPS and PPS."""
        record = avcc(info.video_extradata)
        self.codec = codec_string(record)
        # A multiple of the frame rate and of 90 kHz, so that the usual time bases convert without rounding.
        self.timescale = math.lcm(90_000, info.fps)
        self.init = _init_segment(record, info.width, info.height, self.timescale)
        self._sequence = 0
        self._shift: int | None = None

    def fragment(self, packet: Packet) -> bytes:
        """One moof + mdat holding `packet`. Decode times are exact and 64 bits wide, so they never wrap or drift.

        Raises FormatError for data that is not H.264.
        """
        ticks = packet.time_base * self.timescale
        if self._shift is None:
            # B-frames start below zero, which an unsigned decode time cannot say.
            self._shift = max(0, -packet.dts)
        start = round((packet.dts + self._shift) * ticks)
        end = round((packet.dts + self._shift + packet.duration) * ticks)
        offset = round((packet.pts - packet.dts) * ticks)
        sample = length_prefixed(packet.data)
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        flags = _SYNC_SAMPLE if packet.keyframe else _OTHER_SAMPLE
        return one_sample(1, self._sequence, max(start, 0), max(end - start, 1), flags, offset, sample)


def one_sample(track: int, number: int, start: int, duration: int, flags: int, offset: int, sample: bytes) -> bytes:
    """A moof + mdat holding one sample; start, duration and offset (presentation less decode time) are in ticks.

    All boxes have fixed places, so that the page can read the track at byte 44, the start at 60, the duration at 88,
    the flags at 96, the offset at 100 and the sample at 112.
    """
    # Every box before the sample has a fixed size, so the data offset (moof plus mdat's header) is known.
    run = struct.pack(">IiIIIi", 1, _MOOF_SIZE + 8, duration, len(sample), flags, offset)
    moof = box(
        b"moof",
        full_box(b"mfhd", 0, 0, struct.pack(">I", number)),
        box(
            b"traf",
            full_box(b"tfhd", 0, 0x020000, struct.pack(">I", track)),
            full_box(b"tfdt", 1, 0, struct.pack(">Q", start)),
            full_box(b"trun", 1, 0xF01, run),
        ),
    )
    return moof + struct.pack(">I", len(sample) + 8) + b"mdat" + sample


# moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, trun 36.
_MOOF_SIZE = 104


def box(kind: bytes, *parts: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """An MP4 box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _init_segment(record: bytes, width: int, height: int, timescale: int) -> bytes:
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHII4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1),
        box(b"avcC", record),
    )
    return init_segment(1, b"vide", entry, full_box(b"vmhd", 0, 1, bytes(8)), timescale, (width, height))


def init_segment(
    track: int, handler: bytes, entry: bytes, header: bytes, timescale: int, size: tuple[int, int] = (0, 0)
) -> bytes:
    """ftyp + moov of one track. entry: its sample description. header: its media header (vmhd or smhd)."""
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        *(full_box(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")),
        full_box(b"stsz", 0, 0, bytes(8)),
    )
    reference = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", handler), b"dreamstream\x00"),
        box(b"minf", header, box(b"dinf", reference), table),
    )
    volume = 0x100 if handler == b"soun" else 0
    place = struct.pack(">III4xI8xHHH2x", 0, 0, track, 0, 0, 0, volume) + IDENTITY_MATRIX
    sides = struct.pack(">II", size[0] << 16, size[1] << 16)
    movie = struct.pack(">IIIIIH10x", 0, 0, timescale, 0, 0x10000, 0x100) + IDENTITY_MATRIX + bytes(24)
    moov = box(
        b"moov",
        full_box(b"mvhd", 0, 0, movie, struct.pack(">I", track + 1)),
        box(b"trak", full_box(b"tkhd", 0, 3, place, sides), media),
        box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0))),
    )
    return box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6avc1mp41") + moov


def _length_prefixed_units(data: bytes) -> list[bytes] | None:
    """The units of `data` when its 4-byte lengths cover it exactly, else None."""
    units, place = [], 0
    while place + 4 < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        place += 4 + size
        if size == 0 or place > len(data):
            return None
        units.append(data[place - size : place])
    return units if units and place == len(data) else None


def _chroma_and_depths(sps: bytes) -> tuple[int, int, int]:
    """chroma_format_idc and the two bit depths minus 8, from a high-profile SPS."""
    bits = ParameterBits(sps[4:])
    try:
        bits.exp()  # seq_parameter_set_id
        chroma = bits.exp()
        if chroma == 3:
            bits.read(1)  # separate_colour_plane_flag
        return chroma, bits.exp(), bits.exp()
    except ValueError:
        raise FormatError("The H.264 SPS ends before its chroma format.") from None


# No box of a live stream comes near this; a larger one means that these bytes are no MP4.
LARGEST = 256 << 20


class Boxes:
    """Collects bytes in pieces of any size and gives out whole top-level boxes.

    Source: ISO/IEC 14496-12, 4.2.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The boxes completed by `data`: the type, and the whole box. Raises ValueError for what is no box."""
        self._rest += data
        while len(self._rest) >= 8:
            size, kind = struct.unpack_from(">I4s", self._rest)
            if size == 1 and len(self._rest) >= 16:
                (size,) = struct.unpack_from(">Q", self._rest, 8)
            elif size == 1:
                return
            if not 8 <= size <= LARGEST:
                raise ValueError(f"an MP4 box cannot have {size} bytes")
            if len(self._rest) < size:
                return
            box = bytes(self._rest[:size])
            del self._rest[:size]
            yield bytes(kind), box
