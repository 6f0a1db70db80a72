"""Tests of recordings: what is on the disk can be played, whatever ended it."""

from __future__ import annotations

import contextlib
import resource
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from dreamstream.errors import UserError
from dreamstream.video.recorder import Recorder, claim
from tests.polling import until
from tests.video.station import FPS, SIZE, encoded

# Records endlessly at full speed and says how far it is.
ENDLESS = """
import sys, pathlib
from dreamstream.video.encoder import Encoder
from dreamstream.video.recorder import Recorder
from dreamstream.video.soundtrack import Soundtrack
from tests.video.station import FPS, SIZE, moving
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


def test_full_disk_stops_only_the_recording(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When a write fails the recording says so, put() goes on without a word, and what was written is playable."""
    encoder, packets = encoded(400)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    recorder = Recorder(tmp_path / "show.mp4", encoder.info)
    try:
        # A limit on the size of files: writes beyond it fail as they do on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
        for packet in packets:
            recorder.put(packet)
        until(lambda: recorder.state()["state"] == "failed", 20, "the failure")
        for packet in packets[:50]:
            recorder.put(packet)
        recorder.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "stopped" in str(recorder.state()["detail"])
    assert "The show goes on" in caplog.text
    frames = 0
    # The very last packet was cut off in the middle.
    with av.open(str(recorder.path)) as container, contextlib.suppress(av.error.InvalidDataError):
        for _ in container.decode(video=0):
            frames += 1
    assert frames > 60


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


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    """Another ending, and a folder that is a file, each get a sentence."""
    encoder, _ = encoded(1)
    with pytest.raises(UserError, match=r"\.mp4 or \.mkv, not '\.avi'"):
        Recorder(tmp_path / "show.avi", encoder.info)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Recorder(tmp_path / "file" / "show.mp4", encoder.info)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
