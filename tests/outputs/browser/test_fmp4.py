"""The hand-written MP4 boxes, read back by FFmpeg."""

from __future__ import annotations

import contextlib
import io
import struct
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamstream.outputs.browser.fmp4 import Boxes, FormatError, Fragmenter, avcc, codec_string, length_prefixed
from tests.video.plasma import encode

FRAMES = 24


def decode(data: bytes) -> tuple[list[Fraction], list[np.ndarray]]:
    """Presentation times in seconds and the pictures of an MP4 held in memory."""
    times: list[Fraction] = []
    pictures: list[np.ndarray] = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            times.append(frame.pts * frame.time_base)
            pictures.append(frame.to_ndarray(format="yuv420p"))
    return times, pictures


def annex_b_decode(extradata: bytes, packets: list[bytes]) -> list[np.ndarray]:
    """The pictures that the encoder's own packets decode to, without any container."""
    context = av.CodecContext.create("h264", "r")
    context.extradata = extradata
    frames = [frame for data in packets for frame in context.decode(av.Packet(data))] + list(context.decode(None))
    return [frame.to_ndarray(format="yuv420p") for frame in frames]


@pytest.mark.parametrize("options", [{"tune": "zerolatency", "preset": "ultrafast"}, {"preset": "veryfast", "bf": "2"}])
def test_every_frame_comes_back_exact_and_on_its_time(options: dict[str, str]) -> None:
    """FFmpeg reads the fragments as the same pictures at the same times, with and without B-frames."""
    info, packets = encode(FRAMES, options=options, gop=10)
    fragmenter = Fragmenter(info)
    data = fragmenter.init + b"".join(fragmenter.fragment(packet) for packet in packets)
    times, pictures = decode(data)
    shift = max(0, -packets[0].dts)
    assert times == sorted((packet.pts + shift) * packet.time_base for packet in packets)
    expected = annex_b_decode(info.video_extradata, [packet.data for packet in packets])
    assert len(pictures) == FRAMES
    for one, other in zip(pictures, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_stream_joined_at_a_later_key_frame_decodes_from_there() -> None:
    """The initialisation segment and the fragments from any key frame on are a file of their own."""
    info, packets = encode(FRAMES, gop=10)
    fragmenter = Fragmenter(info)
    fragments = [fragmenter.fragment(packet) for packet in packets]
    assert packets[10].keyframe
    times, _ = decode(fragmenter.init + b"".join(fragments[10:]))
    assert times == [Fraction(i, 30) for i in range(10, FRAMES)]


def test_length_prefixed_packets_give_the_same_fragments() -> None:
    """An encoder that writes avcC and lengths makes the very same bytes as one that writes start codes."""
    info, packets = encode(6)
    annex_b, prefixed = Fragmenter(info), Fragmenter(replace(info, video_extradata=avcc(info.video_extradata)))
    assert annex_b.init == prefixed.init
    for packet in packets:
        twin = replace(packet, data=length_prefixed(packet.data))
        assert annex_b.fragment(packet) == prefixed.fragment(twin)


def test_decode_times_pass_32_bits_without_loss() -> None:
    """A show of a year keeps exact 64-bit decode times."""
    info, (packet, *_) = encode(1)
    fragmenter = Fragmenter(info)
    frames = 366 * 24 * 3600 * 30 + 1
    data = fragmenter.fragment(replace(packet, pts=frames, dts=frames))
    place = data.index(b"tfdt")
    assert struct.unpack_from(">Q", data, place + 8) == (frames * fragmenter.timescale // 30,)


@given(st.sampled_from([24, 25, 30, 50, 60, 144, 7, 11]), st.integers(0, 10**9))
def test_consecutive_fragments_touch(fps: int, number: int) -> None:
    """A fragment ends exactly where the next begins, whatever the rate and the time base."""
    info, (packet, *_) = ENCODED
    fragmenter = Fragmenter(replace(info, fps=fps))
    for base in (Fraction(1, fps), Fraction(1, 1000)):
        step = 1 if base == Fraction(1, fps) else 33
        spans = []
        for i in (number, number + step):
            data = fragmenter.fragment(replace(packet, pts=i, dts=i, duration=step, time_base=base))
            (start,) = struct.unpack_from(">Q", data, data.index(b"tfdt") + 8)
            (length,) = struct.unpack_from(">I", data, data.index(b"trun") + 16)
            spans.append((start, start + length))
        assert spans[0][1] == spans[1][0]


ENCODED = encode(1)


def test_codec_string_names_profile_and_level() -> None:
    """The codec string is profile, constraints and level in hexadecimal, as browsers ask for it."""
    info, _ = encode(1, options={"profile": "high", "preset": "veryfast", "tune": "zerolatency"})
    record = avcc(info.video_extradata)
    assert codec_string(record).startswith("avc1.6400")
    assert record[-4:] == bytes([0xFD, 0xF8, 0xF8, 0])  # 4:2:0, 8 bits


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"hello world", b"\x00\x00\x00\x01", b"\x00\x00\x00\x00" * 4, b"\xff" * 40]
)
def test_garbage_is_refused_by_name(data: bytes) -> None:
    """Bytes that are no H.264 raise FormatError, in extradata and in packets."""
    with pytest.raises(FormatError):
        length_prefixed(data)
    with pytest.raises(FormatError):
        avcc(data)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parsers(data: bytes) -> None:
    """Arbitrary bytes either convert or raise FormatError."""
    for parse in (length_prefixed, avcc):
        with contextlib.suppress(FormatError):
            parse(data)


@given(st.lists(st.binary(min_size=1, max_size=600).map(lambda b: b"\x65" + b.replace(b"\x00", b"\x01")), min_size=1))
def test_lengths_and_start_codes_hold_the_same_units(units: list[bytes]) -> None:
    """Both packings of any units convert to the same length-prefixed bytes."""
    prefixed = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)
    assert length_prefixed(prefixed) == prefixed
    assert length_prefixed(b"".join(b"\x00\x00\x00\x01" + unit for unit in units)) == prefixed


def test_boxes_come_out_whole_however_they_come_in() -> None:
    """Boxes are given out when their last byte has come; what is none is refused."""
    first, second = b"\x00\x00\x00\x0cmoof1234", b"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x14abcd"
    for size in (1, 3, 7, 40):
        boxes, found = Boxes(), []
        data = first + second
        for place in range(0, len(data), size):
            found += list(boxes.feed(data[place : place + size]))
        assert found == [(b"moof", first), (b"mdat", second)]
    with pytest.raises(ValueError, match="7 bytes"):
        list(Boxes().feed(b"\x00\x00\x00\x07moof"))
