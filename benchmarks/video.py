"""What the video path costs: milliseconds per frame of each stage, and the share of one core at a frame rate.

    python benchmarks/video.py [--fps 30] [--frames 150] [--json FILE]

Measured with OpenCV on one thread, so that milliseconds are milliseconds of one core; the encoder uses its own threads,
and its figure is processor time, not waiting time.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.dream.camera import Motion
from dreamstream.dream.dream import Dream
from dreamstream.dream.programme import split
from dreamstream.video.encoder import Encoder
from dreamstream.video.overlay import Overlay
from dreamstream.video.soundtrack import Soundtrack
from dreamstream.video.tween import Tweener

SIZES = [(640, 360), (1280, 720), (1920, 1080)]
MARGIN = 1.06


def canvas(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """Something as detailed as a dream: noise at four scales."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0], 3), np.float32)
    for scale, strength in ((4, 30), (12, 40), (40, 50), (120, 50)):
        small = rng.normal(size=(size[1] // scale + 2, size[0] // scale + 2, 3)).astype(np.float32)
        picture += strength * cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 120, 0, 255).astype(np.uint8)


def measure(work: Callable[[int], object], frames: int) -> float:
    """Milliseconds of processor time per call."""
    for index in range(3):
        work(index)
    begun = time.process_time()
    for index in range(3, 3 + frames):
        work(index)
    return 1000 * (time.process_time() - begun) / frames


def tween_stage(size: tuple[int, int], dreams: list[Dream], fps: int, fading: bool) -> Callable[[int], object]:
    """Frames of a fade between two dreams, or of one dream alone."""
    tween = Tweener(size, margin=MARGIN)
    tween.push(dreams[0], -2.0)
    for index in range(2 * fps):
        tween.frame(index / fps - 2.0)
    if fading:
        tween.push(dreams[1], 0.0)
    return lambda index: tween.frame_yuv(index / (100 * fps) + 0.2)


def stages(size: tuple[int, int], fps: int, frames: int) -> dict[str, float]:
    """Milliseconds per frame of every stage at one size."""
    even = (2 * round(size[0] * MARGIN / 2), 2 * round(size[1] * MARGIN / 2))
    dreams = [Dream(canvas(even, n), 0.5 * n, Motion(), split(["noise"])) for n in range(2)]
    overlay, blank = Overlay(size), np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    overlay.say("bee + pizza", "someone", "volcano", -10.0)
    waking = Tweener(size)
    encoder, moving = Encoder(size, fps, audio=Soundtrack()), Tweener(size, margin=MARGIN)
    moving.push(dreams[0], -2.0)
    shots = [moving.frame_yuv(-2.0 + index / fps) for index in range(3 * fps)][-fps:]
    convert = Encoder(size, fps)
    return {
        "waking": measure(lambda index: waking.frame_yuv(index / fps), frames),
        "tween, one dream": measure(tween_stage(size, dreams, fps, False), frames),
        "tween, two dreams": measure(tween_stage(size, dreams, fps, True), frames),
        "overlay": measure(lambda index: overlay.draw(blank, 1.0 + index / fps), frames),
        "conversion": measure(lambda index: convert.convert(shots[index % fps]), frames),
        "conversion, encode, sound": measure(lambda index: encoder.encode(shots[index % fps], index), frames),
    }


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    report: dict[str, object] = {"machine": platform.machine(), "fps": options.fps, "margin": MARGIN}
    for size in SIZES:
        costs = stages(size, options.fps, options.frames)
        total = sum(costs[name] for name in ("tween, two dreams", "overlay", "conversion, encode, sound"))
        report[f"{size[0]}x{size[1]}"] = {
            "ms_per_frame": costs,
            "ms_total": total,
            "core_share": total * options.fps / 1000,
        }
        print(f"{size[0]}x{size[1]} at {options.fps} fps")
        for name, cost in costs.items():
            print(f"  {name:28s} {cost:7.2f} ms   {100 * cost * options.fps / 1000:5.1f} % of a core")
        print(f"  {'all of a fading frame':28s} {total:7.2f} ms   {100 * total * options.fps / 1000:5.1f} % of a core")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
