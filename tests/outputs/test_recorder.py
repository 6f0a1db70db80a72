"""Tests of recordings: what is on the disk can be played, whatever ended it."""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from dreamstream.core.errors import UserError
from dreamstream.core.packet import VIDEO
from dreamstream.outputs.recorder import Recorder, claim
from dreamstream.outputs.rotation import Rotation, parse_rotation
from dreamstream.support.backoff import Backoff
from tests.outputs.rtmp.station import FPS, SIZE, encoded
from tests.polling import until

# Records endlessly at full speed and says how far it is.
ENDLESS = """
import sys, pathlib
from dreamstream.video.encoder import Encoder
from dreamstream.outputs.recorder import Recorder
from dreamstream.video.soundtrack import Soundtrack
from tests.outputs.rtmp.station import FPS, SIZE, moving
encoder = Encoder(SIZE, FPS, audio=Soundtrack(), preset="ultrafast")
recorder = Recorder(pathlib.Path(sys.argv[1]), encoder.info)
index = 0
try:
    while True:
        for packet in encoder.encode(moving(index), index):
            recorder.put(packet)
        index += 1
        if index % 30 == 0:
            print(index, flush=True)
except KeyboardInterrupt:
    recorder.close()
    print("closed", index, flush=True)
"""


def played(path: Path) -> tuple[int, float]:
    """How many pictures decode, and for how many seconds of sound; times must rise by exactly one frame."""
    with av.open(str(path)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == SIZE
        times = np.array([frame.time for frame in container.decode(video=0)])
    assert np.allclose(np.diff(times), 1 / FPS, atol=0.0011)
    with av.open(str(path)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    return len(times), samples / 48000


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_recording_holds_every_frame(tmp_path: Path, ending: str) -> None:
    """A closed recording has all pictures, all sound, and nothing dropped."""
    encoder, packets = encoded(100)
    recorder = Recorder(tmp_path / f"show{ending}", encoder.info)
    for packet in packets:
        recorder.put(packet)
    recorder.close()
    frames, seconds = played(recorder.path)
    assert frames == 100
    assert seconds == pytest.approx(100 / FPS, abs=0.1)
    state = recorder.state()
    assert (state["state"], state["dropped"]) == ("closed", 0)


def test_recording_begins_at_a_keyframe(tmp_path: Path) -> None:
    """Attached in the middle of a show, it begins with the next key frame, at time zero."""
    encoder, packets = encoded(130)
    recorder = Recorder(tmp_path / "show.mp4", encoder.info)
    for packet in packets[40:]:
        recorder.put(packet)
    recorder.close()
    with av.open(str(recorder.path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert len(times) == 70
    assert times[0] == 0


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_recording_is_playable_after_a_violent_end(tmp_path: Path, how: signal.Signals, ending: str) -> None:
    """After kill -9 all but the last seconds are there; after Ctrl-C everything is."""
    path = tmp_path / f"show{ending}"
    command = [sys.executable, "-c", ENDLESS, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and int(line) < 300:
            pass
        # The recorder's thread may be behind the encoder by a few fragments, never by all of them.
        until(lambda: path.stat().st_size > 100_000, 20, "the recording to grow")
        process.send_signal(how)
        rest = process.stdout.read()
        process.wait(20)
    frames, seconds = played(path)
    assert seconds == pytest.approx(frames / FPS, abs=0.3)
    if how == signal.SIGINT:
        assert frames == int(rest.split()[-1])
    else:
        assert frames >= 120


def test_full_disk_ends_only_that_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When a write fails it is said, put() goes on without a word, what was written is playable, and with room on the
    disk again it goes on in another file.
    """
    encoder, packets = encoded(400)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    recorder = Recorder(tmp_path / "show.mp4", encoder.info, backoff=Backoff(0.5, 0.5))
    try:
        # A limit on the size of files: writes beyond it fail as they do on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
        for packet in packets:
            recorder.put(packet)
        until(lambda: recorder.state()["error"], 20, "the failure")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "File too large" in caplog.text
    until(lambda: recorder.path != tmp_path / "show.mp4", 10, "another file")

    def again() -> bool:
        for packet in packets[:70]:
            recorder.put(packet)
        return recorder.state()["state"] == "live"

    until(again, 20, "the recording to go on")
    recorder.close()
    state = recorder.state()
    assert (state["state"], state["files"], state["reconnects"]) == ("closed", 2, 1)
    frames = 0
    # The very last packet was cut off in the middle.
    with av.open(str(tmp_path / "show.mp4")) as container, contextlib.suppress(av.error.InvalidDataError):
        for _ in container.decode(video=0):
            frames += 1
    assert frames > 60
    with av.open(str(tmp_path / "show-1.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("rotation", [Rotation(seconds=4), Rotation(bytes=250_000)])
def test_rotation_loses_no_frame(tmp_path: Path, rotation: Rotation, ending: str) -> None:
    """The parts are numbered, each plays from its first frame by itself, and together they hold every frame."""
    encoder, packets = encoded(600)
    recorder = Recorder(tmp_path / f"show{ending}", encoder.info, rotation)
    for packet in packets:
        recorder.put(packet)
    recorder.close()
    parts = sorted(tmp_path.iterdir())
    assert [part.name for part in parts] == [f"show-{i + 1:04d}{ending}" for i in range(len(parts))]
    lengths = [played(part) for part in parts]
    assert sum(frames for frames, _ in lengths) == 600
    assert all(seconds == pytest.approx(frames / FPS, abs=0.1) for frames, seconds in lengths)
    # The sound goes over the cut, too. A Matroska player leaves out the first AAC frame of each file.
    assert sum(seconds for _, seconds in lengths) == pytest.approx(600 / FPS, abs=0.06 + 0.022 * len(parts))
    assert len(parts) == 5 if rotation.seconds else len(parts) >= 3
    assert recorder.state()["files"] == len(parts)


def test_open_and_closed_parts_are_playable_after_kill(tmp_path: Path) -> None:
    """kill -9 in the middle of a rotated recording: every part plays, also the one that was open."""
    code = ENDLESS.replace("encoder.info)", "encoder.info, Rotation(seconds=6))").replace(
        "import Recorder", "import Recorder\nfrom dreamstream.outputs.rotation import Rotation"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "show.mp4")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        until(lambda: (tmp_path / "show-0004.mp4").exists(), 60, "the fourth part")
        until(lambda: sorted(tmp_path.iterdir())[-1].stat().st_size > 20_000, 20, "pictures in it")
        process.kill()
        process.wait(20)
    parts = sorted(tmp_path.iterdir())
    assert len(parts) >= 4
    # At full speed the disk may be too slow, and then a GOP is left out; what is there decodes.
    for part in parts:
        with av.open(str(part)) as container:
            assert sum(1 for _ in container.decode(video=0)) >= 60


def test_file_taken_away_is_noticed(tmp_path: Path) -> None:
    """When the folder vanishes, nothing is written into the void: it is said and tried again until it is back."""
    home = tmp_path / "drive"
    now = [0.0]
    encoder, packets = encoded(70)
    recorder = Recorder(home / "show.mp4", encoder.info, backoff=Backoff(0.1, 0.1), clock=lambda: now[0])
    for packet in packets:
        recorder.put(packet)
    until(lambda: recorder.state()["state"] == "live", 10, "the recording")
    shutil.rmtree(home)
    now[0] = 10
    recorder.put(packets[0])
    until(lambda: "taken away" in str(recorder.state()["error"]), 10, "the loss to be noticed")
    until(lambda: "No such file" in str(recorder.state()["error"]), 10, "another attempt")
    assert not home.exists()
    home.mkdir()

    def again() -> bool:
        for packet in packets:
            recorder.put(packet)
        return recorder.state()["state"] == "live"

    until(again, 20, "the recording to go on")
    recorder.close()
    assert played(home / "show.mp4")[0] >= 70


@pytest.mark.parametrize(
    ("text", "rotation"),
    [
        ("1h", Rotation(3600)),
        ("90min", Rotation(5400)),
        ("2GB", Rotation(bytes=2 * 10**9)),
        ("1.5GiB", Rotation(bytes=3 << 29)),
        ("1h 2GB", Rotation(3600, 2 * 10**9)),
        ("45s,500MB", Rotation(45, 5 * 10**8)),
    ],
)
def test_rotations(text: str, rotation: Rotation) -> None:
    """Times, sizes, and both."""
    assert parse_rotation(text) == rotation


@pytest.mark.parametrize("text", ["", "0h", "1", "h", "-1h", "1 h", "1s", "5kB", "1h 2", "nan h", "1e3s"])
def test_no_rotations(text: str) -> None:
    """What is none is refused with an example."""
    with pytest.raises(ValueError, match="must look like"):
        parse_rotation(text)


def test_existing_files_are_never_overwritten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A taken name gets a number, and the recorder says which."""
    (tmp_path / "show.mp4").write_text("precious")
    encoder, packets = encoded(10)
    recorder = Recorder(tmp_path / "show.mp4", encoder.info)
    for packet in packets:
        recorder.put(packet)
    recorder.close()
    assert recorder.path == tmp_path / "show-1.mp4"
    assert "show-1.mp4" in caplog.text
    assert (tmp_path / "show.mp4").read_text() == "precious"
    assert claim(tmp_path / "show.mp4") == tmp_path / "show-2.mp4"


def test_nothing_recorded_leaves_no_file(tmp_path: Path) -> None:
    """A recording without a single frame is taken away again."""
    encoder, _ = encoded(1)
    recorder = Recorder(tmp_path / "show.mkv", encoder.info)
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_no_empty_file_before_the_first_picture(tmp_path: Path) -> None:
    """What is there when the program is killed early is no file at all; one of that name is not written over."""
    encoder, packets = encoded(70)
    recorder = Recorder(tmp_path / "show.mkv", encoder.info)
    sound = [packet for packet in packets if packet.kind != VIDEO][:5]
    for packet in sound:
        recorder.put(packet)
    until(lambda: list(tmp_path.iterdir()) == [], 10, "the look at the folder to be over")
    assert recorder.path == tmp_path / "show.mkv"
    (tmp_path / "show.mkv").write_text("precious")
    for packet in packets:
        recorder.put(packet)
    until(lambda: recorder.state()["state"] == "live", 10, "the recording")
    recorder.close()
    assert (tmp_path / "show.mkv").read_text() == "precious"
    assert recorder.path == tmp_path / "show-1.mkv"
    assert played(recorder.path)[0] == 70


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    """Another ending, and a folder that is a file, each get a sentence."""
    encoder, _ = encoded(1)
    with pytest.raises(UserError, match=r"\.mp4 or \.mkv, not '\.avi'"):
        Recorder(tmp_path / "show.avi", encoder.info)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Recorder(tmp_path / "file" / "show.mp4", encoder.info)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
