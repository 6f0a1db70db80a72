"""Tests of HLS folders: a real player finds every frame of the window, whenever it looks."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.packet import Packet
from dreamstream.outputs.browser.fmp4 import Boxes
from dreamstream.outputs.hls import LOCK, SPARE, WINDOW, HlsSink
from dreamstream.outputs.hls_playlist import LONGEST, MASTER, MEDIA, Playlist
from dreamstream.support import files
from dreamstream.support.backoff import Backoff
from tests.conftest import need_program
from tests.outputs.rtmp.station import FPS, SIZE, encoded, endlessly
from tests.polling import until


def named(folder: Path) -> list[str]:
    """The segments that the playlist names now."""
    return [line for line in (folder / MEDIA).read_text().splitlines() if line and not line.startswith("#")]


def lengths(folder: Path) -> list[float]:
    """The segments' lengths as the playlist tells them."""
    lines = (folder / MEDIA).read_text().splitlines()
    return [float(line.removeprefix("#EXTINF:").rstrip(",")) for line in lines if line.startswith("#EXTINF")]


def written(folder: Path, packets: list[Packet], info: object, wall: float = 1.8e9) -> HlsSink:
    """A finished stream of these packets."""
    sink = HlsSink(folder, info, wall=lambda: wall)  # type: ignore[arg-type]
    for packet in packets:
        sink.put(packet)
    sink.close(20)
    return sink


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


def numbers(folder: Path) -> tuple[int, int, int]:
    """What the playlist says: the first segment's number, how many there are, and the discontinuities before."""
    playlist = Playlist.read((folder / MEDIA).read_text())
    return playlist.number, len(playlist.segments), playlist.discontinuities


@pytest.mark.parametrize("wall", [1.8e9, 1.6e9, 0.0])
def test_a_restart_goes_on_from_the_last_number(tmp_path: Path, wall: float) -> None:
    """Numbers without a gap and a discontinuity, whatever the clock says; leftovers go, other files stay."""
    encoder, packets = encoded(10 * FPS)
    written(tmp_path, packets, encoder.info, 1.8e9)
    first, count, _ = numbers(tmp_path)
    before = named(tmp_path)
    (tmp_path / ".dream-7.123.part.m4s").write_text("left behind")
    (tmp_path / "mine.txt").write_text("precious")
    written(tmp_path, packets[: len(packets) // 3], encoder.info, wall)
    assert numbers(tmp_path) == (first + count + 2 - WINDOW, WINDOW, 0)
    assert named(tmp_path)[: WINDOW - 2] == before[2 - WINDOW :]
    assert (tmp_path / MEDIA).read_text().count("#EXT-X-DISCONTINUITY\n") == 1
    written(tmp_path, packets, encoder.info, wall)
    written(tmp_path, packets, encoder.info, wall)
    assert numbers(tmp_path) == (first + count + 2 + 10 - WINDOW, WINDOW, 2)
    names = {path.name for path in tmp_path.iterdir()}
    listed = Playlist.read((tmp_path / MEDIA).read_text()).segments
    inits = {segment.init for segment in listed}
    assert names >= {MASTER, MEDIA, LOCK, "mine.txt", *inits, *named(tmp_path)}
    assert sum(name.startswith("init-") for name in names) <= 3
    assert not any("part" in name for name in names)


def test_a_playlist_that_is_none_costs_no_number(tmp_path: Path) -> None:
    """Cut short or strange, the segments' own names say where to go on; with nothing there, the clock does."""
    encoder, packets = encoded(10 * FPS)
    (tmp_path / "dream-41.m4s").write_bytes(b"a segment")
    (tmp_path / "dream-x.m4s").write_bytes(b"mine")
    (tmp_path / MEDIA).write_text("#EXTM3U\n#EXT-X-MEDIA-SEQ")
    written(tmp_path, packets, encoder.info, 0.0)
    assert numbers(tmp_path) == (42, 5, 0)
    written(tmp_path / "empty", packets, encoder.info, 1.75e9 + 45)
    assert numbers(tmp_path / "empty") == (100, 5, 0)


def test_segments_that_are_gone_are_named_no_more(tmp_path: Path) -> None:
    """Somebody cleared a part of the folder: what is missing is out of the window, and the numbers go on."""
    encoder, packets = encoded(10 * FPS)
    written(tmp_path, packets, encoder.info, 0.0)
    (tmp_path / named(tmp_path)[2]).unlink()
    written(tmp_path, packets[: len(packets) // 2], encoder.info, 0.0)
    assert numbers(tmp_path) == (3, 4 if len(named(tmp_path)) == 4 else 5, 0)
    assert all((tmp_path / name).is_file() for name in named(tmp_path))


def test_two_shows_cannot_write_into_one_folder(tmp_path: Path) -> None:
    """The second is refused in a sentence; when the first is over, the folder is free."""
    encoder, _ = encoded(1)
    first = HlsSink(tmp_path, encoder.info)
    with pytest.raises(UserError, match="Another show writes into"):
        HlsSink(tmp_path, encoder.info)
    first.close(20)
    HlsSink(tmp_path, encoder.info).close(20)


def test_vanished_folder_is_said_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without its folder the stream waits; when the folder is back, so is the stream; put() never notices."""
    home = tmp_path / "www"
    encoder, packets = encoded(24 * FPS)
    sink = HlsSink(home, encoder.info, backoff=Backoff(0.1, 0.1))
    for packet in packets[: len(packets) // 2]:
        sink.put(packet)
    until(lambda: sink.state()["state"] == "live", 20, "the stream")
    shutil.rmtree(home)
    for packet in packets[len(packets) // 2 :]:
        sink.put(packet)
    until(lambda: sink.state()["state"] == "waiting", 20, "the loss to be noticed")
    home.mkdir()

    def again() -> bool:
        for packet in packets:
            sink.put(packet)
        return sink.state()["state"] == "live"

    until(again, 20, "the stream to be back")
    sink.close(20)
    assert "No such file" in caplog.text
    assert named(home)


class Disk:
    """A disk of 32 megabytes at `folder`; where none can be mounted, one whose files say that it is full."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self.folder, self._ballast, self._full = folder, folder / "ballast", False
        mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "none", str(folder)]
        try:
            self.real = subprocess.run(mount, capture_output=True, timeout=60, check=False).returncode == 0
        except OSError:
            self.real = False
        self._whole = files.write
        if not self.real:
            patch.setattr(files, "write", self._write)

    def _write(self, path: Path, data: bytes) -> None:
        if self._full:
            path.with_name(f".{path.stem}.1.part{path.suffix}").write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        self._whole(path, data)

    def fill(self) -> None:
        """Leave no room."""
        self._full = True
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while self.real:
                file.write(bytes(4096))

    def clear(self) -> None:
        """Make room again."""
        self._full = False
        self._ballast.unlink()

    def close(self) -> None:
        """Take it away."""
        if self.real:
            subprocess.run(["umount", "--lazy", str(self.folder)], timeout=60, check=True)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A small disk."""
    made = Disk(tmp_path / "disk", monkeypatch)
    yield made
    made.close()


def test_after_a_full_disk_it_goes_on_from_the_last_number(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    """While it is full the playlist stays whole and names what is there; then come the next numbers, after a break."""
    encoder, packets = encoded(10 * FPS)
    sink = HlsSink(disk.folder, encoder.info, backoff=Backoff(0.1, 0.1))

    laps = itertools.count()

    def offered(state: str) -> bool:
        late = 10 * next(laps)
        for packet in packets:
            ticks = int(late / packet.time_base)
            sink.put(replace(packet, pts=packet.pts + ticks, dts=packet.dts + ticks))
        return sink.state()["state"] == state

    until(lambda: offered("live"), 60, "the stream")
    disk.fill()
    until(lambda: offered("waiting"), 60, "the full disk to be noticed")
    assert "the disk is full" in caplog.text
    before = Playlist.read((disk.folder / MEDIA).read_text())
    assert all((disk.folder / segment.name).is_file() for segment in before.segments)
    disk.clear()
    began = before.segments[-1].init
    until(
        lambda: offered("live") and Playlist.read((disk.folder / MEDIA).read_text()).segments[-1].init != began,
        60,
        "the stream to be back",
    )
    sink.close(20)
    after = Playlist.read((disk.folder / MEDIA).read_text())
    assert after.next > before.next
    assert [segment.name for segment in after.segments] == [f"dream-{n}.m4s" for n in range(after.number, after.next)]
    breaks = after.discontinuities + len({segment.init for segment in after.segments}) - 1
    assert breaks > before.discontinuities


def test_place_that_can_be_no_folder(tmp_path: Path) -> None:
    """A file where the folder should be gets a sentence."""
    encoder, _ = encoded(1)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="HLS folder"):
        HlsSink(tmp_path / "file", encoder.info)


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
