"""An HLS stream: a real player finds every frame of the window, whenever it looks."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from pathlib import Path

import pytest

from dreamstream.outputs.browser.fmp4 import Boxes
from dreamstream.outputs.hls import SPARE, WINDOW, HlsSink
from dreamstream.outputs.hls_playlist import LONGEST, MASTER, MEDIA
from tests.conftest import need_program
from tests.outputs.hls_stream import lengths, named, written
from tests.outputs.rtmp.station import FPS, SIZE, encoded, endlessly
from tests.polling import until


def test_ffmpeg_plays_every_frame_of_the_window(tmp_path: Path) -> None:
    """From the master playlist ffprobe reads both tracks, every frame of the window, and no gap between segments."""
    (ffprobe,) = need_program("ffprobe")
    encoder, packets = encoded(20 * FPS)
    sink = written(tmp_path, packets, encoder.info)
    assert sink.state()["state"] == "closed"
    with (tmp_path / MEDIA).open("a") as playlist:
        playlist.write("#EXT-X-ENDLIST\n")  # a live stream has no end that ffprobe could wait for
    assert lengths(tmp_path) == [2.0] * WINDOW
    command = [
        ffprobe,
        "-v",
        "error",
        "-show_streams",
        "-show_entries",
        "packet=codec_type,pts_time,flags",
        "-of",
        "json",
    ]
    result = subprocess.run([*command, str(tmp_path / MASTER)], capture_output=True, timeout=60, check=True)
    assert not result.stderr
    found = json.loads(result.stdout)
    kinds = {stream["codec_type"]: stream for stream in found["streams"]}
    assert (kinds["video"]["width"], kinds["video"]["height"], kinds["audio"]["codec_name"]) == (*SIZE, "aac")
    times = [float(packet["pts_time"]) for packet in found["packets"] if packet["codec_type"] == "video"]
    assert len(times) == WINDOW * 2 * FPS
    assert all(b - a == pytest.approx(1 / FPS, abs=1e-4) for a, b in itertools.pairwise(times))
    sound = [float(packet["pts_time"]) for packet in found["packets"] if packet["codec_type"] == "audio"]
    assert all(b - a == pytest.approx(1024 / 48000, abs=1e-3) for a, b in itertools.pairwise(sound))
    assert sound[0] == pytest.approx(times[0], abs=0.05)
    assert sound[-1] == pytest.approx(times[-1], abs=0.1)


def test_master_says_what_a_player_must_know(tmp_path: Path) -> None:
    """Size, rate, codecs as RFC 6381 writes them, and a bit rate no segment exceeds."""
    encoder, packets = encoded(6 * FPS)
    written(tmp_path, packets, encoder.info)
    text = (tmp_path / MASTER).read_text()
    assert "RESOLUTION=320x180,FRAME-RATE=30.000" in text
    assert 'CODECS="avc1.' in text
    assert ",mp4a.40.2" in text
    peak = int(text.split("BANDWIDTH=")[1].split(",")[0])
    for name, seconds in zip(named(tmp_path), lengths(tmp_path), strict=True):
        assert 8 * (tmp_path / name).stat().st_size / seconds <= peak


def test_old_segments_are_deleted(tmp_path: Path) -> None:
    """The folder never holds more than the window, a few for players that are behind, and three more files."""
    encoder, packets = encoded(4 * FPS)
    sink = HlsSink(tmp_path, encoder.info)
    most = 0
    for number, packet in enumerate(itertools.islice(endlessly(packets, 4 * FPS), 15 * len(packets))):
        sink.put(packet)
        if number % 200 == 0:
            most = max(most, len(list(tmp_path.glob("dream-*"))))
    sink.close(20)
    assert len(named(tmp_path)) == WINDOW
    assert len(list(tmp_path.glob("dream-*.m4s"))) == WINDOW + SPARE
    assert most <= WINDOW + SPARE + 1
    assert len(list(tmp_path.iterdir())) == WINDOW + SPARE + 4


def test_readers_find_everything_whole(tmp_path: Path) -> None:
    """Whenever somebody looks, the playlist is whole, and every segment it names is there with all of its boxes."""
    encoder, packets = encoded(30 * FPS)
    sink = HlsSink(tmp_path, encoder.info)
    wrong, looks, stop = list[str](), list[int](), threading.Event()

    def look() -> None:
        while not stop.is_set():
            if not (tmp_path / MEDIA).exists():
                continue
            text = (tmp_path / MEDIA).read_text()
            names = [line for line in text.splitlines() if line.endswith(".m4s")]
            looks.append(len(names))
            if not text.startswith("#EXTM3U") or not text.endswith("\n"):
                wrong.append("half a playlist")
            # The oldest may be deleted between the two looks only when SPARE others have come.
            for name in names:
                boxes = Boxes()
                data = (tmp_path / name).read_bytes()
                if sum(len(box) for _, box in boxes.feed(data)) != len(data):
                    wrong.append(f"half of {name}")

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for start in range(0, len(packets), 50):
            for packet in packets[start : start + 50]:
                sink.put(packet)
            seen = len(looks)
            until(lambda seen=seen: len(looks) > seen or not looks, 20, "a look", 0.002)  # type: ignore[misc]
        until(lambda: looks and looks[-1] == WINDOW, 20, "a full window")
    finally:
        stop.set()
        reader.join(20)
        sink.close(20)
    assert not wrong


def test_keyframes_out_of_turn_make_no_tiny_segments(tmp_path: Path) -> None:
    """Key frames that newcomers asked for do not cut segments shorter or longer than a player may expect."""
    from dreamstream.video.encoder import Encoder
    from dreamstream.video.soundtrack import Soundtrack
    from tests.outputs.rtmp.station import moving

    encoder = Encoder(SIZE, FPS, audio=Soundtrack(), preset="ultrafast")
    packets = []
    for index in range(20 * FPS):
        if index in (65, 70, 140, 175, 178, 290, 355, 470, 475):
            encoder.request_keyframe()
        packets += encoder.encode(moving(index), index)
    written(tmp_path, packets, encoder.info)
    assert all(0.45 <= seconds < LONGEST + 0.5 for seconds in lengths(tmp_path)[:-1])
