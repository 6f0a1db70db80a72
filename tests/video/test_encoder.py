"""Tests of the encoder: what it makes is decoded again by FFmpeg."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.bench import h264_headers
from dreamstream.core.errors import UserError
from dreamstream.core.packet import AUDIO, VIDEO, Packet
from dreamstream.outputs.mux import Muxer
from dreamstream.video import yuv
from dreamstream.video.encoder import KEYFRAME_SECONDS, Encoder
from dreamstream.video.rates import PRESETS
from dreamstream.video.soundtrack import SAMPLE_RATE, Soundtrack
from tests.outputs.rtmp.station import FPS, SIZE, encoded, moving

PATCHES = np.array(
    [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 255, 255],
        [0, 0, 0],
        [200, 120, 40],
        [128, 128, 128],
        [20, 200, 180],
    ],
    np.uint8,
)


def write(path: Path, encoder: Encoder, packets: list[Packet]) -> None:
    """All packets into one MP4 file."""
    with Muxer(str(path), encoder.info, "mp4") as muxer:
        for packet in packets:
            muxer.write(packet)


def test_size_rate_profile_and_sound(tmp_path: Path) -> None:
    """A decoder finds every frame at the size and rate, in High profile, and as much sound as picture."""
    encoder, packets = encoded(95)
    write(tmp_path / "a.mp4", encoder, packets)
    with av.open(str(tmp_path / "a.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == SIZE
        assert video.average_rate == FPS
        assert video.codec_context.profile in ("High", "Main")
        assert (audio.codec_context.name, audio.rate, audio.layout.name) == ("aac", 48000, "stereo")
        times = [frame.time for frame in container.decode(video)]
    assert np.allclose(times, np.arange(95) / FPS, atol=1e-4)
    samples = sum(packet.duration for packet in packets if packet.kind == AUDIO)
    assert 95 / FPS - 0.05 < samples / SAMPLE_RATE < 95 / FPS + 0.05


def test_keyframes_come_every_two_seconds_and_when_asked() -> None:
    """Key frames stand on the two-second beat whatever was asked for in between; there are no B-frames."""
    encoder = Encoder(SIZE, FPS, preset="ultrafast")
    packets = []
    for index in range(150):
        if index == 100:
            encoder.request_keyframe()
        packets += encoder.encode(moving(index), index, keyframe=index == 37)
    packets += encoder.flush()
    assert [packet.pts for packet in packets if packet.keyframe] == [0, 37, 60, 100, 120]
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets] == list(range(150))


def test_frames_come_out_at_once() -> None:
    """Each frame's packet is there before the next frame goes in."""
    encoder = Encoder(SIZE, FPS, audio=Soundtrack())
    for index in range(10):
        assert [p.pts for p in encoder.encode(moving(index), index) if p.kind == VIDEO] == [index]


@pytest.mark.parametrize("planar", [False, True])
def test_colours_survive(tmp_path: Path, planar: bool) -> None:
    """Known patches come back as they were, read as BT.709 limited range, which is what the stream says it is."""
    frame = np.repeat(np.repeat(PATCHES[None], 64, axis=0), 40, axis=1)
    encoder = Encoder((320, 64), FPS, bitrate_kbps=3000)
    given = yuv.from_rgb(frame) if planar else frame
    packets = [packet for index in range(20) for packet in encoder.encode(given, index)]
    write(tmp_path / "a.mp4", encoder, packets + encoder.flush())
    with av.open(str(tmp_path / "a.mp4")) as container:
        last = list(container.decode(video=0))[-1]
    assert (int(last.colorspace), int(last.color_range), int(last.color_primaries), int(last.color_trc)) == (1, 1, 1, 1)
    assert np.abs(last.to_ndarray(format="rgb24")[32, 20::40].astype(int) - PATCHES).max() <= 3
    # The luma by the standard's own formula, so that a wrong matrix cannot cancel out in the way back.
    luma = 16 + 219 * (PATCHES @ np.array([0.2126, 0.7152, 0.0722])) / 255
    assert np.abs(last.to_ndarray()[:64][32, 20::40] - luma).max() <= 2


def test_rate_is_constant() -> None:
    """Noise and stillness cost the same: the bitrate asked for, within a tenth."""
    rng = np.random.default_rng(0)
    for make in (
        lambda i: rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8),
        lambda i: np.zeros((SIZE[1], SIZE[0], 3), np.uint8),
    ):
        encoder = Encoder(SIZE, FPS, bitrate_kbps=800, preset="ultrafast")
        sizes = [sum(len(p.data) for p in encoder.encode(make(index), index)) for index in range(180)]
        assert 8 * sum(sizes) / 6000 == pytest.approx(800, rel=0.1)


def test_stream_says_what_it_is() -> None:
    """High profile, one reference, BT.709 in limited range, and a constant rate with its buffer, for every preset."""
    for preset in PRESETS:
        encoder = Encoder((640, 360), FPS, bitrate_kbps=1500, preset=preset)
        said = h264_headers.sequence(encoder.info.video_extradata)
        assert (said.profile, said.references, said.colour, said.full_range) == (100, 1, (1, 1, 1), False)
        assert said.hrd is not None
        rate, size, constant = said.hrd
        assert constant
        assert rate == pytest.approx(1_500_000, rel=0.01)
        assert size == pytest.approx(1_500_000, rel=0.01)


def test_every_ten_seconds_take_the_same_room() -> None:
    """Through noise, stillness and cuts, every 10 s have the bitrate asked for, within a tenth."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    encoder = Encoder(SIZE, FPS, bitrate_kbps=800, preset="superfast")
    sizes = []
    for index in range(13 * FPS):
        part = index // FPS % 4
        frame = noise if part == 0 else np.roll(noise, index, 1) if part == 1 else moving(index if part == 2 else 0)
        sizes.append(sum(len(p.data) for p in encoder.encode(frame, index)))
    kbps = [8 * sum(sizes[at : at + 10 * FPS]) / 10_000 for at in range(0, 3 * FPS, FPS)]
    assert kbps == pytest.approx([800] * len(kbps), rel=0.1)


def test_lighter_preset_is_taken_without_a_seam(tmp_path: Path) -> None:
    """In the middle of a stream the preset changes at a key frame; a decoder sees every frame, and no new header."""
    encoder = Encoder(SIZE, FPS, preset="veryfast")
    packets, pictures = [], []
    for index in range(7 * FPS):
        if index == FPS:
            assert encoder.lighten() == "superfast"
        if index == 4 * FPS + 5:
            assert encoder.lighten() == "ultrafast"
        pictures.append(moving(index))
        packets += encoder.encode(pictures[-1], index)
        assert encoder.preset == ("veryfast" if index < 2 * FPS else "superfast" if index < 6 * FPS else "ultrafast")
    assert encoder.lighten() == ""
    packets += encoder.flush()
    assert [p.pts for p in packets if p.keyframe] == [0, 2 * FPS, 4 * FPS, 6 * FPS]
    assert [p.pts for p in packets] == list(range(7 * FPS))
    write(tmp_path / "a.mp4", encoder, packets)
    with av.open(str(tmp_path / "a.mp4")) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(decoded) == len(pictures)
    worst = max(np.abs(a.astype(int) - b).mean() for a, b in zip(decoded, pictures, strict=True))
    assert worst < 6


def test_files_and_hardware_have_no_lighter_preset() -> None:
    """Where quality is constant nobody waits for a frame."""
    assert Encoder(SIZE, FPS, quality=20, preset="veryfast").lighten() == ""


@pytest.mark.parametrize(("size", "fps"), [((1920, 1080), 60), ((1280, 720), 60), ((854, 480), 25)])
def test_broadcast_sizes(size: tuple[int, int], fps: int) -> None:
    """Up to 1920x1080 at 60 a second, key frames are two seconds apart and every frame comes out."""
    encoder = Encoder(size, fps, preset="ultrafast")
    small = moving(0)
    frame = yuv.from_rgb(
        np.tile(small, (size[1] // small.shape[0] + 1, size[0] // small.shape[1] + 1, 1))[: size[1], : size[0]]
    )
    count = KEYFRAME_SECONDS * fps + 1 if size[0] < 1000 else 3
    packets = [p for index in range(count) for p in encoder.encode(frame, index)] + encoder.flush()
    assert len(packets) == count
    assert [p.pts for p in packets if p.keyframe] == ([0, 2 * fps] if size[0] < 1000 else [0])
    assert h264_headers.sequence(encoder.info.video_extradata).level <= 42


def test_quality_instead_of_a_rate() -> None:
    """With a quality, a still picture costs next to nothing."""
    encoder = Encoder(SIZE, FPS, quality=20)
    packets = [p for index in range(60) for p in encoder.encode(moving(0), index)] + encoder.flush()
    assert len(packets) == 60
    assert sum(len(packet.data) for packet in packets[1:]) < len(packets[0].data)


@pytest.mark.parametrize("size", [(321, 180), (320, 181), (8, 8), (0, 0)])
def test_odd_sizes_are_refused(size: tuple[int, int]) -> None:
    """H.264 pictures have even sides; the message has the size."""
    with pytest.raises(UserError, match=f"{size[0]}x{size[1]}"):
        Encoder(size, FPS)


def test_unknown_codec_and_rate_are_refused() -> None:
    """The message says what there is."""
    with pytest.raises(UserError, match="h264_nvenc"):
        Encoder(SIZE, FPS, codec="vp9")
    with pytest.raises(UserError, match="not 0"):
        Encoder(SIZE, 0)


def test_auto_ends_with_an_encoder_that_works() -> None:
    """Whatever hardware there is or is not, `auto` encodes; without any it says so and why."""
    said: list[str] = []
    encoder = Encoder(SIZE, FPS, codec="auto", say=said.append)
    packets = [p for index in range(5) for p in encoder.encode(moving(index), index)] + encoder.flush()
    assert len([p for p in packets if p.kind == VIDEO]) == 5
    assert packets[0].keyframe
    if encoder.codec == "libx264":
        assert "h264_nvenc" in said[0]
        assert "libx264" in said[0]


def tone(path: Path, seconds: float, rate: int = 44100) -> Path:
    """A mono WAV file of 440 Hz at half volume."""
    samples = (16000 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def pitch(sound: NDArray[np.float32]) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * SAMPLE_RATE / len(sound))


def test_soundtrack_is_silent_by_default() -> None:
    """Without a file there are as many zeros as asked for."""
    assert not Soundtrack().read(1024).any()
    assert Soundtrack().read(7).shape == (2, 7)


def test_sound_file_is_resampled_and_repeats(tmp_path: Path) -> None:
    """A mono file at 44.1 kHz plays in stereo at 48 kHz, in tune, over and over."""
    track = Soundtrack(tone(tmp_path / "tone.wav", 0.5), wait=5.0)
    try:
        sound = np.concatenate([track.read(1024) for _ in range(200)], axis=1)
    finally:
        track.close()
    assert track.state().gaps == 0
    assert sound.shape == (2, 200 * 1024)
    assert np.allclose(sound[0], sound[1])
    for start in (0, 100_000, 190_000):
        assert pitch(sound[0, start : start + 9600]) == pytest.approx(440, abs=10)
    assert 0.3 < np.abs(sound).max() < 0.8


def test_sound_never_keeps_frames_waiting(tmp_path: Path) -> None:
    """A live soundtrack that is read faster than it decodes gives silence, and counts it."""
    track = Soundtrack(tone(tmp_path / "tone.wav", 0.5))
    try:
        blocks = [track.read(1024) for _ in range(3000)]
    finally:
        track.close()
    assert all(block.shape == (2, 1024) for block in blocks)
    assert np.abs(blocks[0]).max() > 0
    assert track.state().gaps > 0


def test_sound_reaches_the_stream(tmp_path: Path) -> None:
    """The file's tone is in the encoded AAC."""
    track = Soundtrack(tone(tmp_path / "tone.wav", 3.0), wait=5.0)
    encoder, packets = encoded(60, Encoder(SIZE, FPS, audio=track, preset="ultrafast"))
    track.close()
    write(tmp_path / "a.mp4", encoder, packets)
    with av.open(str(tmp_path / "a.mp4")) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert pitch(sound[0, 20000:60000]) == pytest.approx(440, abs=5)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    """A missing file, one that is no sound, and a picture without sound each get a sentence."""
    (tmp_path / "text.mp3").write_text("this is no music" * 100)
    encoder, packets = encoded(5, Encoder(SIZE, FPS))
    write(tmp_path / "silent.mp4", encoder, packets)
    with pytest.raises(UserError, match="no sound file"):
        Soundtrack(tmp_path / "nothing.mp3")
    with pytest.raises(UserError, match=r"text\.mp3"):
        Soundtrack(tmp_path / "text.mp3")
    with pytest.raises(UserError, match="has no sound"):
        Soundtrack(tmp_path / "silent.mp4")
