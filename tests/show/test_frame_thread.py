"""The frame thread: contiguous frames on time, whatever a stage does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.packet import VIDEO, Packet
from dreamstream.show.frame_thread import STAGES, FrameThread, Overload
from dreamstream.video.clock import FrameClock
from tests.polling import until

Picture = NDArray[np.uint8]


class CountingEncoder:
    """Gives one packet a frame that names it, and one more when flushed."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.pictures: list[int] = []
        self.fails_at = -1

    def encode(self, frame: Picture, index: int, keyframe: bool = False) -> list[Packet]:
        """One packet."""
        if index == self.fails_at:
            raise OSError("no encoder")
        self.frames.append(index)
        self.pictures.append(int(frame[0, 0, 0]))
        return [self.packet(index)]

    def flush(self) -> list[Packet]:
        """The last packet."""
        return [self.packet(-1)]

    @staticmethod
    def packet(number: int) -> Packet:
        """A packet whose pts is `number`."""
        return Packet(VIDEO, b"", number, number, 1, Fraction(1, 50), number % 10 == 0)


def grey(value: int) -> Picture:
    """A tiny plain picture."""
    return np.full((2, 2, 3), value, np.uint8)


def loop_of(
    encoder: CountingEncoder,
    sent: list[int],
    tween: Callable[[float], Picture] = lambda t: grey(int(t * 50) % 256),
    overlay: Callable[[Picture, float], Picture] = lambda picture, t: picture,
    on_fatal: Callable[[str], None] = lambda reason: None,
) -> FrameThread:
    """A loop at 50 fps over a counting encoder."""
    return FrameThread(
        FrameClock(50, time.monotonic), tween, overlay, encoder, lambda packet: sent.append(packet.pts), on_fatal
    )


def test_frames_are_contiguous_and_flushed() -> None:
    """Each frame is of its own show time, in order, and stop() flushes the encoder."""
    encoder, sent = CountingEncoder(), list[int]()
    loop = loop_of(encoder, sent)
    begun = loop.picture_age
    assert begun is None
    loop.start()
    until(lambda: len(encoder.frames) >= 10, 10, "the frames", 0.005)
    assert loop.stop(5)
    assert encoder.frames == list(range(len(encoder.frames)))
    assert encoder.pictures == [number % 256 for number in encoder.frames]
    assert sent == [*encoder.frames, -1]
    assert loop.stats.sent == len(encoder.frames)
    assert loop.picture_age is not None
    assert set(loop.stopwatch.milliseconds()) == set(STAGES)


def test_a_frame_that_cannot_be_made_repeats_the_last() -> None:
    """A tweener that raises costs its frame, not the stream."""
    encoder = CountingEncoder()

    def tween(t: float) -> Picture:
        if round(t * 50) == 5:
            raise ValueError("no picture")
        return grey(round(t * 50))

    loop = loop_of(encoder, [], tween)
    loop.start()
    until(lambda: len(encoder.frames) >= 8, 10, "the frames", 0.005)
    assert loop.stop(5)
    assert encoder.pictures[:8] == [0, 1, 2, 3, 4, 4, 6, 7]
    assert loop.failures == 1


def test_titles_that_cannot_be_drawn_are_left_out() -> None:
    """An overlay that raises leaves the picture as it was."""
    encoder = CountingEncoder()

    def overlay(picture: Picture, t: float) -> Picture:
        raise RuntimeError("no font")

    loop = loop_of(encoder, [], overlay=overlay)
    loop.start()
    until(lambda: len(encoder.frames) >= 3, 10, "the frames", 0.005)
    assert loop.stop(5)
    assert encoder.pictures[:3] == [0, 1, 2]


def test_an_encoder_that_fails_ends_the_show_with_a_sentence() -> None:
    """Without an encoder there is nothing to send; the sentence holds no exception text."""
    encoder, told, done = CountingEncoder(), list[str](), threading.Event()
    encoder.fails_at = 3

    def fatal(reason: str) -> None:
        told.append(reason)
        done.set()

    loop = loop_of(encoder, [], on_fatal=fatal)
    loop.start()
    assert done.wait(10)
    assert told == ["Pictures cannot be encoded (OSError); see the log."]
    assert loop.stop(5)


def test_frames_that_take_too_long_are_told_of() -> None:
    """When frames take more than their time for seconds, the loop asks what to do and keeps the answer."""
    told: list[float] = []

    def answer(share: float) -> str:
        told.append(share)
        return "slower, please"

    clock = FrameClock(50, time.monotonic)
    loop = FrameThread(
        clock,
        lambda t: grey(0),
        lambda picture, t: picture,
        CountingEncoder(),
        lambda packet: time.sleep(0.0004),
        on_overload=answer,
    )
    loop._overload = Overload(5000)  # a rate that no machine keeps, so that the test need not take seconds
    loop._overload._most = 4
    loop.start()
    until(lambda: len(told) > 0, 20, "the answer", 0.005)
    assert loop.stop(5)
    assert told[0] > 1
    assert loop.trouble == "slower, please"
