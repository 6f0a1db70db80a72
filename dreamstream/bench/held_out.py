"""Every second dream of a real sequence is kept back, and each way to make video is asked to show it.

Pictures are compared in luma, as video keeps it, where the later dream has pixels under the camera: further out nobody
but the held-out dream itself knows what was there.
"""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dreamstream.bench import rivals
from dreamstream.core.camera import Motion
from dreamstream.core.dream import Dream
from dreamstream.core.dreamer import DreamerRequest, Effort
from dreamstream.core.errors import UserError
from dreamstream.core.programme import split
from dreamstream.dreamers import registry
from dreamstream.video import yuv
from dreamstream.video.tween import Tweener

SIZE = (640, 360)
INTERVALS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
# Dreams of each sequence: every even one is kept, every odd one held out.
LENGTH = 5
# The sequences begin when the picture is there, not with noise.
RUN_UP, WANTED = 8, ("bee", "pizza")
# The interval at which the evenness of the frames is measured, and its frame rate.
EVEN_INTERVAL, FPS = 0.5, 30

Luma = NDArray[np.uint8]


@dataclass(frozen=True)
class Sequence:
    """Dreams at regular times from 0 on. interval: seconds from one kept dream to the next. steps: of each dream."""

    dreams: tuple[Dream, ...]
    interval: float
    steps: int

    @property
    def kept(self) -> tuple[Dream, ...]:
        """Dreams 0, 2, 4, ..."""
        return self.dreams[::2]

    @property
    def held_out(self) -> tuple[Dream, ...]:
        """Dreams 1, 3, ..."""
        return self.dreams[1::2]


def steps_for(interval: float) -> int:
    """Steps of each dream when kept dreams are `interval` seconds apart: what a machine of that speed would take."""
    return max(2, min(8, round(16 * interval)))


def dreamed(intervals: tuple[float, ...], length: int = LENGTH, folder: Path | None = None) -> Iterator[Sequence]:
    """One sequence for each interval, by the built-in network, all from the same picture on.

    folder: where sequences are kept from run to run; None keeps none. Raises UserError.
    """
    paths = {interval: None if folder is None else folder / f"dreams-{interval:g}.npz" for interval in intervals}
    missing = [interval for interval, path in paths.items() if path is None or not path.is_file()]
    made: dict[float, Sequence] = {}
    if missing:
        request = DreamerRequest("builtin", SIZE, seed=1)
        first = registry.open_dreamer(registry.USUAL, request)
        programme = split(list(WANTED))
        for number in range(RUN_UP):
            first.dream(programme, 0.4 * number, Effort(cost={"steps": 8}))
        state = first.state()
        for interval in missing:
            dreamer = registry.open_dreamer(registry.USUAL, request)
            dreamer.restore(state)
            steps = steps_for(interval)
            effort = Effort(cost={"steps": steps})
            dreams = tuple(dreamer.dream(programme, number * interval / 2, effort) for number in range(length))
            made[interval] = Sequence(dreams, interval, steps)
            if (path := paths[interval]) is not None:
                save(made[interval], path)
    for interval, path in paths.items():
        yield made[interval] if interval in made or path is None else load(path, interval)


def save(sequence: Sequence, path: Path) -> None:
    """Write a sequence's pictures to an .npz file."""
    motion = sequence.dreams[0].motion
    np.savez_compressed(
        path,
        pictures=np.stack([dream.picture for dream in sequence.dreams]),
        motion=np.array([motion.zoom, motion.rotation, motion.pan_x, motion.pan_y]),
        steps=sequence.steps,
    )


def load(path: Path, interval: float) -> Sequence:
    """A sequence that `save` wrote. Raises UserError when the file is none."""
    try:
        with np.load(path, allow_pickle=False) as found:
            pictures, motion, steps = found["pictures"], Motion(*map(float, found["motion"])), int(found["steps"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} holds no dreams ({error}); remove it, and it is made anew.") from None
    programme = split(list(WANTED))
    dreams = tuple(
        Dream(picture, number * interval / 2, motion, programme, number) for number, picture in enumerate(pictures)
    )
    return Sequence(dreams, interval, steps)


def tweened(sequence: Sequence, length: float, numbers: Iterable[int]) -> list[Luma]:
    """The tweener's luma of some frames, with each kept dream handed over one interval before its time.

    length: of a frame, in seconds; frame 0 is at time 0. numbers: of the frames wanted, rising.
    """
    tweener = Tweener(SIZE)
    interval, first = sequence.interval, sequence.kept[0]
    # A steady show: dreams have come at this interval for a while, and at time 0 the first one is all that is seen.
    run_up = math.ceil(2 / interval) + 3
    before = [replace(first, time=-number * interval) for number in range(run_up, 0, -1)]
    waiting = [(dream.time - interval, dream) for dream in (*before, *sequence.kept)]
    wanted, shown = set(numbers), []
    for number in range(math.ceil(waiting[0][0] / length), max(wanted) + 1):
        # A moment later than the frame's time, lest rounding decide whether a dream is due.
        t = number * length + 1e-6
        while waiting and waiting[0][0] <= t:
            due, dream = waiting.pop(0)
            tweener.push(dream, due)
        frame = tweener.frame_yuv(t)
        if number in wanted:
            shown.append(yuv.planes(frame)[0].copy())
    return shown


def seen_by_all(sequence: Sequence) -> tuple[slice, slice]:
    """Rows and columns where the later of two kept dreams has pixels half an interval before its time, less a rim."""
    motion = sequence.dreams[0].motion
    half = sequence.interval / 2
    back = motion.over(-half)
    lost = max(0.0, 1 - back.zoom) / 2 + abs(back.offset) + abs(math.radians(motion.rotation) * half) / 2
    # Rotation moves the sides' ends by half the width.
    rim = math.ceil(lost * SIZE[1]) + math.ceil(abs(math.radians(motion.rotation)) * half * SIZE[0] / 2) + 8
    side = math.ceil(max(0.0, 1 - back.zoom) / 2 * SIZE[0]) + rim - math.ceil(max(0.0, 1 - back.zoom) / 2 * SIZE[1])
    return slice(rim, SIZE[1] - rim), slice(side, SIZE[0] - side)


def quality(sequence: Sequence) -> dict[str, dict[str, float]]:
    """PSNR (dB), SSIM and sharpness (1 is the truth's) of each way at the held-out dreams, averaged over them."""
    metrics = _metrics()
    # Frames of about the usual length, of which one falls on each held-out dream.
    half = sequence.interval / 2
    frames = math.ceil(half * FPS)
    truth = [yuv.planes(yuv.from_rgb(dream.picture))[0] for dream in sequence.held_out]
    lumas = [yuv.planes(yuv.from_rgb(dream.picture))[0] for dream in sequence.kept]
    ways: dict[str, list[Luma]] = {
        "tween": tweened(sequence, half / frames, range(frames, len(sequence.dreams) * frames, 2 * frames)),
        "hold": lumas[:-1],
        "blend": [np.asarray(cv2.addWeighted(a, 0.5, b, 0.5, 0), np.uint8) for a, b in itertools.pairwise(lumas)],
        **{name: rivals.middles(name, lumas) for name in rivals.FILTERS},
    }
    place = seen_by_all(sequence)
    return {
        name: {
            measure: float(np.mean([score(a[place], b[place]) for a, b in zip(shown, truth, strict=True)]))
            for measure, score in metrics.items()
        }
        for name, shown in ways.items()
    }


def sharpness(picture: Luma, truth: Luma) -> float:
    """How much fine detail there is, as a share of the truth's: the mean Laplacian's."""
    ours, theirs = (float(np.abs(cv2.Laplacian(p, cv2.CV_32F)).mean()) for p in (picture, truth))
    return ours / theirs if theirs > 0 else 1.0


def evenness(sequence: Sequence) -> dict[str, dict[str, float]]:
    """How evenly each way's video moves: see `beat`."""
    interval = sequence.interval
    per = round(interval * FPS)
    lumas = [yuv.planes(yuv.from_rgb(dream.picture))[0] for dream in sequence.kept]
    spans = len(lumas) - 1
    shares = [(index // per, index % per / per) for index in range(spans * per)]
    ways = {
        "tween": tweened(sequence, 1 / FPS, range(spans * per)),
        "hold": [lumas[number] for number, _ in shares],
        "blend": [np.asarray(cv2.addWeighted(lumas[n], 1 - w, lumas[n + 1], w, 0), np.uint8) for n, w in shares],
        **{name: rivals.converted(name, lumas, per) for name in rivals.FILTERS},
    }
    place = seen_by_all(sequence)
    return {name: beat([frame[place] for frame in shown], per) for name, shown in ways.items()}


def beat(frames: list[Luma], period: int) -> dict[str, float]:
    """How the change from frame to frame varies, as shares of its mean.

    variation: its standard deviation. beat: the strength of what repeats with the dreams, `period` frames apart.
    sharpness_beat: the same of the detail in each frame, as a share of the mean detail.
    """
    change = np.array([cv2.absdiff(a, b).mean() for a, b in itertools.pairwise(frames)])
    detail = np.array([np.abs(cv2.Laplacian(frame, cv2.CV_32F)).mean() for frame in frames])

    def repeating(series: NDArray[np.float64]) -> float:
        whole = len(series) // period * period
        mean = float(series.mean())
        if not whole or not mean:
            return 0.0
        cycle = series[:whole].reshape(-1, period).mean(axis=0)
        return float(cycle.std() / mean)

    mean = float(change.mean())
    return {
        "variation": float(change.std()) / mean if mean else 0.0,
        "beat": repeating(change),
        "sharpness_beat": repeating(detail),
    }


def _metrics() -> dict[str, Callable[[Luma, Luma], Any]]:
    try:
        metrics: Any = importlib.import_module("skimage.metrics")
    except ImportError:
        raise UserError("Comparing pictures needs scikit-image: pip install 'dreamstream[bench]'.") from None
    return {
        "psnr": lambda picture, truth: min(99.0, metrics.peak_signal_noise_ratio(truth, picture)),
        "ssim": lambda picture, truth: metrics.structural_similarity(truth, picture),
        "sharpness": sharpness,
    }
