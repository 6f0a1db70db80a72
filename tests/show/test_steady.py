"""Whatever the dreamer does, what leaves is steady: no frame frozen, repeated or skipped, and no jump of the camera.

With a fake clock over the real pace, clock and tweener, and once for real with all threads and the encoder.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from time import sleep

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.card import Card, Word
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import USUAL, Effort
from dreamstream.core.packet import Packet
from dreamstream.core.programme import Programme, split
from dreamstream.show.dream_pacing import DreamPacer
from dreamstream.show.dream_thread import DreamThread
from dreamstream.show.frame_thread import FrameThread
from dreamstream.video.clock import FrameClock
from dreamstream.video.encoder import Encoder
from dreamstream.video.tween import Tweener
from tests.polling import until
from tests.video.scene import seen

SIZE, FPS = (160, 90), 30
# It keeps the scene's scale, so that there is as much to see move after a minute as at first.
MOTION = Motion(1.005, 3.0, 0.03, 0.01)
# Levels of 255 by which a frame differs from the last: the camera explains about 1, a fade between unlike pictures 5.
MOST = 7.0


class Dreamer:
    """Dreams of the scene under its camera, each made in its own time; a life ends where one takes None."""

    def __init__(self, takes: list[float | None]) -> None:
        self._takes = deque(takes)
        self._pace = DreamPacer()
        self._pose = Pose()
        self._place: float | None = None

    def dream(self, now: float) -> tuple[float, Dream | None]:
        """When the next dream that is begun now is handed over, and the dream; None when the dreamer died over it."""
        takes = self._takes.popleft() if self._takes else 1e9
        if takes is None:
            self._pace, self._place, self._pose = DreamPacer(), None, Pose()
            return now + 4.0, None
        place = self._pace.place(now)
        if self._place is not None:
            self._pose = self._pose.then(MOTION.over(place - self._place))
        self._place = place
        self._pace.took(takes, 1.0)
        return now + max(takes, self._pace.rest(takes) + takes), Dream(
            seen(self._pose, SIZE), place, MOTION, split(["x"])
        )


def frames_of(takes: list[float | None], seconds: float) -> Iterator[tuple[float, int, NDArray[np.uint8]]]:
    """Time, number and picture of every frame of a show that a dreamer like this makes, by a clock that is not real."""
    now = 1000.0
    clock, tween, dreamer = FrameClock(FPS, lambda: now), Tweener(SIZE), Dreamer(takes)
    clock.deadline(0)
    due, dream = dreamer.dream(0.5)
    while clock.index < seconds * FPS:
        now += clock.wait()
        number = clock.begin()
        while due <= clock.show_time:
            if dream is not None:
                tween.push(dream, due)
            due, dream = dreamer.dream(due)
        now += 0.004
        yield clock.time(number), number, tween.frame(clock.time(number))
        clock.sent()


QUICK: list[float | None] = [0.05] * 20
HABITS: dict[str, tuple[list[float | None], float]] = {
    "quick": ([0.05] * 60, 14),
    "slow": ([8.0] * 3, 30),
    "jumping": ([*QUICK, 8.0, *QUICK, 8.0, 8.0, *QUICK], 44),
    "pausing": ([*QUICK, 30.0, *QUICK], 42),
    "dying": ([*QUICK, None, *QUICK, None, None, *QUICK], 26),
}


@pytest.mark.parametrize("habit", HABITS)
def test_frames_are_steady_whatever_the_dreamer_does(habit: str) -> None:
    """Frames are contiguous, each differs from the last, and none by more than camera and fade explain."""
    before: deque[NDArray[np.uint8]] = deque(maxlen=4)
    numbers = []
    for t, number, frame in frames_of(*HABITS[habit]):
        numbers.append(number)
        if before:
            change = np.abs(frame.astype(int) - before[-1]).mean()
            assert change < MOST, (t, change)
        if len(before) == 4:
            assert np.abs(frame.astype(int) - before[0]).max() > 0, t
        before.append(frame)
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("habit", ["quick", "slow", "jumping", "pausing"])
def test_camera_is_where_it_should_be(habit: str) -> None:
    """Under one motion the scene is never seen twice, shifted: its contrast is that of one picture in every frame."""
    for t, _, frame in frames_of(*HABITS[habit]):
        if t > 12.0:
            assert frame[9:-9, 16:-16].std() > 40, t


class ScriptedDreamer:
    """A dreamer for real threads: dreams take what the script says, and None is a crash."""

    card = Card("scripted", (Word("x"),))

    def __init__(self, takes: deque[float | None]) -> None:
        self._takes = takes
        self._pose = Pose()
        self._time: float | None = None

    def prepare(self) -> None:
        """Nothing to compile."""

    def dream(self, programme: Programme, time: float, effort: Effort = USUAL) -> Dream:
        """The scene at `time`, after a while."""
        takes = self._takes.popleft() if self._takes else 0.1
        if takes is None:
            raise RuntimeError("the script says so")
        sleep(takes)  # this is the work that it does
        if self._time is not None:
            self._pose = self._pose.then(MOTION.over(time - self._time))
        self._time = time
        return Dream(seen(self._pose, SIZE), time, MOTION, programme)

    def begin(self, programme: Programme, time: float, effort: Effort = USUAL) -> Callable[[], Dream]:
        """The same, made already."""
        dream = self.dream(programme, time, effort)
        return lambda: dream

    def set(self, control: str, value: float) -> None:
        """There are no controls."""

    def state(self) -> bytes:
        """Nothing."""
        return b""

    def restore(self, state: bytes) -> None:
        """Nothing."""

    def checkpoint(self) -> bytes:
        """Nothing."""
        return b""

    def resume(self, checkpoint: bytes) -> None:
        """Nothing."""

    def picture(self) -> None:
        """Nothing."""

    def with_preset(self, name: str) -> ScriptedDreamer:
        """There are no presets."""
        return self

    def take_over(self, other: ScriptedDreamer) -> None:
        """Nothing."""


def test_a_real_show_is_steady() -> None:
    """Threads, encoder and decoder: a dreamer that is quick, slow and crashes costs the stream no frame."""
    script: deque[float | None] = deque([*[0.05] * 8, 1.5, *[0.05] * 6, None, *[0.05] * 4])
    encoder, tween, clock = Encoder(SIZE, FPS, bitrate_kbps=2000), Tweener(SIZE), FrameClock(FPS, time.monotonic)
    packets: list[Packet] = []
    frames = FrameThread(clock, tween.frame_yuv, lambda picture, t: picture, encoder, packets.append)
    dreams = DreamThread(
        lambda: ScriptedDreamer(script),
        lambda: split(["x"]),
        lambda dream: tween.push(dream, clock.show_time),
        lambda: clock.show_time,
    )
    frames.start()
    dreams.start()
    try:
        until(lambda: not script and dreams.status.dreams > 20, 40, "the end of the script", 0.05)
    finally:
        assert dreams.stop(5)
        assert frames.stop(5)
    assert dreams.status.failures == 1
    assert frames.failures == 0
    assert [packet.pts for packet in packets] == list(range(len(packets)))
    pictures = list(decoded(encoder.info.video_extradata, packets))
    assert len(pictures) == len(packets)
    changes = [np.abs(a.astype(int) - b).mean() for a, b in itertools.pairwise(pictures[FPS:])]
    assert max(changes) < MOST
    assert min(np.abs(a.astype(int) - b).max() for a, b in zip(pictures, pictures[4:], strict=False)) > 0


def decoded(extradata: bytes, packets: list[Packet]) -> Iterator[NDArray[np.uint8]]:
    """The luma of every picture in the packets."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = extradata
    assert isinstance(decoder, av.VideoCodecContext)
    for packet in packets:
        given = av.Packet(packet.data)
        given.pts, given.time_base = packet.pts, Fraction(1, FPS)
        yield from (np.asarray(frame.to_ndarray()[: SIZE[1]], np.uint8) for frame in decoder.decode(given))
    yield from (np.asarray(frame.to_ndarray()[: SIZE[1]], np.uint8) for frame in decoder.decode(None))
