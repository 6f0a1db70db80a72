"""`dreamstream bench soak`: a show that runs for hours while things go wrong around it, and what grows meanwhile.

Memory, descriptors, threads, lateness, drift and logs are sampled; growth is told with its confidence (see growth).
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from dreamstream.bench.crowd import Crowd
from dreamstream.bench.growth import growth
from dreamstream.bench.lines import svg
from dreamstream.bench.report import DAY, tell
from dreamstream.bench.show import FPS, MeasuredShow
from dreamstream.bench.strikes import FILLER, FullDisk, Looks, Strike, Taker, schedule, small_disk, strikes
from dreamstream.core.arguments import within
from dreamstream.core.errors import UserError
from dreamstream.core.version import __version__
from dreamstream.support import machine
from dreamstream.support.files import replacing
from dreamstream.wishes.vocabulary import Vocabulary

# Seconds between two samples, and to leave out at the beginning: caches fill and looks are compiled.
EVERY, WARM = 10.0, 600.0
# A show that is not well again after so many seconds is counted as broken.
PATIENCE = 180.0
# What is sampled: name, unit in words, divisor.
FIGURES = {
    "memory": ("MiB", 2**20),
    "descriptors": ("", 1),
    "threads": ("", 1),
    "processes": ("", 1),
    "late": ("frames", 1),
    "drift": ("s", 1),
    "log": ("kB", 1000),
    "state": ("kB", 1000),
}


@dataclass
class _Struck:
    """What one kind of strike did. well: seconds until all was well again, each time. broken: how often it was not."""

    well: list[float] = field(default_factory=list)
    broken: int = 0


def run(
    seconds: float = 3600.0,
    output: Path | None = None,
    size: tuple[int, int] = (640, 360),
    fps: int = FPS,
    speed: float = 4.0,
    seed: int = 1,
    plot: Path | None = None,
) -> int:
    """Soak for `seconds` and print the figures; 1 when the show was not well again after a strike. Raises UserError.

    speed: 1 lets each kind of trouble strike twice an hour. output: the figures as JSON. plot: as SVG, strikes marked.
    """
    for name, value, low, high in (
        ("seconds", seconds, 10, 60 * DAY),
        ("speed", speed, 0.1, 100.0),
        ("fps", fps, 1, 120),
    ):
        within(name, value, low, high)
    print(
        f"Soaking dreamstream {__version__} on {machine.name()} for {seconds / 3600:g} h, troubles at speed {speed:g}.",
        flush=True,
    )
    figures = measure(seconds, "{}x{}".format(*size), fps, speed, seed)
    if plot is not None:
        with replacing(plot) as partial:
            partial.write_text(_drawn(figures))
    tell(figures, in_words(figures), output)
    return int(any(each["broken"] for each in figures["strikes"].values()))


def measure(seconds: float, size: str, fps: int, speed: float, seed: int) -> dict[str, Any]:
    """All figures, ready for JSON."""
    words = [word.name for word in Vocabulary.builtin()]
    token = secrets.token_urlsafe(24)
    with (
        tempfile.TemporaryDirectory(prefix="dreamstream-soak-", ignore_cleanup_errors=True) as home,
        small_disk(Path(home) / "state") as no_disk,
        Taker() as taker,
        Crowd(words) as crowd,
    ):
        flags = "--irc", f"irc://127.0.0.1:{crowd.port}/dream", "--rtmp", taker.url
        with MeasuredShow(Path(home), *flags, size=size, fps=fps, token=token) as show:
            show.first_times()
            if not crowd.joined(60):
                raise UserError("The show did not come to the crowd's channel.")
            disk = None if no_disk else FullDisk(Path(home) / "state")
            kinds = strikes(taker, crowd, Looks(show.url, token), show.pid, disk)
            soaked = _Soak(show, Path(home), kinds, seconds, speed, seed, fps)
            soaked.run()
    return {
        "version": __version__,
        "machine": machine.name(),
        "size": size,
        "fps": fps,
        "seconds": seconds,
        "speed": speed,
        "seed": seed,
        "left_out": {"disk is full": no_disk} if no_disk else {},
        "strikes": {name: {"well": each.well, "broken": each.broken} for name, each in soaked.struck.items()},
        "struck_at": soaked.struck_at,
        "samples": soaked.samples,
        "stop": show.stop_seconds,
    }


class _Soak:
    """One long look at a show, while strikes come as planned."""

    def __init__(
        self, show: MeasuredShow, home: Path, kinds: list[Strike], seconds: float, speed: float, seed: int, fps: int
    ) -> None:
        self._show, self._home, self._seconds, self._fps = show, home, seconds, fps
        self._kinds = {each.name: each for each in kinds}
        self._plan = schedule(list(self._kinds), seconds, speed, seed)
        self.struck = {name: _Struck() for name in self._kinds}
        self.struck_at: list[tuple[float, str]] = []
        self.samples: list[dict[str, float]] = []
        self._process = psutil.Process(show.pid)
        self._slept = 0.0

    def run(self) -> None:
        """Until the time is over."""
        self._began, self._next = time.monotonic(), 0.0
        self._frames = self._show.status()["frames"]["sent"]
        while (passed := self._passed()) < self._seconds:
            if self._plan and self._plan[0][0] <= passed:
                self._strike(self._kinds[self._plan.pop(0)[1]])
            self._wait(min(self._seconds, self._plan[0][0] if self._plan else self._seconds))

    def _passed(self) -> float:
        return time.monotonic() - self._began

    def _wait(self, until: float, unless: Callable[[], bool] = lambda: False) -> None:
        """Sample until so many seconds have passed since the beginning, or until `unless`."""
        while not unless() and (passed := self._passed()) < until:
            if passed >= self._next:
                self._sample(passed)
                self._next = passed - passed % EVERY + EVERY
            time.sleep(min(0.2, max(0.0, until - passed)))

    def _strike(self, strike: Strike) -> None:
        self.struck_at.append((self._passed(), strike.name))
        try:
            strike.begin()
        except (httpx.HTTPError, OSError):  # a show that answers nothing must not cost what was seen so far
            self.struck[strike.name].broken += 1
            return
        ends = self._passed() + strike.seconds
        if strike.name == "machine sleeps":  # nobody answers meanwhile
            time.sleep(strike.seconds)
            self._slept += strike.seconds
        else:
            self._wait(ends)
        strike.end()
        ended = self._passed()
        self._wait(ended + PATIENCE, lambda: self._well(time.time() - (self._passed() - ended)))
        took = self._passed() - ended
        if took < PATIENCE:
            self.struck[strike.name].well.append(round(took, 2))
        else:
            self.struck[strike.name].broken += 1

    def _well(self, since: float) -> bool:
        """Whether it shows, dreams and streams, and has written its state since then (Unix time)."""
        try:
            status = self._show.status()
        except (OSError, ValueError):
            return False
        live = all(sink["state"] == "live" for sink in status["sinks"])
        return bool(status["healthy"] and status["ready"] and live) and self._written() > since

    def _written(self) -> float:
        """When anything in the state folder was last written."""
        with contextlib.suppress(OSError):
            return max(path.stat().st_mtime for path in self._files())
        return 0.0

    def _files(self) -> list[Path]:
        """What the show itself has in its state folder."""
        found = (self._home / "state").rglob("*")
        return [path for path in found if path.is_file() and path.name != FILLER]

    def _sample(self, passed: float) -> None:
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            status = self._show.status()
            sent = status["frames"]["sent"] - self._frames
            family = [self._process, *self._process.children(recursive=True)]
            self.samples.append(
                {
                    "at": round(passed, 2),
                    "memory": sum(each.memory_info().rss for each in family),
                    "descriptors": self._process.num_fds() if hasattr(self._process, "num_fds") else 0,
                    "threads": self._process.num_threads(),
                    "processes": len(family),
                    "late": status["frames"]["late"],
                    "drift": round(passed - self._slept - sent / self._fps, 3),
                    "log": (self._home / "log").stat().st_size,
                    "state": sum(path.stat().st_size for path in self._files()),
                    "dreams": status["dream"]["number"],
                }
            )


def _warm(figures: dict[str, Any]) -> list[dict[str, float]]:
    """The samples after the beginning."""
    warm = min(WARM, figures["seconds"] / 3)
    return [each for each in figures["samples"] if each["at"] >= warm]


def in_words(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as lines for people."""
    hours = figures["seconds"] / 3600
    yield f"{'strike':<26}times, well again after (median, at most), not well after {PATIENCE:.0f} s"
    for name, each in figures["strikes"].items():
        well = sorted(each["well"])
        said = f"{well[len(well) // 2]:.1f} s, {well[-1]:.1f} s" if well else "-"
        yield f"  {name:<24}{len(well) + each['broken']}, {said}, {each['broken']}"
    for name, why in figures["left_out"].items():
        yield f"  {name:<24}left out: {why}"
    samples = _warm(figures)
    for name, (unit, divisor) in FIGURES.items():
        values = [each[name] / divisor for each in samples]
        if not values:
            continue
        found = growth([each["at"] for each in samples], values)
        per = f"{found.per_hour:+.3g} {unit}/h (95 %: {found.low:+.3g} to {found.high:+.3g})" if found else "too short"
        yield f"{name:<26}{values[0]:.4g} to {values[-1]:.4g} {unit}, {per}"
    first, last = samples[0], samples[-1]
    frames = figures["fps"] * (last["at"] - first["at"])
    yield f"{'frames on time':<26}{100 * (1 - (last['late'] - first['late']) / max(1.0, frames)):.3f} %"
    yield f"{'dreams':<26}{(last['dreams'] - first['dreams']) / (last['at'] - first['at']):.2f} per second"
    yield f"{'soaked':<26}{hours:.2f} h, {len(figures['struck_at'])} strikes; stopped in {figures['stop']:.1f} s"


def _drawn(figures: dict[str, Any]) -> str:
    samples = figures["samples"]
    rows = {
        f"{name} {unit}".strip(): [each[name] / divisor for each in samples]
        for name, (unit, divisor) in FIGURES.items()
        if name != "processes"
    }
    marks = [(at / 60, name) for at, name in figures["struck_at"]]
    label = f"{figures['seconds'] / 60:.0f} minutes, {len(marks)} strikes"
    return svg([each["at"] / 60 for each in samples], rows, label, marks)
