"""A video file that is not written live: what Ctrl-C leaves of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from dreamstream.core.errors import Interrupted
from dreamstream.render.video_file import write_video
from dreamstream.video.yuv import Picture

SIZE, FPS = (96, 96), 10


def grey(*interrupts: int, count: int = 30) -> Iterator[Picture]:
    """Frames; before those of these numbers somebody presses Ctrl-C."""
    for number in range(count):
        if number in interrupts:
            signal.raise_signal(signal.SIGINT)
        yield np.full((144, 96), 128, np.uint8)


def frames_in(path: Path) -> int:
    """How many frames a video has."""
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    """The file is closed and can be played, and it is said how much it has."""
    path = tmp_path / "a.mp4"
    with pytest.raises(Interrupted, match=r"stopped; .*a\.mp4 keeps the first 1\.2 s"):
        write_video(path, grey(12), SIZE, FPS, lambda _: None)
    assert frames_in(path) == 12
    assert list(tmp_path.iterdir()) == [path]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("interrupts", [(0,), (0, 1)])
def test_ctrl_c_before_the_first_frame_keeps_nothing(tmp_path: Path, interrupts: tuple[int, ...]) -> None:
    """There is nothing to keep."""
    with pytest.raises(KeyboardInterrupt) as caught:
        write_video(tmp_path / "a.mp4", grey(*interrupts), SIZE, FPS, lambda _: None)
    assert not isinstance(caught.value, Interrupted)
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_drops_it(tmp_path: Path) -> None:
    """While the first is being obeyed: here, in what is told after a frame was written."""

    def press(count: int) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        write_video(tmp_path / "a.mp4", grey(), SIZE, FPS, press)
    assert not isinstance(caught.value, Interrupted)
    assert list(tmp_path.iterdir()) == []


def test_all_frames_without(tmp_path: Path) -> None:
    """As many as there are."""
    write_video(tmp_path / "a.mkv", grey(count=7), SIZE, FPS, lambda _: None)
    assert frames_in(tmp_path / "a.mkv") == 7
