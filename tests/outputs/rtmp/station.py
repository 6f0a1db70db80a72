"""A small station for tests: moving pictures, encoded and published at their rate by a thread."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.packet import Packet
from dreamstream.outputs.hub import PacketHub
from dreamstream.video.clock import FrameClock
from dreamstream.video.encoder import Encoder
from dreamstream.video.soundtrack import Soundtrack

SIZE, FPS = (320, 180), 30


def moving(index: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A picture whose every column changes from frame to frame."""
    width, height = size
    x = np.arange(width)[None, :, None] + 3 * index
    y = np.arange(height)[:, None, None] + index
    phase = np.array([0.0, 2.0, 4.0])
    return np.asarray(127 + 120 * np.sin(x / 17 + phase) * np.cos(y / 23 + phase), np.uint8)


def encoded(frames: int, encoder: Encoder | None = None) -> tuple[Encoder, list[Packet]]:
    """`frames` moving pictures with silence, encoded as fast as they go."""
    encoder = encoder or Encoder(SIZE, FPS, audio=Soundtrack(), preset="ultrafast")
    packets = [packet for index in range(frames) for packet in encoder.encode(moving(index), index)]
    return encoder, packets + encoder.flush()


def endlessly(packets: list[Packet], frames: int, fps: int = FPS) -> Iterator[Packet]:
    """The packets of `frames` frames over and over, at times that go on."""
    for turn in itertools.count():
        for packet in packets:
            shift = round(turn * frames / fps / packet.time_base)
            yield replace(packet, pts=packet.pts + shift, dts=packet.dts + shift)


class Station:
    """A real clock, encoder and hub, run by a thread, with the longest time one publish() took."""

    def __init__(self, fps: int = FPS, bitrate_kbps: int | None = None) -> None:
        self.encoder = Encoder(SIZE, fps, bitrate_kbps, audio=Soundtrack(), preset="ultrafast")
        self.hub = PacketHub(on_join=self.encoder.request_keyframe)
        self.clock = FrameClock(fps, time.monotonic)
        self.longest_publish = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Station:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        self.hub.close()

    def _run(self) -> None:
        while not self._stop.wait(self.clock.wait()):
            index = self.clock.begin()
            packets = self.encoder.encode(moving(index), index)
            self.clock.sent()
            begun = time.perf_counter()
            for packet in packets:
                self.hub.publish(packet)
            self.longest_publish = max(self.longest_publish, time.perf_counter() - begun)
