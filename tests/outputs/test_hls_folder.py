"""An HLS folder in trouble: an earlier show's leftovers, files that are gone, a folder taken away, a full disk."""

from __future__ import annotations

import contextlib
import errno
import itertools
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dreamstream.core.errors import UserError
from dreamstream.outputs.hls import LOCK, WINDOW, HlsSink
from dreamstream.outputs.hls_playlist import MASTER, MEDIA, Playlist
from dreamstream.support import files
from dreamstream.support.backoff import Backoff
from tests.outputs.hls_stream import named, numbers, written
from tests.outputs.rtmp.station import FPS, encoded
from tests.polling import until


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
