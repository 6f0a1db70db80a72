"""`dreamstream bench video`: how good, how even and how dear the video between dreams is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from dreamstream.bench import held_out, rivals, stages
from dreamstream.bench.flicker import Finishing, flicker
from dreamstream.bench.picture import enlarged
from dreamstream.bench.report import tell
from dreamstream.core.arguments import within
from dreamstream.core.errors import UsageError
from dreamstream.core.version import __version__
from dreamstream.support import machine
from dreamstream.video import yuv
from dreamstream.video.finish import Finish

# The video of which dreams are seen to flicker.
FINISHED = (1280, 720)


def run(seconds: float = stages.SECONDS, output: Path | None = None, dreams: Path | None = None) -> int:
    """Measure everything, print tables, and write JSON to `output`.

    seconds: of video for each size that is encoded. dreams: a folder to keep the dreams in, for the next time.
    Raises UserError.
    """
    within("seconds", seconds, 3, 3600)
    if dreams is not None and not dreams.is_dir():
        raise UsageError(f"There is no folder {dreams}.")
    print(f"Measuring dreamstream {__version__} on {machine.name()}; this takes a few minutes.", flush=True)
    with tempfile.TemporaryDirectory(prefix="dreamstream-bench-", ignore_cleanup_errors=True) as home:
        figures = measure(held_out.INTERVALS, dreams or Path(home), seconds)
    return tell(figures, in_words(figures), output)


def measure(intervals: tuple[float, ...], folder: Path, seconds: float) -> dict[str, Any]:
    """All figures, ready for JSON: `quality` by interval, `flicker` by the dreams' distance, `evenness` and `making` by
    way, `cost` by size.
    """
    figures: dict[str, Any] = {"version": __version__, "machine": machine.name(), "quality": []}
    sequences = list(held_out.dreamed(intervals, folder=folder))
    for sequence in sequences:
        row = {"interval": sequence.interval, "steps": sequence.steps, "ways": held_out.quality(sequence)}
        figures["quality"].append(row)
    middle = min(sequences, key=lambda sequence: abs(sequence.interval - held_out.EVEN_INTERVAL))
    figures["evenness"] = held_out.evenness(middle)
    figures["making"] = _making(middle)
    figures["flicker"] = [_flicker(each) for each in sequences if each.interval <= held_out.EVEN_INTERVAL]
    figures["cost"] = [stages.costs(size, middle, seconds) for size in stages.SIZES]
    return figures


def _making(sequence: held_out.Sequence) -> dict[str, float]:
    """Milliseconds of one core per 640x360 frame, of the tween and of FFmpeg's filters."""
    lumas = [yuv.planes(yuv.from_rgb(dream.picture))[0] for dream in sequence.kept]
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        tween = stages.costs(held_out.SIZE, sequence, 3)["milliseconds"]["tween"]
        times = max(2, round(sequence.interval * held_out.FPS))
        return {"tween": tween, **{name: rivals.milliseconds(name, lumas, times) for name in rivals.FILTERS}}
    finally:
        cv2.setNumThreads(threads)


def _flicker(sequence: held_out.Sequence) -> dict[str, Any]:
    """Of all dreams of a sequence, as a video of FINISHED shows them: finished, and enlarged and nothing else."""
    ways: dict[str, Finishing] = {
        "finished": Finish(FINISHED),
        "enlarged": lambda picture: enlarged(picture, FINISHED[1]),
    }
    figures = {name: flicker(sequence.dreams, way)._asdict() for name, way in ways.items()}
    return {"seconds": sequence.interval / 2, "steps": sequence.steps, **figures}


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    ways = list(figures["evenness"])
    yield "held-out dreams: PSNR in dB / SSIM"
    yield f"{'seconds apart':<14}" + "".join(f"{way:>18}" for way in ways)
    for row in figures["quality"]:
        cells = (f"{row['ways'][way]['psnr']:.1f} / {row['ways'][way]['ssim']:.4f}" for way in ways)
        yield f"{row['interval']:<14g}" + "".join(f"{cell:>18}" for cell in cells)
    for name, title in (("variation", "variation"), ("beat", "beat"), ("sharpness_beat", "sharpness beat")):
        yield f"{title:<14}" + "".join(f"{100 * figures['evenness'][way][name]:>16.1f} %" for way in ways)
    cells = (f"{figures['making'][way]:.1f} ms" if way in figures["making"] else "" for way in ways)
    yield f"{'a frame':<14}" + "".join(f"{cell:>18}" for cell in cells)
    yield f"from dream to dream at {FINISHED[0]}x{FINISHED[1]}, without the camera, of 255; where nothing is dreamed"
    for row in figures["flicker"]:
        cells = (f"{way} {row[way]['change']:.2f}; {row[way]['crawl']:.2f}" for way in ("finished", "enlarged"))
        yield f"{row['seconds']:<14g}" + "".join(f"{cell:>24}" for cell in cells)
    for cost in figures["cost"]:
        parts = ", ".join(f"{name} {value:.1f} ms" for name, value in cost["milliseconds"].items())
        yield f"{cost['size']:<14}{parts}: {cost['core_share']:.2f} of a core at 30 a second, preset {cost['preset']}"
        stream = cost["stream"]
        low, high = stream["kbps_over_10_s"]
        exact = "exactly every 2 s" if stream["keyframes_exact"] else "NOT every 2 s"
        yield f"{'':<14}{stream['kbps']} kb/s asked, {low:.0f} to {high:.0f} over 10 s; key frames {exact}"
