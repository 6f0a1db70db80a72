"""Logs of shows that never were, with real checkpoints or made-up ones, for tests of films."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dreamstream.core.dreamer import Dreamer, DreamerRequest
from dreamstream.core.programme import Programme, Wish
from dreamstream.dreamers.registry import open_dreamer
from dreamstream.journal.writer import ShowLog
from dreamstream.support.machine_kind import kind_of_machine
from tests.doubles import ColourDreamer, steps
from tests.polling import until

SIZE = (160, 96)
ABOUT = {"version": "0", "model": "builtin", "seed": 3, "size": SIZE, "canvas": SIZE, "fps": 10, "preset": "vivid"}
PROGRAMMES = [Programme((Wish("bee", who="ada"),)), Programme((Wish("pizza", "top"), Wish("volcano", "bottom", 0.5)))]


def dreamed(folder: Path, seconds: float, every: float, dreamer: Dreamer | None = None, machine: str = "") -> Path:
    """The log of a show with a dream each half second, and a checkpoint every so many seconds.

    dreamer: what dreamed it, by default the real one, with one step to a dream.
    """
    made: Dreamer = dreamer or open_dreamer("ascent", DreamerRequest("builtin", SIZE, seed=3, preset="vivid"))
    log = ShowLog(folder, lambda: ABOUT)
    applied: dict[str, float] = {}
    taken = 0
    for number in range(round(2 * seconds) + 1):
        at = 0.5 * number
        if number == 9:
            made.set("zoom", 1.1)
            applied["zoom"] = 1.1
        programme = PROGRAMMES[number // 13 % 2]
        log.title(programme.title(), "ada", "", at)
        log.dream(made.dream(programme, at + 0.5, steps(1)), at, applied)
        if number and at % every == 0:
            log.checkpoint(made.checkpoint(), machine or kind_of_machine())
            taken += 1
            until(partial(_has, folder, taken), 60, "the checkpoint")
    log.close(20)
    (path,) = folder.glob("*.jsonl")
    return path


def _has(folder: Path, count: int) -> bool:
    return len(list(folder.glob("*.checkpoint"))) == count


def doubled(folder: Path, seconds: float, every: float) -> Path:
    """The same of a dreamer of plain colours, whose checkpoints are its numbers."""
    return dreamed(folder, seconds, every, ColourDreamer(SIZE, 0.0), "a machine")
