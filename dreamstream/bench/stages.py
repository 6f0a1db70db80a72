"""What the video path costs: processor time per frame of each stage, on pictures like a show's."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from dreamstream.bench import h264_headers
from dreamstream.bench.held_out import Sequence
from dreamstream.core.packet import VIDEO
from dreamstream.video.encoder import KEYFRAME_SECONDS, Encoder
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.titles.overlay import Overlay
from dreamstream.video.tween import Tweener

SIZES = ((640, 360), (1280, 720), (1920, 1080))
FPS = 30
# How often dreams come in the measured show, and for how long frames are made.
INTERVAL, SECONDS = 0.4, 12


def costs(size: tuple[int, int], sequence: Sequence, seconds: float = SECONDS) -> dict[str, Any]:
    """Milliseconds of one core per frame by stage, what share of a core that is at 30 a second, and the stream's facts.

    The show has a dream each 0.4 s, a title, and silence. Processor time counts the encoder's threads.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _costs(size, sequence, round(seconds * FPS))
    finally:
        cv2.setNumThreads(threads)


def _costs(size: tuple[int, int], sequence: Sequence, frames: int) -> dict[str, Any]:
    tween, overlay, encoder, meter = Tweener(size), Overlay(size), Encoder(size, FPS, audio=Soundtrack()), _Meter()
    overlay.say("bee + pizza", "someone", "volcano", -1.0)
    sizes, keys, pushed = list[int](), list[int](), 0
    # The second before the first frame lets the show begin.
    for index in range(-FPS, frames):
        if index == 0:
            meter.clear()
        t = index / FPS
        with meter.of("tween"):
            while pushed * INTERVAL - 1 - INTERVAL <= t:
                dream = sequence.dreams[pushed % len(sequence.dreams)]
                tween.push(replace(dream, time=pushed * INTERVAL - 1), t)
                pushed += 1
            picture = tween.frame_yuv(t)
        with meter.of("overlay"):
            overlay.draw(picture, t)
        if index < 0:
            continue
        with meter.of("encode"):
            packets = [packet for packet in encoder.encode(picture, index) if packet.kind == VIDEO]
        sizes.append(sum(len(packet.data) for packet in packets))
        keys += [packet.pts for packet in packets if packet.keyframe]
    milliseconds = {name: 1000 * seconds / frames for name, seconds in meter.items()}
    return {
        "size": f"{size[0]}x{size[1]}",
        "preset": encoder.preset,
        "milliseconds": milliseconds,
        "core_share": sum(milliseconds.values()) * FPS / 1000,
        "stream": _stream(encoder, sizes, keys),
    }


class _Meter(dict[str, float]):
    """Seconds of processor time by stage."""

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count what is done within."""
        began = time.process_time()
        yield
        self[name] = self.get(name, 0.0) + time.process_time() - began


def _stream(encoder: Encoder, sizes: list[int], keys: list[int]) -> dict[str, Any]:
    """What the packets and the headers say: rate, key frames, buffer model, colours."""
    kbps = 8 * np.array(sizes) / 1000 * FPS
    window = min(len(kbps), 10 * FPS)
    rates = [float(kbps[at : at + window].mean()) for at in range(0, len(kbps) - window + 1, FPS)]
    header = h264_headers.sequence(encoder.info.video_extradata)
    return {
        "kbps": encoder.bitrate_kbps,
        "kbps_over_10_s": [min(rates), max(rates)],
        "keyframes_exact": keys == list(range(0, len(sizes), KEYFRAME_SECONDS * FPS)),
        "profile": header.profile,
        "level": header.level / 10,
        "hrd": None
        if header.hrd is None
        else {"bits": header.hrd[0], "buffer": header.hrd[1], "constant": header.hrd[2]},
        "bt709_limited": header.colour == (1, 1, 1) and header.full_range is False,
    }
