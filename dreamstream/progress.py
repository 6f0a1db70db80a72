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
