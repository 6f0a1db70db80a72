"""Tests of the sound: files of every kind become one unbroken stream that keeps time with the pictures."""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.packet import AUDIO, VIDEO
from dreamstream.video import soundtrack
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import SAMPLE_RATE, Soundtrack


def write_wave(path: Path, sound: np.ndarray, rate: int) -> Path:
    """A WAV file of float sound [n] (mono) or [n, 2]."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if sound.ndim == 1 else 2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(hertz: float, seconds: float, rate: int) -> np.ndarray:
    """A sine at half the volume; a whole number of periods loops without a click."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def pitch(sound: np.ndarray) -> float:
    """The strongest frequency of a piece of sound at 48 kHz, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * SAMPLE_RATE / len(sound))


def test_silence_is_the_default() -> None:
    """Without a file every sample is zero."""
    assert not Soundtrack().read(5000).any()


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loop_has_no_gap_and_no_click(tmp_path: Path, rate: int, channels: int) -> None:
    """Over many rounds a sine stays the same sine, from mono and stereo at any rate."""
    sound = tone(200, 0.5, rate)
    track = Soundtrack(
        write_wave(tmp_path / "tone.wav", sound if channels == 1 else np.stack([sound, -sound], 1), rate), 10
    )
    try:
        got = track.read(5 * SAMPLE_RATE)
    finally:
        track.close()
    # A sine obeys x[n+1] + x[n-1] = 2 cos(w) x[n]; a gap, a jump or a click breaks that.
    left = got[0, 500:].astype(float)
    broken = np.abs(left[2:] + left[:-2] - 2 * np.cos(2 * np.pi * 200 / SAMPLE_RATE) * left[1:-1])
    assert broken.max() < 2e-3
    assert np.abs(left).max() == pytest.approx(0.5, abs=0.02) if channels == 2 else np.abs(left).max() > 0.3
    assert np.abs(got[1, 500:] - (got[0, 500:] if channels == 1 else -got[0, 500:])).max() < 1e-3
    assert track.state().gaps == 0


@pytest.mark.slow
def test_sound_keeps_time_for_ten_minutes(tmp_path: Path) -> None:
    """A click in every 0.7 s loop, at an odd rate: after ten minutes of encoded show it is where it should be, within
    20 ms of the picture's time (the encoder's own delay included), and so is every one before it.
    """
    rate, period, seconds, fps = 44100, 0.7, 600, 3
    sound = np.zeros(round(period * rate))
    sound[: rate // 100] = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate)
    track = Soundtrack(write_wave(tmp_path / "click.wav", sound, rate), wait=30)
    encoder = Encoder((64, 64), fps, audio=track, preset="ultrafast")
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.info.audio_extradata
    picture = np.zeros((64, 64, 3), np.uint8)
    heard, last_video = [], 0.0
    try:
        for index in range(seconds * fps):
            for packet in encoder.encode(picture, index):
                if packet.kind == VIDEO:
                    last_video = float(packet.pts * packet.time_base)
                elif packet.kind == AUDIO:
                    coded = av.Packet(packet.data)
                    coded.pts, coded.time_base = packet.pts, packet.time_base
                    for frame in decoder.decode(coded):
                        loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.3)
                        if len(loud):
                            assert frame.pts is not None
                            heard.append(float(frame.pts * packet.time_base) + loud[0] / SAMPLE_RATE)
    finally:
        track.close()
    clicks = [time for time, before in zip(heard, [-1.0, *heard], strict=False) if time - before > 0.1]
    assert last_video > seconds - 0.5
    expected = period * np.arange(len(clicks))
    assert len(clicks) == pytest.approx(seconds / period, abs=2)
    drift = np.abs(np.array(clicks) - expected).max()
    print(f"largest drift {1000 * drift:.2f} ms")
    assert drift < 0.020
    assert track.state().gaps == 0


def test_folder_plays_through_in_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Files of different kinds follow each other by name, again and again; what is no sound is left out, said once."""
    for name, hertz, rate in (("b.wav", 660, 44100), ("a.wav", 440, 8000), ("c.wav", 880, 48000)):
        write_wave(tmp_path / name, tone(hertz, 1.0, rate), rate)
    (tmp_path / "ab.txt").write_text("lyrics")
    (tmp_path / "ac.wav").write_bytes(b"RIFF....WAVEbroken")
    (tmp_path / ".hidden").write_text("x")
    track = Soundtrack(tmp_path, wait=10)
    try:
        got = track.read(9 * SAMPLE_RATE)[0].reshape(9, SAMPLE_RATE)
    finally:
        track.close()
    assert [round(pitch(second[4000:-4000]), -1) for second in got] == [440, 660, 880] * 3
    assert track.state().gaps == 0
    assert caplog.text.count("ab.txt is left out") == 1
    assert caplog.text.count("ac.wav is left out") == 1
    assert ".hidden" not in caplog.text


def _write_header(path: Path, channels: int, rate: int) -> Path:
    """A WAV file whose head claims so many channels and such a rate, with a second of noise behind it."""
    width, data = 2 * channels, np.random.default_rng(0).integers(-9999, 9999, 48000 * 2, "<i2").tobytes()
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * width % 2**32, width, 16)
    body = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    return path


@pytest.mark.parametrize(
    ("channels", "rate", "reason"),
    [
        (9, 48000, "9 channels"),
        (64, 48000, "64 channels"),
        (1, 2**31 - 1, "2147483647 Hz"),
        (2, 1, "1 Hz"),
        (2, 900_000, "900000 Hz"),
    ],
)
def test_an_odd_file_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, channels: int, rate: int, reason: str
) -> None:
    """Between two good files it costs nothing but a line; alone it is refused at the start."""
    write_wave(tmp_path / "a.wav", tone(440, 1.0, 48000), 48000)
    odd = _write_header(tmp_path / "b.wav", channels, rate)
    write_wave(tmp_path / "c.wav", tone(880, 1.0, 48000), 48000)
    track = Soundtrack(tmp_path, wait=10)
    try:
        got = track.read(6 * SAMPLE_RATE)[0].reshape(6, SAMPLE_RATE)
        state = track.state()
    finally:
        track.close()
    assert [round(pitch(second[4000:-4000]), -1) for second in got] == [440, 880] * 3
    assert caplog.text.count("b.wav is left out") == 1
    assert reason in caplog.text
    assert (state.state, state.left_out, state.gaps) == ("playing", 1, 0)
    with pytest.raises(UserError, match=reason):
        Soundtrack(odd)


def test_two_hundred_broken_files_stop_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Cut, flipped, claimed otherwise, of other kinds: the good file among them is heard again and again."""
    rng = np.random.default_rng(1)
    whole = write_wave(tmp_path / "whole.wav", tone(440, 0.3, 44100), 44100).read_bytes()
    (tmp_path / "whole.wav").unlink()
    coded = tmp_path / "coded.flac"
    with av.open(str(coded), "w") as container:
        stream = container.add_stream("flac", rate=44100, layout="mono")
        sound = (tone(440, 0.3, 44100) * 32767).astype("<i2")[None]
        frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
        frame.sample_rate = 44100
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    flac = coded.read_bytes()
    coded.unlink()
    for number in range(200):
        data = bytearray((whole, flac)[number % 2])
        for at in rng.integers(0, 60 if number % 3 else len(data), 8):
            data[at] = rng.integers(256)
        cut = len(data) if number % 5 else int(rng.integers(0, 200))
        (tmp_path / f"{number:03d}.{('wav', 'ogg', 'mp3')[number % 3]}").write_bytes(bytes(data[:cut]))
    write_wave(tmp_path / "good.wav", tone(1000, 1.0, 48000), 48000)
    track = Soundtrack(tmp_path, wait=20)
    heard = 0
    try:
        for _ in range(600):
            heard += abs(pitch(track.read(SAMPLE_RATE // 2)[0]) - 1000) < 20
            if heard > 4:
                break
        state = track.state()
    finally:
        track.close()
    assert heard > 4
    assert state.left_out > 40
    assert caplog.text.count("is left out") <= 20
    assert "more sound files" in caplog.text


def test_a_title_in_another_alphabet_is_played(tmp_path: Path) -> None:
    """Old files' titles are no UTF-8."""
    path = write_wave(tmp_path / "a.wav", tone(440, 0.5, 48000), 48000)
    title = b"INAM\x06\x00\x00\x00Caf\xe9s\x00"
    data = path.read_bytes()
    at = data.index(b"data")
    path.write_bytes(data[:at] + b"LIST" + (4 + len(title)).to_bytes(4, "little") + b"INFO" + title + data[at:])
    track = Soundtrack(path, wait=20)
    try:
        assert abs(pitch(track.read(SAMPLE_RATE // 4)[0]) - 440) < 20
    finally:
        track.close()


def test_a_library_that_fails_otherwise_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised for one file, the next one plays, and the state says so."""
    write_wave(tmp_path / "a.wav", tone(440, 1.0, 48000), 48000)
    write_wave(tmp_path / "b.wav", tone(880, 1.0, 44100), 44100)
    frames = soundtrack._frames

    def failing(path: Path) -> Iterator[av.AudioFrame]:
        yield from frames(path)
        if path.name == "a.wav":
            raise MemoryError("no room")

    monkeypatch.setattr(soundtrack, "_frames", failing)
    track = Soundtrack(tmp_path, wait=10)
    try:
        got = track.read(5 * SAMPLE_RATE)[0].reshape(5, SAMPLE_RATE)
        assert track.state().left_out == 1
    finally:
        track.close()
    assert {round(pitch(second[9000:-9000]), -1) for second in got} == {440, 880}


def test_files_may_change_while_they_play(tmp_path: Path) -> None:
    """A file that is added is heard in the next round, and one that is removed is not missed."""
    write_wave(tmp_path / "a.wav", tone(440, 4.0, 8000), 8000)
    track = Soundtrack(tmp_path, wait=10)
    try:
        track.read(SAMPLE_RATE)
        write_wave(tmp_path / "b.wav", tone(880, 4.0, 8000), 8000)
        (tmp_path / "a.wav").unlink()
        pitches = [round(pitch(track.read(SAMPLE_RATE)[0]), -1) for _ in range(12)]
    finally:
        track.close()
    assert pitches[-1] == 880


def test_nothing_to_play_is_said_at_once(tmp_path: Path) -> None:
    """No file, an empty folder, and what is no sound each get a sentence."""
    with pytest.raises(UserError, match="no sound file"):
        Soundtrack(tmp_path / "none.mp3")
    with pytest.raises(UserError, match="has no files"):
        Soundtrack(tmp_path)
    (tmp_path / "a.txt").write_text("not music")
    with pytest.raises(UserError, match="cannot be read as sound"):
        Soundtrack(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("not music either")
    with pytest.raises(UserError, match="no sound among its 2 files"):
        Soundtrack(tmp_path)
