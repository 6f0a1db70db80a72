"""How far long work has come: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

# Plain lines come at most this often, in seconds.
LINE_EVERY = 10.0


class Advance(Protocol):
    """Told that `count` more are done, and, in a few words, how it goes."""

    def __call__(self, count: int, words: str = "") -> None: ...


def in_words(seconds: float) -> str:
    """A time left as a person says it: "12 s", "3 min", "2.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class Lines:
    """Plain progress lines. Pure but for writing: the clock is passed in."""

    def __init__(
        self, what: str, total: int, unit: str, stream: TextIO, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._total, self._unit, self._stream, self._now = what, total, unit, stream, now
        self._began = self._said = now()
        self._done = 0

    def advance(self, count: int, words: str = "") -> None:
        """`count` more are done; says so, and `words`, when it is time and at the end."""
        self._done += count
        now = self._now()
        if now - self._said < LINE_EVERY and self._done < self._total:
            return
        self._said = now
        rate = self._done / max(now - self._began, 1e-6)
        left = (self._total - self._done) / rate if rate > 0 else 0.0
        rest = f", {in_words(left)} left" if self._done < self._total else f", in {in_words(now - self._began)}"
        line = f"{self._what}: {self._done} of {self._total} {self._unit}, {rate:.3g} per second{rest}"
        line += f"; {words}" if words else ""
        print(line, file=self._stream, flush=True)


@contextlib.contextmanager
def progress(what: str, total: int, unit: str) -> Iterator[Advance]:
    """Show progress on stderr while the block runs; it is given a function to call with how many more are done."""
    if not sys.stderr.isatty():
        yield Lines(what, total, unit, sys.stderr).advance
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many per second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:.3g} {unit}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(what, total=total, words="")
        yield lambda count, words="": bar.update(task, advance=count, words=words)


# Told how many bytes are there, and how many there will be, if that is known; the first may go back to zero.
Told = Callable[[int, int | None], None]


class TransferLines:
    """Plain lines about a download. Pure but for writing: the clock is passed in."""

    def __init__(self, what: str, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._what, self._stream, self._now = what, stream, now
        self._began = self._said = now()
        self._first: int | None = None
        self._last = 0

    def told(self, done: int, total: int | None) -> None:
        """`done` bytes of `total` are there; says so when it is time and at the end."""
        now = self._now()
        if self._first is None or done < self._last:  # begun, or begun anew
            self._first, self._began = done, now
            if done:
                print(f"{self._what}: going on after {done / 1e6:.1f} MB", file=self._stream, flush=True)
        complete = total is not None and done == total and done > self._last
        self._last = done
        if now - self._said < LINE_EVERY and not complete:
            return
        self._said = now
        rate = (done - self._first) / max(now - self._began, 1e-6)
        of = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total is not None else f"{done / 1e6:.1f} MB"
        left = f", {in_words((total - done) / rate)} left" if total is not None and rate > 0 and not complete else ""
        left = f", in {in_words(now - self._began)}" if complete else left
        print(f"{self._what}: {of}, {rate / 1e6:.2f} MB per second{left}", file=self._stream, flush=True)


@contextlib.contextmanager
def transfer(what: str) -> Iterator[Told]:
    """Show a download on stderr while the block runs; it is given a function to tell how far it is."""
    if not sys.stderr.isatty():
        yield TransferLines(what, sys.stderr).told
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        last = 0

        def told(done: int, total: int | None) -> None:
            nonlocal last
            if done < last or not last:
                bar.reset(task, total=total, completed=done)
            bar.update(task, total=total, completed=done)
            last = done

        yield told
