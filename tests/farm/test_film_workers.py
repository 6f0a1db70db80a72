"""A film of a cue list: the same pictures by one worker of this machine as by two on nodes of a cluster; with sound."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import pytest

from dreamstream.cli.main import main

pytestmark = pytest.mark.slow

FLAGS = ("--size", "160x96", "--fps", "10", "--steps", "1", "--preset", "vivid", "--to", "34")


def packets(path: Path) -> list[tuple[int | None, bytes]]:
    """The video of a file as it was encoded, with its times."""
    with av.open(str(path)) as container:
        return [(packet.pts, bytes(packet)) for packet in container.demux(video=0) if packet.dts is not None]


def silence(path: Path) -> Path:
    """A second of it."""
    with av.open(str(path), "w") as sound:
        stream = sound.add_stream("pcm_s16le", rate=48000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=48000)
        frame.sample_rate = 48000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        sound.mux(stream.encode(frame))
        sound.mux(stream.encode(None))
    return path


def test_a_film_of_cues(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """One hands on the checkpoint that the other begins with; what no node has is said before."""
    cues, one, two = (tmp_path / name for name in ("list", "one.mp4", "two.mp4"))
    cues.write_text("0:00 bee\n0:12 set zoom=1.06\n0:19 look night\n0:24 pizza\n0:40 end\n")
    assert main(["film", str(cues), "-o", str(one), *FLAGS]) == 0
    # Ray is of no other system here.
    ray = ("--ray", request.getfixturevalue("cluster").address) if sys.platform == "linux" else ()
    if ray:
        assert main(["film", str(cues), "-o", str(two), *FLAGS, *ray, "--gpus", "1"]) == 1
        assert not list(tmp_path.glob("two*"))
    tone = silence(tmp_path / "tone.wav")
    assert main(["film", str(cues), "-o", str(two), *FLAGS, *ray, "--workers", "2", "--audio", str(tone)]) == 0
    assert packets(two) == packets(one)
    assert len(packets(two)) == 340
    with av.open(str(two)) as container:
        (heard,) = container.streams.audio
        assert heard.duration is not None
        assert heard.time_base is not None
        assert float(heard.duration * heard.time_base) == pytest.approx(34, abs=0.2)
    assert not list(tmp_path.glob("*.parts"))
